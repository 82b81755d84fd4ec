package io.panatorch.cogvideox.vae;

import static io.panatorch.cogvideox.vae.VaeFixtures.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.io.InvalidFileException;
import io.panatorch.nn.Activation;
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
        "vae3, 1", "vae3, 2", "vae3, 3", "vae3, 4", "vae3, 5", "vae3, batch2",
    })
    void decodesAsDiffusers(String model, String input) throws IOException {
        try (var vae = VaeFixtures.load(model); var io = VaeFixtures.tensors(model); var _ = TensorScope.open()) {
            assertClose(vae.decode(io.load("decode_in_" + input)), io.load("decode_out_" + input));
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
        Path other = changed("surplus", null, "decoder.up_blocks.2.upsamplers.0.conv.bias");
        assertThatThrownBy(() -> CogVideoXVae.load(other, DType.FLOAT32, Device.CPU))
                .isInstanceOf(InvalidFileException.class)
                .hasMessage(other.resolve(WEIGHTS) + ": 1 unexpected tensor, not part of the model that the configuration"
                        + " describes: 'decoder.up_blocks.2.upsamplers.0.conv.bias'");
    }

    /** Published files have the encoder too. */
    @Test
    void weightsOfTheEncoderMayBeThere() throws IOException {
        try (var vae = CogVideoXVae.load(changed("encoder", null, "encoder.conv_in.conv.bias"), DType.FLOAT32, Device.CPU)) {
            assertThat(vae.config().latentChannels()).isEqualTo(6);
        }
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
            var config = new VaeConfig(3, 3, List.of(4, 6, 6), 1, Activation.SILU, 5, 4, 1, false);
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
