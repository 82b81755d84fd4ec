package io.panatorch.cogvideox.transformer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.panatorch.cogvideox.Golden;
import io.panatorch.nn.Activation;
import io.panatorch.nn.Weights;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.Elements;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.BiFunction;
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
            AdaptiveNorm norm = new AdaptiveNorm(weights, odd(11, 7), 6);
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
            AdaptiveNorm norm = new AdaptiveNorm(weights, odd(13, 9), 2);
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
    @CsvSource({"sincos_a, 16, 4, 2, 3, 1.875, 1.0", "sincos_b, 48, 2, 7, 5, 1.0, 1.25",
        "sincos_c, 32, 1, 30, 45, 1.875, 1.0"})
    void positions(String name, int dim, int frames, int height, int width, double spatial, double temporal)
            throws IOException {
        float[] expected = golden.load(name + "/out").toFloatArray();

        Elements.assertClose(name, SincosPositions.of(dim, frames, height, width, spatial, temporal), expected, Golden.MODULE);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "patch_embed_sincos | 5 | ",
        "patch_embed_learned | 2 | , \"use_rotary_positional_embeddings\": true, \"use_learned_positional_embeddings\": true",
        "patch_embed_none | 2 | , \"use_rotary_positional_embeddings\": true",
        "patch_embed_15 | 2 | , \"use_rotary_positional_embeddings\": true, \"patch_size_t\": 2, \"patch_bias\": false"
    })
    void patchEmbedding(String name, int inputs, String keys) throws IOException {
        try (Weights weights = weights(name)) {
            PatchEmbedding embedding = new PatchEmbedding(weights, config(16, 7, 5, keys == null ? "" : keys));
            for (int i = 0; i < inputs; i++) {
                Tensor image = golden.load(name + "/in" + i + "/image");
                int frames = (int) image.size(1);
                Tensor positions = embedding.positions(frames, (int) image.size(3), (int) image.size(4), DType.FLOAT32, Device.CPU);
                Tensor tokens = Tensor.cat(1, embedding.text(golden.load(name + "/in" + i + "/text"), frames),
                        embedding.video(image, positions));

                Tensor expected = golden.load(name + "/out" + i);
                assertThat(tokens.shape()).isEqualTo(expected.shape());
                Elements.assertClose("tokens " + i, tokens.toFloatArray(), expected.toFloatArray(), Golden.MODULE);
            }
        }
    }

    /** Two tokens of text come first, which are not turned. */
    @ParameterizedTest
    @CsvSource({
        "rotary_linspace_0, 16, 2, 2, 3, 3, 4, false", "rotary_linspace_1, 16, 3, 3, 2, 3, 4, false",
        "rotary_linspace_2, 32, 1, 5, 3, 5, 3, false", "rotary_linspace_3, 64, 2, 7, 4, 3, 4, false",
        "rotary_linspace_4, 16, 4, 3, 4, 3, 4, false", "rotary_slice_0, 16, 2, 2, 3, 4, 5, true",
        "rotary_slice_1, 32, 3, 3, 3, 3, 3, true"
    })
    void rotaryPositions(String name, int headDim, int frames, int height, int width, int baseHeight, int baseWidth, boolean slice)
            throws IOException {
        TransformerConfig config = config(headDim, 7, 5, ", \"use_rotary_positional_embeddings\": true, \"sample_height\": "
                + 2 * baseHeight + ", \"sample_width\": " + 2 * baseWidth + (slice ? ", \"patch_size_t\": 2" : ""));

        RotaryPositions positions = RotaryPositions.of(config, 2, frames, height, width, DType.FLOAT32, Device.CPU);

        long tokens = positions.cos().size(0);
        Tensor cos = golden.load(name + "/cos");
        assertThat(tokens).isEqualTo(2 + cos.size(0));
        Elements.assertClose("cos", positions.cos().narrow(0, 2, tokens - 2).toFloatArray(), cos.toFloatArray(), Golden.MODULE);
        Elements.assertClose("sin", positions.sin().narrow(0, 2, tokens - 2).toFloatArray(),
                golden.load(name + "/sin").toFloatArray(), Golden.MODULE);
        assertThat(positions.cos().narrow(0, 0, 2).toFloatArray()).containsOnly(1);
        assertThat(positions.sin().narrow(0, 0, 2).toFloatArray()).containsOnly(0);
    }

    /** Upstream's answers for grids (height, width) in bases (height, width). */
    @ParameterizedTest
    @CsvSource({
        "30, 45, 30, 45, 0, 0, 30, 45", "24, 42, 30, 45, 2, 0, 28, 45", "48, 85, 30, 45, 2, 0, 27, 45", "2, 3, 3, 4, 0, 0, 3, 4",
        "3, 2, 3, 4, 0, 1, 3, 3", "5, 3, 5, 3, 0, 0, 5, 3", "2, 5, 3, 4, 0, 0, 2, 4", "7, 7, 3, 4, 0, 0, 3, 3",
        "1, 9, 3, 4, 2, 0, 2, 4", "9, 1, 3, 4, 0, 2, 3, 2", "3, 4, 3, 4, 0, 0, 3, 4", "15, 23, 30, 45, 0, 0, 29, 45"
    })
    void cropRegion(int height, int width, int baseHeight, int baseWidth, int top, int left, int bottom, int right) {
        assertThat(RotaryPositions.Crop.of(height, width, baseHeight, baseWidth))
                .isEqualTo(new RotaryPositions.Crop(top, left, bottom, right));
    }

    @Test
    void turning() throws IOException {
        RotaryPositions positions = rotary("apply_rotary", 0, 16);

        Tensor expected = golden.load("apply_rotary/out");
        Tensor turned = positions.turn(golden.load("apply_rotary/in/x"));

        assertThat(turned.shape()).isEqualTo(expected.shape());
        Elements.assertClose("turned", turned.toFloatArray(), expected.toFloatArray(), Golden.MODULE);
    }

    @ParameterizedTest
    @CsvSource({"attention_rotary, true", "attention_plain, false"})
    void jointAttention(String name, boolean isRotary) throws IOException {
        TransformerConfig config = config(16, 7, 5, ", \"num_attention_heads\": 3, \"attention_bias\": " + isRotary);
        // The oracle has 30 channels in 3 heads of 16; a model's heads make up its channels, so it gets 18 that are zero.
        try (Weights weights = weights(name, (key, tensor) -> key.startsWith("to_out") ? padded(tensor, 0, 48)
                : key.startsWith("to_") && key.endsWith("weight") ? padded(tensor, 1, 48) : tensor)) {
            JointAttention attention = new JointAttention(weights, config);
            Tensor text = golden.load(name + "/in/encoder");
            Tensor video = golden.load(name + "/in/hidden");

            Tensor out = attention.forward(padded(Tensor.cat(1, text, video), 2, 48),
                    isRotary ? rotary(name, (int) text.size(1), 16) : null).narrow(2, 0, 30);

            Tensor expected = Tensor.cat(1, golden.load(name + "/out/encoder"), golden.load(name + "/out/hidden"));
            Elements.assertClose(name, out.toFloatArray(), expected.toFloatArray(), Golden.MODULE);
        }
    }

    private static Tensor padded(Tensor tensor, int dimension, long size) {
        long[] missing = tensor.shape().sizes();
        missing[dimension] = size - missing[dimension];
        return Tensor.cat(dimension, tensor, Tensor.zeros(Shape.of(missing), DType.FLOAT32, Device.CPU));
    }

    /** The oracle's own angles, after those of a text's tokens. */
    private RotaryPositions rotary(String oracle, int text, int headDim) throws IOException {
        TransformerConfig config = config(headDim, 7, 5, ", \"use_rotary_positional_embeddings\": true");
        RotaryPositions none = RotaryPositions.of(config, text, 0, 1, 1, DType.FLOAT32, Device.CPU);
        return new RotaryPositions(Tensor.cat(0, none.cos(), golden.load(oracle + "/in/cos")),
                Tensor.cat(0, none.sin(), golden.load(oracle + "/in/sin")), none.swap());
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
        return weights(oracle, (_, tensor) -> tensor);
    }

    private Weights weights(String oracle, BiFunction<String, Tensor, Tensor> changed) throws IOException {
        Map<String, Tensor> own = new LinkedHashMap<>();
        String prefix = oracle + "/w/";
        for (String name : golden.names()) {
            if (name.startsWith(prefix)) {
                String key = name.substring(prefix.length());
                own.put(key, changed.apply(key, golden.load(name)));
            }
        }
        Safetensors.save(folder.resolve("model.safetensors"), own, Map.of());
        return Weights.open(folder, "model", DType.FLOAT32, Device.CPU);
    }

    /** Numbers of channels that no model can have. */
    private static TransformerConfig odd(int dim, int timeEmbedDim) {
        return new TransformerConfig(1, dim, 3, 3, true, 0, timeEmbedDim, OptionalInt.empty(), 5, 1, true, 6, 4, 9, 2,
                OptionalInt.empty(), 4, 4, Activation.GELU_TANH, true, 1e-5, 1.875, 1.25, false, false, true);
    }

    /** Later keys win over the ones before them, so that a test can change any. */
    private TransformerConfig config(int headDim, int timeEmbedDim, int textEmbedDim, String keys) throws IOException {
        Map<String, Object> values = new LinkedHashMap<>(Map.of("num_attention_heads", 1, "attention_head_dim", headDim,
                "in_channels", 3, "out_channels", 3, "sample_width", 6, "sample_height", 4, "sample_frames", 9,
                "max_text_seq_length", 4, "temporal_interpolation_scale", 1.25));
        values.put("time_embed_dim", timeEmbedDim);
        values.put("text_embed_dim", textEmbedDim);
        JsonMapper mapper = new JsonMapper();
        mapper.readTree("{" + keys.replaceFirst("^, ", "") + "}").properties()
                .forEach(property -> values.put(property.getKey(), property.getValue()));
        return TransformerConfig.read(Files.write(folder.resolve("config.json"), mapper.writeValueAsBytes(values)));
    }
}
