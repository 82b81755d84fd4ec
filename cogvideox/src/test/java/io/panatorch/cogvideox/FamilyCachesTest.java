package io.panatorch.cogvideox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.MemoryBudget;
import io.panatorch.cache.SessionOptions;
import io.panatorch.cache.teacache.TeaCache;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.LiveTensors;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each method on each kind of model, as {@link CacheRobustnessTest} does on the smallest: it skips something, leaves nothing when it is
 * cancelled, gives the same again, and holds what it may.
 */
@Tag("cpu")
class FamilyCachesTest extends Generations {

    private static final List<String> MODELS = List.of("t2v-5b", "t2v-1.5", "i2v-5b", "i2v-1.5", "v2v", "control");
    private static final int STEPS = 6;

    FamilyCachesTest() {
        super(Device.CPU);
    }

    static Stream<Arguments> modelsAndMethods() {
        return MODELS.stream().flatMap(model -> Stream.of(CacheCase.values()).filter(cache -> cache != CacheCase.NONE)
                .map(cache -> Arguments.of(model, cache)));
    }

    @ParameterizedTest
    @MethodSource("modelsAndMethods")
    void skipsIsCancelledAndHolds(String model, CacheCase cache) throws IOException {
        try (Golden golden = Golden.open(model);
                var pipeline = CogVideoXPipeline.load(golden.pipeline(), DType.FLOAT32, device);
                var _ = TensorScope.open()) {
            Outcome first = Outcome.of(pipeline, request(golden, cache.method).build());
            if (cache != CacheCase.FIRST_BLOCK) { // which goes by values
                assertThat(first.decisions()).anyMatch(decisions -> decisions.matches(".*[RP].*"));
            }
            VideoRequest cancelled = request(golden, cache.method)
                    .onStep(step -> {
                        if (step.index() == 1) {
                            Thread.currentThread().interrupt();
                        }
                    }).build();
            long before = LiveTensors.count();
            assertThatExceptionOfType(CancellationException.class).isThrownBy(() -> pipeline.generate(cancelled));
            assertThat(LiveTensors.count()).isEqualTo(before);
            assertThat(Outcome.of(pipeline, request(golden, cache.method).build())).isEqualTo(first);

            CacheMethod nothingHeld = cache.method.with(SessionOptions.DEFAULT.withMemory(MemoryBudget.of(0)));
            assertThat(Outcome.of(pipeline, request(golden, nothingHeld).build()).latents())
                    .isEqualTo(Outcome.of(pipeline, request(golden, CacheMethod.none()).build()).latents());
        }
    }

    private static VideoRequest.Builder request(Golden golden, CacheMethod method) throws IOException {
        return PipelineGoldens.request(golden, "none").steps(STEPS).latentsOnly().cache(method);
    }

    static Stream<Arguments> publishedCoefficients() {
        return Stream.of(Arguments.of("t2v-5b", TeaCache.COGVIDEOX_5B), Arguments.of("i2v-5b", TeaCache.COGVIDEOX_5B),
                Arguments.of("t2v-1.5", TeaCache.COGVIDEOX_1_5_5B), Arguments.of("i2v-1.5", TeaCache.COGVIDEOX_1_5_5B_I2V));
    }

    @ParameterizedTest
    @MethodSource("publishedCoefficients")
    void teaCacheWithPublishedCoefficients(String model, List<Double> coefficients) throws IOException {
        try (Golden golden = Golden.open(model);
                var pipeline = CogVideoXPipeline.load(golden.pipeline(), DType.FLOAT32, device);
                var _ = TensorScope.open()) {
            Outcome all = Outcome.of(pipeline, request(golden, CacheMethod.none()).build());
            Outcome skipped = Outcome.of(pipeline, request(golden, TeaCache.of(1e9, coefficients)).build());

            assertThat(skipped.decisions()).contains("C" + "R".repeat(STEPS - 2) + "C");
            assertThat(skipped.latents()).isNotEqualTo(all.latents());
        }
    }
}
