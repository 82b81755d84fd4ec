package io.panatorch.bench;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cogvideox.CogVideoXPipeline;
import io.panatorch.cogvideox.PublishedModel;
import io.panatorch.cogvideox.VideoRequest;
import io.panatorch.cogvideox.VideoResult;
import io.panatorch.nn.Offload;
import io.panatorch.nn.Quantization;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Denoising steps of a clip with a model of the published size, and its decoding in tiles: how long each stage takes and how much memory.
 * The weights are random numbers in bfloat16, as neither depends on them; the checkpoint is written where there is none yet.
 */
public final class FullSize {

    static final String HEADING = """
            | model, dtype, offload, quantize, cache | load | encode | denoise, a step | decode |
            |---|---:|---:|---:|---:|""";

    private static final int ARGUMENTS = 8;
    private static final double NANOS = 1e9;
    /** In which what the stage before has needed may still be there. */
    private static final long LEAVING = 200_000_000;

    private static final double GIGABYTE = 1e9;

    private final PublishedModel model;
    private final Path folder;

    private FullSize(PublishedModel model, Path folder) {
        this.model = model;
        this.folder = folder;
    }

    /** Takes {@code MODEL FOLDER DTYPE OFFLOAD QUANTIZATION WIDTH HEIGHT FRAMES}, and prints a row of a table, of one step on the CPU. */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length != ARGUMENTS) {
            System.err.println("expected MODEL FOLDER DTYPE OFFLOAD QUANTIZATION WIDTH HEIGHT FRAMES");
            System.exit(2);
        }
        String[] a = arguments;
        FullSize measured = of(PublishedModel.valueOf(a[0]), Path.of(a[1]), Integer.MAX_VALUE, Integer.MAX_VALUE);
        Setting setting = new Setting(DType.valueOf(a[2].toUpperCase(Locale.ROOT)), Device.CPU, Offload.parse(a[3]),
                Quantization.valueOf(a[4].toUpperCase(Locale.ROOT)), CacheMethod.none());
        System.out.println(HEADING);
        System.out.println(measured.run(setting, VideoRequest.builder("a panda plays the guitar").width(Integer.parseInt(a[5]))
                .height(Integer.parseInt(a[6])).frames(Integer.parseInt(a[7])).steps(1)));
    }

    /**
     * {@return a model to be measured, which is written if it is not there}
     *
     * @param layers of the transformer, at most
     * @param textLayers of the text encoder, at most
     */
    static FullSize of(PublishedModel model, Path folder, int layers, int textLayers) throws IOException {
        if (!Files.exists(folder.resolve("model_index.json"))) {
            model.writeRandom(folder, layers, textLayers);
        }
        return new FullSize(model, folder);
    }

    /** With what a model computes, and how. */
    record Setting(DType dtype, Device device, Offload offload, Quantization quantization, CacheMethod cache) {

        @Override
        public String toString() {
            return "%s, %s, %s, %s".formatted(dtype.torchName(), offload, quantization.torchName(), cache.name());
        }
    }

    /**
     * What a stage took.
     *
     * @param seconds of one denoising step, where it is that: of those after the first, which also warms up, if there are any
     * @param bytes at most; empty where that is not known
     */
    record Stage(String name, double seconds, OptionalLong bytes) {}

    /** What was measured, as a row of the table that begins with {@link #HEADING}. */
    record Row(String name, List<Stage> stages) {

        /** {@return the seconds of a denoising step} */
        double step() {
            return stage("denoise").orElseThrow().seconds;
        }

        private Optional<Stage> stage(String called) {
            return stages.stream().filter(stage -> stage.name.equals(called)).findFirst();
        }

        @Override
        public String toString() {
            StringBuilder row = new StringBuilder("| " + name + " |");
            for (String column : List.of("load", "encode", "denoise", "decode")) {
                row.append(stage(column)
                        .map(stage -> " %s s%s |".formatted(seconds(stage.seconds), stage.bytes.isEmpty() ? ""
                                : String.format(Locale.ROOT, ", %.1f GB", stage.bytes.getAsLong() / GIGABYTE)))
                        .orElse(" |"));
            }
            return row.toString();
        }

        private static String seconds(double seconds) {
            return String.format(Locale.ROOT, seconds < 10 ? "%.2f" : "%.0f", seconds);
        }
    }

    /** Loads the model, and generates one video. */
    Row run(Setting setting, VideoRequest.Builder request) throws IOException {
        List<Stage> stages = new ArrayList<>();
        List<Long> steps = new ArrayList<>(); // when each was done
        request.seed(1).vaeTiling().cache(setting.cache).onStep(_ -> {
            setting.device.synchronize();
            steps.add(System.nanoTime());
        });
        long start = System.nanoTime();
        try (MemoryWatch memory = MemoryWatch.of(setting.device);
                CogVideoXPipeline pipeline = CogVideoXPipeline.loader(folder).dtype(setting.dtype).device(setting.device)
                        .offload(setting.offload).quantize(setting.quantization).load()) {
            long from = System.nanoTime();
            stages.add(new Stage("load", (from - start) / NANOS, memory.peak(start, from)));
            try (VideoResult video = pipeline.generate(request.build())) {
                for (Map.Entry<String, Double> stage : video.seconds().entrySet()) {
                    long to = from + (long) (stage.getValue() * NANOS);
                    boolean isTimedInside = stage.getKey().equals("denoise") && steps.size() > 1;
                    stages.add(new Stage(stage.getKey(), isTimedInside
                            ? (steps.getLast() - steps.getFirst()) / NANOS / (steps.size() - 1) : stage.getValue(), memory.peak(from + LEAVING, to)));
                    from = to;
                }
            }
        }
        return new Row(model.name() + ", " + setting, stages);
    }
}
