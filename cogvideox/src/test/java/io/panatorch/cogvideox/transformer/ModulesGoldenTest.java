package io.panatorch.cogvideox.transformer;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cogvideox.Golden;
import io.panatorch.nn.Activation;
import io.panatorch.nn.Weights;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.Elements;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Single layers with odd shapes against diffusers'. */
@Tag("cpu")
class ModulesGoldenTest {

    private Safetensors golden;
    private TensorScope scope;

    @TempDir
    private Path folder;

    @BeforeEach
    void open() throws Exception {
        golden = Safetensors.open(resource());
        scope = TensorScope.open();
    }

    private static Path resource() throws URISyntaxException {
        return Path.of(ModulesGoldenTest.class.getResource("modules.safetensors").toURI());
    }

    @AfterEach
    void close() {
        scope.close();
        golden.close();
    }

    /** The golden's two rows have timestep embeddings of their own; here a batch shares one, so each row is its own call. */
    @Test
    void layerNormZero() throws IOException {
        try (Weights weights = weights("layernorm_zero")) {
            AdaptiveNorm norm = new AdaptiveNorm(weights, config(11, 7, 5), 6);
            for (int row = 0; row < 2; row++) {
                Tensor modulation = norm.modulation(in("layernorm_zero/in/temb", row).silu());
                assertClose(norm.forward(in("layernorm_zero/in/hidden", row), modulation, 0), "layernorm_zero/out/hidden", row);
                assertClose(norm.forward(in("layernorm_zero/in/encoder", row), modulation, 3), "layernorm_zero/out/encoder", row);
                assertClose(AdaptiveNorm.part(modulation, 2).reshape(1, 1, 11), "layernorm_zero/out/gate", row);
                assertClose(AdaptiveNorm.part(modulation, 5).reshape(1, 1, 11), "layernorm_zero/out/enc_gate", row);
            }
        }
    }

    @Test
    void adaLayerNorm() throws IOException {
        try (Weights weights = weights("ada_layer_norm")) {
            AdaptiveNorm norm = new AdaptiveNorm(weights, config(13, 9, 5), 2);
            for (int row = 0; row < 2; row++) {
                Tensor modulation = norm.modulation(in("ada_layer_norm/in/temb", row).silu());
                assertClose(norm.forward(in("ada_layer_norm/in/x", row), modulation, 0), "ada_layer_norm/out", row);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"timesteps_10_flip, 10, true, 0", "timesteps_10_noflip, 10, false, 0", "timesteps_11_flip, 11, true, 0",
        "timesteps_48_shift1, 48, true, 1"})
    void timesteps(String name, int channels, boolean flip, double shift) throws IOException {
        long[] timesteps = golden.load(name + "/in").toLongArray();
        for (int i = 0; i < timesteps.length; i++) {
            assertClose(TimestepEmbedding.sinusoids((int) timesteps[i], channels, flip, shift), name + "/out", i);
        }
    }

    @ParameterizedTest
    @CsvSource({"sincos_a, 16, 4, 2, 3, 1.875, 1.0", "sincos_b, 48, 2, 7, 5, 1.0, 1.25"})
    void positions(String name, int dim, int frames, int height, int width, double spatial, double temporal)
            throws IOException {
        float[] expected = golden.load(name + "/out").toFloatArray();

        Elements.assertClose(name, SincosPositions.of(dim, frames, height, width, spatial, temporal), expected, Golden.MODULE);
    }

    @ParameterizedTest
    @CsvSource({"0", "1", "2", "3", "4"})
    void patchEmbedding(int index) throws IOException {
        try (Weights weights = weights("patch_embed_sincos")) {
            PatchEmbedding embedding = new PatchEmbedding(weights, config(16, 7, 5));
            Tensor image = golden.load("patch_embed_sincos/in" + index + "/image");
            Tensor positions =
                    embedding.positions((int) image.size(1), (int) image.size(3), (int) image.size(4));
            Tensor tokens = Tensor.cat(
                    1,
                    embedding.text(golden.load("patch_embed_sincos/in" + index + "/text")),
                    embedding.video(image, positions));

            float[] expected = golden.load("patch_embed_sincos/out" + index).toFloatArray();
            Elements.assertClose("tokens", tokens.toFloatArray(), expected, Golden.MODULE);
        }
    }

    private Tensor in(String name, int row) throws IOException {
        return golden.load(name).narrow(0, row, 1);
    }

    private void assertClose(Tensor actual, String name, int row) throws IOException {
        Tensor expected = golden.load(name).narrow(0, row, 1);
        assertThat(actual.shape()).as(name).isEqualTo(expected.shape());
        Elements.assertClose(name, actual.toFloatArray(), expected.toFloatArray(), Golden.MODULE);
    }

    /** The weights of one oracle, in a file of their own. */
    private Weights weights(String oracle) throws IOException {
        Map<String, Tensor> own = new LinkedHashMap<>();
        String prefix = oracle + "/w/";
        for (String name : golden.names()) {
            if (name.startsWith(prefix)) {
                own.put(name.substring(prefix.length()), golden.load(name));
            }
        }
        Safetensors.save(folder.resolve("model.safetensors"), own, Map.of());
        return Weights.open(folder, "model", DType.FLOAT32, Device.CPU);
    }

    private static TransformerConfig config(int dim, int timeEmbedDim, int textEmbedDim) {
        return new TransformerConfig(1, dim, 3, 3, true, 0, timeEmbedDim, textEmbedDim, 1, true, 6, 4, 9, 2, 4, 4,
                Activation.GELU_TANH, true, 1e-5, 1.875, 1.25, true);
    }
}
