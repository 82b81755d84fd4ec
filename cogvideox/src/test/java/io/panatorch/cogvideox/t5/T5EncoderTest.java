package io.panatorch.cogvideox.t5;

import static io.panatorch.cogvideox.t5.T5Fixtures.encode;
import static io.panatorch.cogvideox.t5.T5Fixtures.expected;
import static io.panatorch.cogvideox.t5.T5Fixtures.ids;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.Elements;
import io.panatorch.testing.LeakCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("cpu")
@ExtendWith(LeakCheck.class)
class T5EncoderTest {

    private static final float TOLERANCE = 2e-5f;

    @TempDir
    Path folder;

    private static T5Encoder load(String model) throws IOException {
        return load(model, DType.FLOAT32);
    }

    private static T5Encoder load(String model, DType dtype) throws IOException {
        return T5Encoder.load(T5Fixtures.path(model), dtype, Device.CPU);
    }

    @ParameterizedTest
    @CsvSource({
        "gated-gelu, prompt", "gated-gelu, negative_prompt", "gated-gelu, batch", "gated-gelu, 1", "gated-gelu, 226",
        "relu, prompt", "relu, negative_prompt",
        "gated-silu, prompt", "gated-silu, negative_prompt",
        "half, prompt", "half, negative_prompt",
    })
    void embeddingsOfTransformers(String model, String name) throws IOException {
        try (var encoder = load(model)) {
            float[] actual = encode(encoder, ids(model + "/" + name + "/ids"));
            Elements.assertClose(name, actual, expected(model + "/" + name + "/embeds"), TOLERANCE);
        }
    }

    @ParameterizedTest
    @CsvSource({"gated-gelu,", "gated-gelu, gelu", "gated-relu,", "gated-silu,"})
    void activationsOfTransformers(String projection, String explicit) throws IOException {
        String config = Files.readString(T5Fixtures.path("gated-silu/config.json"))
                .replaceAll("\"(dense_act_fn|is_gated_act)\":.*", "")
                .replace("\"gated-silu\",", '"' + projection + "\","
                        + (explicit == null ? "" : "\"dense_act_fn\": \"" + explicit + "\","));
        T5Fixtures.changed(folder, "gated-silu", config, _ -> {});
        try (var encoder = T5Encoder.load(folder, DType.FLOAT32, Device.CPU)) {
            float[] actual = encode(encoder, ids("gated-silu/prompt/ids"));
            String name = "activations/" + projection + (explicit == null ? "" : "/" + explicit);
            Elements.assertClose(name, actual, expected(name), TOLERANCE);
        }
    }

    /** Bounds: 2 units in the last place of float16, and of bfloat16, at the largest value, which is 4.4. */
    @ParameterizedTest
    @CsvSource({"FLOAT16, float16, 0.0078", "BFLOAT16, bfloat16, 0.0625"})
    void narrowTypes(DType dtype, String name, float tolerance) throws IOException {
        try (var encoder = load("half", dtype); var _ = TensorScope.open()) {
            Tensor embeds = encoder.forward(ids("half/prompt/ids"));
            assertThat(embeds.dtype()).isEqualTo(dtype);
            Elements.assertClose(name, embeds.toFloatArray(), expected("half/" + name + "/embeds"), tolerance);
        }
    }

    /** The real T5 has sums of this size, which is why transformers keeps {@code wo} in float32. */
    @Test
    void float16SurvivesSumsBeyondItsRange() throws IOException {
        T5Fixtures.changed(folder, "half", weights -> weights.replaceAll(
                (name, tensor) -> name.endsWith("wo.weight") ? tensor.to(DType.FLOAT32).mul(1e5) : tensor));
        int[][] ids = ids("half/prompt/ids");
        try (var half = T5Encoder.load(folder, DType.FLOAT16, Device.CPU);
                var full = T5Encoder.load(folder, DType.FLOAT32, Device.CPU)) {
            Elements.assertClose("float16", encode(half, ids), encode(full, ids), 0.02);
        }
    }

    @Test
    void resultBelongsToTheCallersScope() throws IOException {
        try (var encoder = load("gated-gelu"); var scope = TensorScope.open()) {
            Tensor embeds = encoder.forward(ids("gated-gelu/batch/ids"));
            assertThat(embeds.shape()).isEqualTo(Shape.of(2, 18, encoder.config().dModel()));
            assertThat(scope.size()).isEqualTo(1);
        }
    }

    @Test
    void anInterruptEndsItBeforeTheNextLayer() throws IOException {
        int[][] ids = ids("gated-gelu/batch/ids");
        try (var encoder = load("gated-gelu"); var scope = TensorScope.open()) {
            Thread.currentThread().interrupt();
            assertThatExceptionOfType(CancellationException.class).isThrownBy(() -> encoder.forward(ids))
                    .withMessage("generation cancelled within the text encoder");
            assertThat(Thread.interrupted()).isFalse();
            assertThat(scope.size()).isZero();
        }
    }

    @Test
    void severalThreadsUseOneEncoder() throws Exception {
        try (var encoder = load("relu"); var pool = Executors.newFixedThreadPool(2)) {
            int[][] first = ids("relu/prompt/ids");
            int[][] second = ids("relu/negative_prompt/ids");
            Callable<float[]> one = () -> repeated(encoder, first);
            Callable<float[]> other = () -> repeated(encoder, second);
            var results = pool.invokeAll(List.of(one, other));
            assertThat(results.get(0).get()).isEqualTo(encode(encoder, first));
            assertThat(results.get(1).get()).isEqualTo(encode(encoder, second));
        }
    }

    private static float[] repeated(T5Encoder encoder, int[][] ids) {
        float[] first = encode(encoder, ids);
        for (int i = 0; i < 50; i++) {
            assertThat(encode(encoder, ids)).isEqualTo(first);
        }
        return first;
    }

    @Test
    void refusesIdsThatAreNoBatchOfTheVocabulary() throws IOException {
        try (var encoder = load("gated-gelu"); var _ = TensorScope.open()) {
            assertRefused(encoder, "ids: expected at least one prompt of at least one id, found none");
            assertRefused(encoder, "ids: expected at least one prompt of at least one id, found none", new int[0]);
            assertRefused(encoder, "ids: expected prompts of equal length, found 2 ids in prompt 0 and 1 in prompt 1",
                    new int[] {5, 1}, new int[] {1});
            assertRefused(encoder, "ids: expected ids in [0, 448), the vocabulary of the text encoder, found 448 at position 1"
                    + " of prompt 0", new int[] {447, 448});
            assertRefused(encoder, "ids: expected ids in [0, 448), the vocabulary of the text encoder, found -1 at position 0"
                    + " of prompt 1", new int[] {0}, new int[] {-1});
        }
    }

    private static void assertRefused(T5Encoder encoder, String message, int[]... ids) {
        assertThatThrownBy(() -> encoder.forward(ids)).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }

    @Test
    void closedEncoderRefuses() throws IOException {
        var encoder = load("gated-gelu");
        encoder.close();
        encoder.close();
        try (var _ = TensorScope.open()) {
            assertThatThrownBy(() -> encoder.forward(new int[][] {{1}}))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("closed");
        }
    }
}
