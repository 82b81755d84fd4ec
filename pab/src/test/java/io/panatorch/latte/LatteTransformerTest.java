package io.panatorch.latte;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.CacheSession;
import io.panatorch.cache.Site;
import io.panatorch.cache.Step;
import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import io.panatorch.io.InvalidFileException;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.OperatorTrace;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the goldens do not show: the sites, what a skipped attention saves, and what is refused. */
@Tag("cpu")
class LatteTransformerTest {

    private static final Path MODEL = LatteGoldenTest.folder().resolve("pipeline/transformer");
    private static final String WEIGHTS = "diffusion_pytorch_model.safetensors";

    private static void withModel(BiConsumer<LatteTransformer, Tensor> test) throws IOException {
        try (var model = LatteTransformer.load(MODEL, DType.FLOAT32, Device.CPU); var _ = TensorScope.open()) {
            test.accept(model, model.project(Tensor.zeros(Shape.of(1, 5, 20), DType.FLOAT32, Device.CPU)));
        }
    }

    private static Tensor latents(long... shape) {
        return Tensor.zeros(Shape.of(shape), DType.FLOAT32, Device.CPU);
    }

    @Test
    void namesItsSitesInTheOrderOfExecution() throws IOException {
        withModel((model, _) -> assertThat(model.sites()).extracting(Site::name).hasSize(15).startsWith(
                "transformer_blocks.0.attn1", "transformer_blocks.0.attn2", "transformer_blocks.0.ff",
                "temporal_transformer_blocks.0.attn1", "temporal_transformer_blocks.0.ff", "transformer_blocks.1.attn1"));
    }

    /** Norms and projections of an attention are skipped with it; its gate's modulation is of the current step. */
    @Test
    void aSkippedAttentionRunsNothingButItsGate() throws IOException {
        int[] timesteps = {500, 400};
        var method = PyramidAttentionBroadcast.builder().spatialAttentionBlockSkipRange(2)
                .temporalAttentionBlockSkipRange(2).crossAttentionBlockSkipRange(2).build();
        withModel((model, text) -> {
            try (CacheSession cache = method.open(new CacheRun(model.sites(), timesteps))) {
                Map<String, Long> saved = new TreeMap<>(count(model, text, cache, 0, timesteps));
                count(model, text, cache, 1, timesteps).forEach((operator, n) -> saved.merge(operator, -n, Long::sum));
                int layers = model.config().numLayers();
                assertThat(saved)
                        .containsEntry("scaled_dot_product_attention", 3L * layers)
                        .containsEntry("linear", 4L * 3 * layers)
                        .containsEntry("layer_norm", 2L * layers) // cross attention has none
                        .containsEntry("mul", 0L)
                        .containsEntry("gelu", 0L);
            }
        });
    }

    /** A layer is the index of a block in its own list, spatial or temporal, as in VideoSys; identifiers choose between them. */
    @Test
    void skipsTheMlpsOfSpatialBlocksAlone() throws IOException {
        int[] timesteps = {740, 720, 700, 680, 660};
        var method = PyramidAttentionBroadcast.builder().mlpBroadcast(List.of(0, 2), List.of(720), 2)
                .mlpBlockIdentifiers("^transformer_blocks").build();
        withModel((model, text) -> {
            try (CacheSession cache = method.open(new CacheRun(model.sites(), timesteps))) {
                for (int i = 0; i < timesteps.length; i++) {
                    Map<String, Long> operators = count(model, text, cache, i, timesteps);
                    assertThat(operators).containsEntry("gelu", i == 2 || i == 3 ? 4L : 6L);
                }
                assertThat(cache.statistics().sites()).filteredOn(site -> site.reused() > 0)
                        .extracting(site -> site.site().name() + " " + site.decisions())
                        .containsExactly("transformer_blocks.0.ff CCRRC", "transformer_blocks.2.ff CCRRC");
                assertThat(cache.statistics().bytes().now()).isZero();
            }
        });
    }

    private static Map<String, Long> count(LatteTransformer model, Tensor text, CacheSession cache, int index, int[] timesteps) {
        try (var _ = TensorScope.open(); OperatorTrace trace = OperatorTrace.start()) {
            cache.begin(Step.of(index, timesteps));
            model.forward(latents(1, 4, 4, 8, 8), timesteps[index], text, cache);
            return trace.counts();
        }
    }

    /** One frame, and a size that the model was not trained on, run without a golden; other frames have no positions. */
    @Test
    void takesOtherSizesButNotOtherFrameCounts() throws IOException {
        withModel((model, text) -> {
            assertThat(forward(model, latents(1, 4, 1, 8, 8), text).shape()).isEqualTo(Shape.of(1, 8, 1, 8, 8));
            assertThat(forward(model, latents(1, 4, 4, 6, 10), text).shape()).isEqualTo(Shape.of(1, 8, 4, 6, 10));
            assertThatIllegalArgumentException().isThrownBy(() -> forward(model, latents(1, 4, 3, 8, 8), text))
                    .withMessage("latents [1, 4, 3, 8, 8]: expected 1 or 4 frames, for others there are no positions");
            assertThatIllegalArgumentException().isThrownBy(() -> forward(model, latents(1, 4, 4, 8, 7), text))
                    .withMessage("latents [1, 4, 4, 8, 7]: expected [batch, channels, frames, height, width] with multiples"
                            + " of the patch size 2");
        });
    }

    private static Tensor forward(LatteTransformer model, Tensor latents, Tensor text) {
        int[] timesteps = {500};
        try (CacheSession cache = CacheMethod.none().open(new CacheRun(model.sites(), timesteps))) {
            cache.begin(Step.of(0, timesteps));
            return model.forward(latents, timesteps[0], text, cache);
        }
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource(delimiter = '|', textBlock = """
            _class_name             | CogVideoXTransformer3DModel | _class_name: expected LatteTransformer3DModel, \
            found CogVideoXTransformer3DModel
            norm_type               | layer_norm                  | norm_type: expected ada_norm_single, found layer_norm
            activation_fn           | geglu                       | activation_fn: expected gelu-approximate, found geglu
            norm_elementwise_affine | true                        | norm_elementwise_affine: expected false, found true
            cross_attention_dim     | 32                          | cross_attention_dim: expected what the text is \
            projected to, 24, found 32
            patch_size              | 0                           | patch_size: expected a whole number of at least 1, found "0"
            sample_size             | 9                           | sample_size: expected a multiple of the patch size 2, found 9
            num_attention_heads     | x                           | num_attention_heads: expected a whole number of at least 1, found "x"
            num_layers              | 4                           | tensor 'transformer_blocks.3.attn1.to_q.weight' \
            is missing, expected shape [24, 24]
            num_layers              | 2                           | 34 unexpected tensors, not part of the model that \
            the configuration describes: \
            'temporal_transformer_blocks.2.attn1.to_k.bias', 'temporal_transformer_blocks.2.attn1.to_k.weight', \
            'temporal_transformer_blocks.2.attn1.to_out.0.bias', 'temporal_transformer_blocks.2.attn1.to_out.0.weight', \
            'temporal_transformer_blocks.2.attn1.to_q.bias', …
            """)
    void refusesAnotherModelByTheNameOfWhatIsDifferent(String key, String value, String message, @TempDir Path folder)
            throws IOException {
        ObjectNode config = (ObjectNode) new JsonMapper().readTree(MODEL.resolve("config.json").toFile());
        Files.writeString(folder.resolve("config.json"), config.put(key, value).toString());
        Files.copy(MODEL.resolve(WEIGHTS), folder.resolve(WEIGHTS));

        assertThatExceptionOfType(InvalidFileException.class)
                .isThrownBy(() -> LatteTransformer.load(folder, DType.FLOAT32, Device.CPU))
                .withMessageEndingWith(": " + message);
    }
}
