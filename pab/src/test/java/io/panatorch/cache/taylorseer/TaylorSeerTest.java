package io.panatorch.cache.taylorseer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.CacheSession;
import io.panatorch.cache.FakeModel;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteKind;
import io.panatorch.cache.Step;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.Logged;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("cpu")
class TaylorSeerTest {

    private static final int[] TIMESTEPS = {900, 800, 700, 600, 500, 400, 300, 200, 100, 0};
    private static final double[] VALUES = {1, 3, -2, 5, 4, 8, 7, -6, 2, 9};
    private static final Site SITE = new Site(SiteKind.TEMPORAL_ATTENTION, 0, "blocks.0.attn1");
    private static final CacheRun RUN = new CacheRun(List.of(SITE), TIMESTEPS);
    private static final int VIDEO = 16;
    private static final int TEXT = 8;

    private record Generation(List<Double> videos, List<Double> texts, List<Long> held, String decisions) {}

    /** The site's outputs are a video of a step's value and a text of ten times that, as far as they are computed. */
    private static Generation generate(CacheMethod method, double[] values, IntPredicate visits) {
        Generation generation = new Generation(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), "");
        try (CacheSession cache = method.open(RUN); TensorScope _ = TensorScope.open()) {
            for (int i = 0; i < TIMESTEPS.length; i++) {
                cache.begin(Step.of(i, TIMESTEPS));
                float value = (float) values[i];
                if (visits.test(i)) {
                    List<Tensor> outputs = cache.through(SITE, List.of(FakeModel.filled(0, 1)),
                            _ -> List.of(FakeModel.filled(value, 4), FakeModel.filled(10 * value, 2)));
                    generation.videos.add((double) outputs.get(0).toFloatArray()[3]);
                    generation.texts.add((double) outputs.get(1).toFloatArray()[1]);
                }
                generation.held.add(cache.statistics().bytes().now());
            }
            String decisions = cache.statistics().sites().getFirst().decisions();
            return new Generation(generation.videos, generation.texts, generation.held, decisions);
        }
    }

    /** Written down a second time, with everything kept: the factors of the last computed step, and the sum. */
    private static List<Double> expected(String decisions, int maxOrder) {
        List<Double> outputs = new ArrayList<>();
        List<Double> factors = List.of();
        int last = 0;
        for (int i = 0; i < decisions.length(); i++) {
            if (decisions.charAt(i) == 'C') {
                List<Double> updated = new ArrayList<>(List.of(VALUES[i]));
                for (int j = 0; j < maxOrder && j < factors.size(); j++) {
                    updated.add((updated.get(j) - factors.get(j)) / (i - last));
                }
                factors = updated;
                last = i;
                outputs.add(VALUES[i]);
            } else {
                double sum = 0;
                for (int j = 0; j < factors.size(); j++) {
                    sum += factors.get(j) * Math.pow(i - last, j) / List.of(1, 1, 2, 6).get(j);
                }
                outputs.add(sum);
            }
        }
        return outputs;
    }

    private static TaylorSeer.Builder method() {
        return TaylorSeer.builder().cacheInterval(3).disableCacheBeforeStep(2).taylorFactorsDtype(DType.FLOAT32);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void predictsFromTheDifferences(int maxOrder) {
        Generation generation = generate(method().maxOrder(maxOrder).build(), VALUES, _ -> true);

        assertThat(generation.decisions).isEqualTo("CCRCRRCRRC");
        List<Double> expected = expected(generation.decisions, maxOrder);
        for (int i = 0; i < expected.size(); i++) {
            assertThat(generation.videos.get(i)).as("step %d", i).isCloseTo(expected.get(i), within(1e-3));
            assertThat(generation.texts.get(i)).as("step %d", i).isCloseTo(10 * expected.get(i), within(1e-2));
        }
    }

    @Test
    void goesOnWithAStraightLineExactly() {
        double[] line = {1, 3, 5, 7, 9, 11, 13, 15, 17, 19};
        assertThat(generate(method().build(), line, _ -> true).videos)
                .containsExactly(1., 3., 5., 7., 9., 11., 13., 15., 17., 19.);
    }

    /** Before the steps that are computed one after the other, one value; before predictions, a value and a difference. */
    @Test
    void holdsNoMoreThanLaterStepsUse() {
        long each = VIDEO + TEXT;
        assertThat(generate(method().build(), VALUES, _ -> true).held)
                .containsExactly(each, 2 * each, each, 2 * each, 2 * each, each, 2 * each, 2 * each, 0L, 0L);
        assertThat(generate(method().taylorFactorsDtype(DType.BFLOAT16).build(), VALUES, _ -> true).held)
                .containsExactly(each / 2, each, each / 2, each, each, each / 2, each, each, 0L, 0L);
    }

    @Test
    void roundsTheFactorsButNotTheOutputs() {
        double[] values = {1, 1 + 1.0 / 512, 9, 9, 9, 9, 9, 9, 9, 9};
        Generation generation = generate(method().taylorFactorsDtype(DType.BFLOAT16).build(), values, _ -> true);
        assertThat(generation.videos.get(1)).isEqualTo(1 + 1.0 / 512);
        assertThat(generation.videos.get(2)).as("1, which bfloat16 makes of it, and a difference").isEqualTo(1 + 1.0 / 512);
    }

    @Test
    void computesWhereThereIsNothingToPredictFrom() {
        Generation generation = generate(method().build(), VALUES, i -> i >= 2);
        assertThat(generation.decisions).isEqualTo("--CCRRCRRC");
        assertThat(generation.videos.subList(0, 2)).containsExactly(-2., 5.);
        assertThat(generation.videos.get(2)).isEqualTo(12);
    }

    @Test
    void leavesSitesAloneThatAreNotNamed() {
        try (Logged warnings = new Logged(CacheSession.class)) {
            Generation generation = generate(method().cacheIdentifiers("blocks\\.1\\..*").build(), VALUES, _ -> true);
            assertThat(generation.decisions).isEqualTo("CCCCCCCCCC");
            assertThat(generation.held).containsOnly(0L);
            assertThat(warnings.messages()).singleElement().asString().contains("taylorseer reuses nothing in this run of 10 steps");
        }
    }
}
