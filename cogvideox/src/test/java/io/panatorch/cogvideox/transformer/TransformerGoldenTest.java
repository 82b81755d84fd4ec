package io.panatorch.cogvideox.transformer;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.CacheSession;
import io.panatorch.cache.Step;
import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import io.panatorch.cogvideox.Golden;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.OperatorTrace;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("cpu")
class TransformerGoldenTest {

    private static final String IN = "module/transformer/in/";
    private static final String OUT = "module/transformer/out/";

    @ParameterizedTest
    @ValueSource(strings = {"t2v-2b", "t2v-5b", "t2v-1.5", "i2v-5b", "i2v-1.5", "v2v"})
    void oneCallIsWhatDiffusersGives(String name) throws IOException {
        try (Golden golden = Golden.open(name);
                var transformer =
                        CogVideoXTransformer.load(golden.pipeline().resolve("transformer"), DType.FLOAT32, Device.CPU);
                var _ = TensorScope.open()) {
            int timestep = (int) golden.tensor(IN + "timestep").toLongArray()[0];
            Tensor latents = golden.tensor(IN + "hidden_states");
            var conditioning = transformer.prepare(golden.tensor(IN + "encoder_hidden_states"),
                    (int) latents.size(1), (int) latents.size(3), (int) latents.size(4));
            try (CacheSession cache = CacheMethod.none().open(run(transformer, timestep))) {
                cache.begin(Step.of(0, new int[] {timestep}));
                golden.assertClose(transformer.forward(latents, timestep, conditioning, cache), OUT + "sample", Golden.MODULE);
            }
        }
    }

    /** What a skipped attention saves, counted: its norms, its projections and its product, but not the gates. */
    @Test
    void aSkippedAttentionRunsNothingButItsGates() throws IOException {
        try (Golden golden = Golden.open("t2v-2b");
                var transformer =
                        CogVideoXTransformer.load(golden.pipeline().resolve("transformer"), DType.FLOAT32, Device.CPU);
                var _ = TensorScope.open()) {
            int[] timesteps = {500, 400};
            Tensor latents = golden.tensor(IN + "hidden_states");
            var conditioning = transformer.prepare(golden.tensor(IN + "encoder_hidden_states"), 3, 6, 8);
            try (CacheSession cache = PyramidAttentionBroadcast.cogVideoX().open(new CacheRun(transformer.sites(), timesteps))) {
                Map<String, Long> computed = count(transformer, latents, conditioning, cache, 0, timesteps);
                Map<String, Long> reused = count(transformer, latents, conditioning, cache, 1, timesteps);

                int blocks = transformer.config().numLayers();
                assertThat(reused).doesNotContainKey("scaled_dot_product_attention");
                Map<String, Long> saved = new TreeMap<>(computed);
                reused.forEach((operator, count) -> saved.merge(operator, -count, Long::sum));
                assertThat(saved)
                        .containsEntry("scaled_dot_product_attention", (long) blocks)
                        .containsEntry("linear", 4L * blocks) // query, key, value, output; the modulation's runs for the gates
                        .containsEntry("layer_norm", 4L * blocks) // video, text, query, key
                        .containsEntry("cat", (long) blocks)
                        .containsEntry("mul", 4L * blocks) // scale and shift joined to the norm's weights, video and text
                        .containsEntry("silu", 0L)
                        .containsEntry("gelu", 0L);
            }
        }
    }

    /** What 4 blocks take, counted before there were sites other than the attentions; a new reference is no work. */
    @Test
    void sitesOfOtherKindsCostNoOperator() throws IOException {
        try (Golden golden = Golden.open("t2v-2b");
                var transformer =
                        CogVideoXTransformer.load(golden.pipeline().resolve("transformer"), DType.FLOAT32, Device.CPU);
                var _ = TensorScope.open()) {
            int[] timesteps = {500, 400};
            Tensor latents = golden.tensor(IN + "hidden_states");
            var conditioning = transformer.prepare(golden.tensor(IN + "encoder_hidden_states"), 3, 6, 8);
            try (CacheSession cache = CacheMethod.none().open(new CacheRun(transformer.sites(), timesteps))) {
                Map<String, Long> counts = new TreeMap<>(count(transformer, latents, conditioning, cache, 0, timesteps));
                counts.remove("alias");
                assertThat(counts).hasToString("{add=51, cat=10, conv2d=1, cos=1, empty=2, exp=1, gelu=4,"
                        + " layer_norm=26, linear=36, mul=51, narrow=16, permute=1, reshape=30,"
                        + " scaled_dot_product_attention=4, select=50, silu=2, sin=1, to=1, transpose=17, zero_=1}");
            }
        }
    }

    private static CacheRun run(CogVideoXTransformer transformer, int... timesteps) {
        return new CacheRun(transformer.sites(), timesteps);
    }

    private static Map<String, Long> count(CogVideoXTransformer transformer, Tensor latents,
            CogVideoXTransformer.Conditioning conditioning, CacheSession cache, int index, int[] timesteps) {
        try (var _ = TensorScope.open(); OperatorTrace trace = OperatorTrace.start()) {
            cache.begin(Step.of(index, timesteps));
            transformer.forward(latents, timesteps[index], conditioning, cache);
            return trace.counts();
        }
    }
}
