package io.panatorch.cogvideox.vae;

import static io.panatorch.cogvideox.vae.VaeFixtures.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.io.InvalidFileException;
import io.panatorch.nn.Weights;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.LiveTensors;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.tensor.TorchException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("cpu")
class CogVideoXVaeTest {

    private static final String WEIGHTS = "diffusion_pytorch_model.safetensors";

    @TempDir
    private static Path temp;

    /** Three and four blocks, ratios 2 and 4, activations, a convolution before the decoder, batches of two videos. */
    @ParameterizedTest
    @CsvSource({
        "t2v-2b, 1", "t2v-2b, 2", "t2v-2b, 3", "t2v-2b, 4", "t2v-2b, 5", "t2v-2b, golden",
        "post-quant, 1", "post-quant, 2", "post-quant, 3", "post-quant, 4", "post-quant, 5", "post-quant, 6", "post-quant, 7",
        "gelu, 1", "gelu, 2", "gelu, 3", "gelu, 4", "gelu, 5", "gelu, 6", "gelu, 7",
        "vae3, 1", "vae3, 2", "vae3, 3", "vae3, 4", "vae3, 5", "vae3, batch2", "vae4, 1", "vae4, 3",
    })
    void decodesAsDiffusers(String model, String input) throws IOException {
        try (var vae = VaeFixtures.load(model); var io = VaeFixtures.tensors(model); var _ = TensorScope.open()) {
            assertClose(vae.decode(io.load("decode_in_" + input)), io.load("decode_out_" + input));
        }
    }

    /** One batch of frames and more, frames that do not make a batch, ratios, epsilons, a convolution after the encoder. */
    @ParameterizedTest
    @CsvSource({
        "vae3, 1", "vae3, 2", "vae3, 3", "vae3, 5", "vae3, 7", "vae3, 8", "vae3, 9", "vae3, 13", "vae3, 16", "vae3, 17",
        "vae3, 18", "vae3, batch2", "vae4, 1", "vae4, 9",
        "post-quant, 1", "post-quant, 5", "post-quant, 9", "post-quant, 17",
        "gelu, 1", "gelu, 2", "gelu, 3", "gelu, 4", "gelu, 5", "gelu, 9", "gelu, 17",
    })
    void encodesAsDiffusers(String model, String input) throws IOException {
        try (var vae = VaeFixtures.load(model); var io = VaeFixtures.tensors(model); var _ = TensorScope.open()) {
            assertMoments(vae.encode(io.load("encode_in_" + input)), io.load("encode_moments_" + input));
        }
    }

    private static void assertMoments(Posterior found, Tensor moments) {
        long channels = moments.size(1) / 2;
        assertClose(found.mean(), moments.narrow(1, 0, channels));
        assertClose(found.logvar(), moments.narrow(1, channels, channels));
    }

    @Test
    void framesMayBeAView() throws IOException {
        try (var vae = VaeFixtures.load("vae3"); var io = VaeFixtures.tensors("vae3"); var _ = TensorScope.open()) {
            Tensor framesFirst = io.load("encode_in_17").permute(0, 2, 1, 3, 4).contiguous(); // [b, f, c, h, w]
            Tensor view = framesFirst.permute(0, 2, 1, 3, 4); // [b, c, f, h, w]
            assertThat(view.isContiguous()).isFalse();
            assertMoments(vae.encode(view), io.load("encode_moments_17"));
        }
    }

    @Test
    void latentsMayBeAView() throws IOException {
        try (var vae = VaeFixtures.load("gelu"); var io = VaeFixtures.tensors("gelu"); var _ = TensorScope.open()) {
            Tensor framesFirst = io.load("decode_in_5").permute(0, 2, 1, 3, 4).contiguous(); // [b, f, c, h, w]
            Tensor view = framesFirst.permute(0, 2, 1, 3, 4); // [b, c, f, h, w]
            assertThat(view.isContiguous()).isFalse();
            assertClose(vae.decode(view), io.load("decode_out_5"));
        }
    }

    @Test
    void onlyTheResultIsLeft() throws IOException {
        try (var vae = VaeFixtures.load("gelu"); var io = VaeFixtures.tensors("gelu"); var scope = TensorScope.open()) {
            Tensor latents = io.load("decode_in_5");
            long before = LiveTensors.count();
            vae.decode(latents);
            assertThat(LiveTensors.count()).isEqualTo(before + 1);
            assertThat(scope.size()).isEqualTo(2);
            assertThat(latents.isClosed()).isFalse();
        }
    }

    @Test
    void onlyThePosteriorIsLeft() throws IOException {
        try (var vae = VaeFixtures.load("gelu"); var io = VaeFixtures.tensors("gelu"); var scope = TensorScope.open()) {
            Tensor video = io.load("encode_in_5");
            vae.encode(video);
            long before = LiveTensors.count();
            vae.encode(video);
            assertThat(LiveTensors.count()).isEqualTo(before + 2);
            assertThat(scope.size()).isEqualTo(5);
            assertThat(video.isClosed()).isFalse();
        }
    }

    /** Who decodes alone does not pay for the encoder. Two threads that need it first load it once. */
    @Test
    void theEncoderIsLoadedWhenItIsNeeded() throws Exception {
        long before = LiveTensors.count();
        try (var vae = VaeFixtures.load("vae3"); var threads = Executors.newFixedThreadPool(2)) {
            long decoder = LiveTensors.count() - before;
            Callable<float[]> encode = () -> {
                try (var io = VaeFixtures.tensors("vae3"); var _ = TensorScope.open()) {
                    return vae.encode(io.load("encode_in_17")).mean().toFloatArray();
                }
            };
            var both = threads.invokeAll(List.of(encode, encode));
            assertThat(both.get(0).get()).isEqualTo(both.get(1).get());
            try (var file = Safetensors.open(VaeFixtures.folder("vae3").resolve(WEIGHTS))) {
                long all = file.names().size();
                long encoder = file.names().stream().filter(name -> name.startsWith("encoder.")).count();
                assertThat(decoder).isEqualTo(all - encoder);
                assertThat(LiveTensors.count() - before).isEqualTo(all);
            }
        }
    }

    @Test
    void anInterruptEndsEncodingToo() throws IOException {
        try (var vae = VaeFixtures.load("gelu"); var io = VaeFixtures.tensors("gelu"); var scope = TensorScope.open()) {
            Tensor video = io.load("encode_in_5");
            Thread.currentThread().interrupt();
            assertThatExceptionOfType(CancellationException.class).isThrownBy(() -> vae.encode(video))
                    .withMessage("generation cancelled within the encoder");
            assertThat(Thread.interrupted()).isFalse();
            assertThat(scope.size()).isEqualTo(1);
        }
    }

    @Test
    void anInterruptEndsItBeforeTheNextLayer() throws IOException {
        try (var vae = VaeFixtures.load("gelu"); var io = VaeFixtures.tensors("gelu"); var scope = TensorScope.open()) {
            Tensor latents = io.load("decode_in_5");
            Thread.currentThread().interrupt();
            assertThatExceptionOfType(CancellationException.class).isThrownBy(() -> vae.decode(latents))
                    .withMessage("generation cancelled within the decoder");
            assertThat(Thread.interrupted()).isFalse();
            assertThat(scope.size()).isEqualTo(1);
        }
    }

    @Test
    void otherLatentsAreRefused() throws IOException {
        try (var vae = VaeFixtures.load("gelu"); var _ = TensorScope.open()) {
            assertRefused(vae, zeros(DType.FLOAT32, 1, 4, 2, 3, 2), "[1, 4, 2, 3, 2] float32 cpu");
            assertRefused(vae, zeros(DType.FLOAT32, 6, 2, 3, 2), "[6, 2, 3, 2] float32 cpu");
            assertRefused(vae, zeros(DType.FLOAT32, 1, 6, 0, 3, 2), "[1, 6, 0, 3, 2] float32 cpu");
            assertRefused(vae, zeros(DType.FLOAT64, 1, 6, 2, 3, 2), "[1, 6, 2, 3, 2] float64 cpu");
        }
    }

    private static void assertRefused(CogVideoXVae vae, Tensor latents, String found) {
        assertThatThrownBy(() -> vae.decode(latents))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("decode: expected latents [batch, 6, frames, h, w] float32 cpu, found " + found);
    }

    @Test
    void otherVideosAreRefused() throws IOException {
        try (var vae = VaeFixtures.load("gelu"); var _ = TensorScope.open()) {
            assertVideoRefused(vae, zeros(DType.FLOAT32, 1, 4, 2, 8, 4), "[1, 4, 2, 8, 4] float32 cpu");
            assertVideoRefused(vae, zeros(DType.FLOAT32, 3, 2, 8, 4), "[3, 2, 8, 4] float32 cpu");
            assertVideoRefused(vae, zeros(DType.FLOAT32, 1, 3, 0, 8, 4), "[1, 3, 0, 8, 4] float32 cpu");
            assertVideoRefused(vae, zeros(DType.FLOAT32, 1, 3, 2, 6, 4), "[1, 3, 2, 6, 4] float32 cpu");
            assertVideoRefused(vae, zeros(DType.FLOAT32, 1, 3, 2, 8, 5), "[1, 3, 2, 8, 5] float32 cpu");
            assertVideoRefused(vae, zeros(DType.FLOAT64, 1, 3, 2, 8, 4), "[1, 3, 2, 8, 4] float64 cpu");
        }
    }

    private static void assertVideoRefused(CogVideoXVae vae, Tensor video, String found) {
        assertThatThrownBy(() -> vae.encode(video))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("encode: expected a video [batch, 3, frames, height, width] with height and width multiples of 4,"
                        + " float32 cpu, found " + found);
    }

    /** Half types are as near to float32 as diffusers' own, and a little farther by other kernels. */
    @ParameterizedTest
    @EnumSource(names = {"BFLOAT16", "FLOAT16"})
    void halfTypes(DType dtype) throws IOException {
        try (var vae = VaeFixtures.load("vae3", dtype); var io = VaeFixtures.tensors("vae3"); var _ = TensorScope.open()) {
            Tensor frames = vae.decode(io.load("decode_in_3").to(dtype));
            assertAsNear(frames, io.load("decode_" + dtype.torchName()), io.load("decode_out_3"));
            Posterior posterior = vae.encode(io.load("encode_in_9").to(dtype));
            Tensor moments = Tensor.cat(1, posterior.mean(), posterior.logvar());
            assertAsNear(moments, io.load("encode_" + dtype.torchName()), io.load("encode_moments_9"));
        }
    }

    private static void assertAsNear(Tensor found, Tensor diffusers, Tensor exact) {
        assertThat(found.dtype()).isEqualTo(diffusers.dtype());
        assertThat(error(found, exact)).isPositive().isLessThan(1.3 * error(diffusers, exact));
    }

    /** The relative difference in the L2 norm; NaN where an element is. */
    private static double error(Tensor found, Tensor exact) {
        double[] a = found.toDoubleArray();
        double[] b = exact.toDoubleArray();
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < b.length; i++) {
            difference += (a[i] - b[i]) * (a[i] - b[i]);
            norm += b[i] * b[i];
        }
        return Math.sqrt(difference / norm);
    }

    private static Tensor zeros(DType dtype, long... shape) {
        return Tensor.zeros(Shape.of(shape), dtype, Device.CPU);
    }

    @Test
    void missingAndSurplusWeightsAreNamed() throws IOException {
        Path folder = changed("missing", "decoder.norm_out.conv_b.conv.bias", null);
        assertThatThrownBy(() -> CogVideoXVae.load(folder, DType.FLOAT32, Device.CPU))
                .isInstanceOf(InvalidFileException.class)
                .hasMessage(folder.resolve(WEIGHTS)
                        + ": tensor 'decoder.norm_out.conv_b.conv.bias' is missing, expected shape [8]");
        Path third = changed("encoder", "encoder.norm_out.bias", null);
        assertThatThrownBy(() -> CogVideoXVae.load(third, DType.FLOAT32, Device.CPU))
                .isInstanceOf(InvalidFileException.class)
                .hasMessage(third.resolve(WEIGHTS) + ": tensor 'encoder.norm_out.bias' is missing, expected shape [16]");
        Path other = changed("surplus", null, "decoder.up_blocks.2.upsamplers.0.conv.bias");
        assertThatThrownBy(() -> CogVideoXVae.load(other, DType.FLOAT32, Device.CPU))
                .isInstanceOf(InvalidFileException.class)
                .hasMessage(other.resolve(WEIGHTS) + ": 1 unexpected tensor, not part of the model that the configuration"
                        + " describes: 'decoder.up_blocks.2.upsamplers.0.conv.bias'");
    }

    private static Path changed(String name, String without, String with) throws IOException {
        Path folder = Files.createDirectories(temp.resolve(name));
        Files.copy(VaeFixtures.folder("gelu").resolve("config.json"), folder.resolve("config.json"));
        try (var file = Safetensors.open(VaeFixtures.folder("gelu").resolve(WEIGHTS)); var _ = TensorScope.open()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (String key : file.names()) {
                tensors.put(key, file.load(key));
            }
            tensors.remove(without);
            if (with != null) {
                tensors.put(with, zeros(DType.FLOAT32, 8));
            }
            Safetensors.save(folder.resolve(WEIGHTS), tensors, Map.of());
        }
        return folder;
    }

    /** Five groups do not divide eight channels: the first norm fails, after the first convolution. */
    @Test
    void aFailureInTheMiddleLeavesNothing() throws IOException {
        try (var weights = Weights.open(VaeFixtures.folder("vae3"), "diffusion_pytorch_model", DType.FLOAT32, Device.CPU);
                var scope = TensorScope.open()) {
            var config = VaeFixtures.config(3, List.of(4, 6, 6), 1, 5);
            var decoder = new Decoder3d(weights.at("decoder"), config);
            Tensor latents = zeros(DType.FLOAT32, 1, 3, 2, 3, 2);
            long before = LiveTensors.count();
            assertThatThrownBy(() -> {
                try (var cache = new ConvCache()) {
                    decoder.forward(latents, cache);
                }
            }).isInstanceOf(TorchException.class).hasMessageContaining("group_norm");
            assertThat(LiveTensors.count()).isEqualTo(before);
            assertThat(scope.size()).isEqualTo(1);
        }
    }

    @Test
    void twoThreadsMayDecodeAtOnce() throws Exception {
        try (var vae = VaeFixtures.load("t2v-2b"); var threads = Executors.newFixedThreadPool(2)) {
            float[] alone5 = decoded(vae, "5");
            float[] alone4 = decoded(vae, "4");
            for (int round = 0; round < 3; round++) {
                Callable<float[]> five = () -> decoded(vae, "5");
                Callable<float[]> four = () -> decoded(vae, "4");
                List<Future<float[]>> both = threads.invokeAll(List.of(five, four));
                assertThat(both.get(0).get()).isEqualTo(alone5);
                assertThat(both.get(1).get()).isEqualTo(alone4);
            }
        }
    }

    private static float[] decoded(CogVideoXVae vae, String input) throws IOException {
        try (var io = VaeFixtures.tensors("t2v-2b"); var _ = TensorScope.open()) {
            return vae.decode(io.load("decode_in_" + input)).toFloatArray();
        }
    }
}
