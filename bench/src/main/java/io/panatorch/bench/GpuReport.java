package io.panatorch.bench;

import io.panatorch.bench.FullSize.Row;
import io.panatorch.bench.FullSize.Setting;
import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import io.panatorch.cache.taylorseer.TaylorSeer;
import io.panatorch.cogvideox.ModelDescription;
import io.panatorch.cogvideox.PublishedModel;
import io.panatorch.cogvideox.VideoRequest;
import io.panatorch.cogvideox.transformer.TransformerConfig;
import io.panatorch.device.CudaInfo;
import io.panatorch.device.LibtorchInfo;
import io.panatorch.nn.Offload;
import io.panatorch.nn.Quantization;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * What a machine's GPU does with models of the published sizes, in bfloat16: without a cache, with PAB and with TaylorSeer, which decide
 * by the step alone, as the weights are random; with weights offloaded, and with weights in 8 bits. {@code gpu.sh} starts it.
 */
public final class GpuReport {

    private static final int ARGUMENTS = 8;
    private static final int GUIDED = 2; // with and without the prompt
    private static final int PRODUCTS = 10;
    private static final int FEW_STEPS = 4;
    private static final double NANOS = 1e9;
    private static final double TERA = 1e12;

    private final long start = System.nanoTime();
    private final Device device;
    private final Path folder;
    private final int layers;
    private final int width;
    private final int height;
    private final int frames;
    private final int steps;
    private final double seconds;

    private GpuReport(String[] a) {
        this.device = Device.parse(a[0]);
        this.folder = Path.of(a[1]);
        this.layers = Integer.parseInt(a[2]);
        this.width = Integer.parseInt(a[3]);
        this.height = Integer.parseInt(a[4]);
        this.frames = Integer.parseInt(a[5]);
        this.steps = Integer.parseInt(a[6]);
        this.seconds = Double.parseDouble(a[7]);
    }

    /**
     * Takes {@code DEVICE FOLDER LAYERS WIDTH HEIGHT FRAMES STEPS SECONDS}, and prints a table. Models of so many layers at most are
     * written to the folder; when the seconds are over, nothing more is begun, and the table says so.
     */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length != ARGUMENTS) {
            System.err.println("expected DEVICE FOLDER LAYERS WIDTH HEIGHT FRAMES STEPS SECONDS");
            System.exit(2);
        }
        new GpuReport(arguments).print();
    }

    private void print() throws IOException {
        LibtorchInfo libtorch = LibtorchInfo.load();
        CudaInfo cuda = CudaInfo.load();
        double peak = matrixPeak();
        System.out.printf(Locale.ROOT, "%s, libtorch %s%s; a bfloat16 product of large matrices: %.2f TFLOP/s%n%n",
                cuda.gpus().stream().filter(gpu -> gpu.device().equals(device)).map(gpu -> gpu.name()).findFirst().orElse(device.toString()),
                libtorch.version(), cuda.runtime().map(version -> ", CUDA " + version).orElse(""), peak / TERA);
        System.out.printf("%d frames of %d × %d, %d steps (%d with weights offloaded or in 8 bits); memory is all that is in use%n%n",
                frames, width, height, steps, Math.min(steps, FEW_STEPS));
        System.out.println(FullSize.HEADING.replace("decode |\n", "decode | TFLOP/s, of the product's |\n").concat("---:|"));
        for (PublishedModel model : List.of(PublishedModel.COGVIDEOX_2B, PublishedModel.COGVIDEOX_5B)) {
            if (!isOver()) { // before a model is written
                print(model, peak);
            }
        }
        if (isOver()) {
            System.out.printf("%nAfter %.0f seconds nothing more was begun: there may be rows that are missing.%n", seconds);
        }
    }

    private boolean isOver() {
        return (System.nanoTime() - start) / NANOS >= seconds;
    }

    private void print(PublishedModel model, double peak) throws IOException {
        Path checkpoint = folder.resolve(model.name());
        FullSize measured = FullSize.of(model, checkpoint, layers, 1);
        double work = work(ModelDescription.read(checkpoint));
        for (Setting setting : settings()) {
            if (isOver()) {
                return;
            }
            boolean isWhole = setting.offload().equals(Offload.NONE) && setting.quantization() == Quantization.NONE;
            boolean isCached = !setting.cache().equals(CacheMethod.none());
            VideoRequest.Builder request = VideoRequest.builder("a panda plays the guitar").width(width).height(height).frames(frames)
                    .steps(isWhole ? steps : Math.min(steps, FEW_STEPS));
            Row row = measured.run(setting, isWhole && !isCached ? request : request.latentsOnly());
            double rate = work / row.step();
            System.out.println(row + " " + (isCached ? "" : String.format(Locale.ROOT, "%.2f, %.0f %%", rate / TERA, 100 * rate / peak)) + " |");
        }
    }

    /** The first alone decodes. */
    private List<Setting> settings() {
        return List.of(setting(Offload.NONE, Quantization.NONE, CacheMethod.none()),
                setting(Offload.NONE, Quantization.NONE, PyramidAttentionBroadcast.cogVideoX()),
                setting(Offload.NONE, Quantization.NONE, TaylorSeer.builder().build()),
                setting(Offload.MODEL, Quantization.NONE, CacheMethod.none()),
                setting(Offload.blocks(0), Quantization.NONE, CacheMethod.none()),
                setting(Offload.NONE, Quantization.INT8, CacheMethod.none()));
    }

    private Setting setting(Offload offload, Quantization quantization, CacheMethod cache) {
        return new Setting(DType.BFLOAT16, device, offload, quantization, cache);
    }

    /** Operations of a step: a token's twelve squares of the width in each layer, and its products with all the others. */
    private double work(ModelDescription model) {
        TransformerConfig config = model.transformer();
        double tokens = config.maxTextSeqLength() + config.videoTokens(model.sizes().latents(1, height, width, frames));
        double channels = config.innerDim();
        return 2 * GUIDED * config.numLayers() * tokens * (12 * channels * channels + 2 * tokens * channels);
    }

    /** {@return operations a second} */
    private double matrixPeak() {
        long side = device.equals(Device.CPU) ? 1 << 10 : 1 << 13;
        try (TensorScope _ = TensorScope.open()) {
            Tensor matrix = Tensor.full(Shape.of(side, side), 1.0 / side, DType.BFLOAT16, device);
            multiply(matrix); // warms up
            long from = System.nanoTime();
            multiply(matrix);
            return 2.0 * PRODUCTS * side * side * side / ((System.nanoTime() - from) / NANOS);
        }
    }

    private void multiply(Tensor matrix) {
        for (int i = 0; i < PRODUCTS; i++) {
            matrix.linear(matrix, null).close();
        }
        device.synchronize();
    }
}
