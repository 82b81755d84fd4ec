package io.panatorch.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.panatorch.cache.CacheStatistics.SiteStatistics;
import io.panatorch.tensor.LiveTensors;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.TensorTest;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

@TensorTest
class MeasuringTest {

    private static final Site OUTER = new Site(SiteKind.BLOCK, 0, "block");
    private static final Site INNER = new Site(SiteKind.SPATIAL_ATTENTION, 0, "block.attn1");
    private static final int[] TIMESTEPS = {800, 600, 400, 200};
    private static final CacheRun RUN = new CacheRun(List.of(OUTER, INNER), TIMESTEPS);
    private static final SessionOptions MEASURING = SessionOptions.DEFAULT.withMeasuring();

    /** Visits a site with one tensor of the given size, filled with a number, at each step. */
    private static SiteStatistics visit(CacheMethod method, long[] sizes, float[] values) {
        try (CacheSession cache = method.open(RUN)) {
            for (int i = 0; i < sizes.length; i++) {
                cache.begin(Step.of(i, TIMESTEPS));
                try (TensorScope _ = TensorScope.open()) {
                    cache.through(INNER, FakeModel.filled(values[i], sizes[i]), x -> x.mul(10));
                }
            }
            return cache.statistics().sites().getFirst();
        }
    }

    @Test
    void relatesEachComputedOutputToTheLastOne() {
        SiteStatistics site = visit(CacheMethod.none().with(MEASURING), new long[] {5, 5, 5, 5}, new float[] {2, 3, 3, -1.5f});

        assertThat(site.changes().getFirst()).isNaN();
        assertThat(site.changes().subList(1, 4)).containsExactly(0.5, 0.0, 1.5);
        assertThat(site.bytes()).as("what is measured with is not held by the method").isEqualTo(HeldBytes.NONE);
    }

    @Test
    void passesOverStepsThatWereNotComputed() {
        CacheMethod method = new ScriptedMethod(call -> {
            if (call.step().index() % 2 == 1) {
                return call.held();
            }
            List<Tensor> outputs = call.compute();
            call.hold(outputs);
            return outputs;
        });
        SiteStatistics site = visit(method.with(MEASURING), new long[] {5, 5, 5, 5}, new float[] {2, 100, 6, 7});

        assertThat(site.decisions()).isEqualTo("CRCR");
        assertThat(site.changes().get(2)).isEqualTo(2.0, within(1e-6));
        assertThat(site.changes()).filteredOn(Double::isFinite).hasSize(1);
    }

    @Test
    void comparesNothingOfOtherShapesOrWithZeros() {
        SiteStatistics site = visit(CacheMethod.none().with(MEASURING), new long[] {5, 4, 4, 4}, new float[] {1, 0, 1, 2});

        assertThat(site.changes().subList(0, 3)).allMatch(change -> change.isNaN());
        assertThat(site.changes().getLast()).isEqualTo(1.0);
    }

    @Test
    void measuresOnlyWhereItIsAsked() {
        SiteStatistics site = visit(CacheMethod.none(), new long[] {5, 5}, new float[] {1, 2});

        assertThat(site.changes()).allMatch(change -> change.isNaN());
        assertThat(site.seconds()).allMatch(time -> time > 0);
    }

    @Test
    void keepsTheLastOutputsUntilItCloses() {
        long before = LiveTensors.count();
        CacheMethod method = CacheMethod.none().with(MEASURING);
        try (CacheSession cache = method.open(RUN)) {
            for (int i = 0; i < 3; i++) {
                cache.begin(Step.of(i, TIMESTEPS));
                try (TensorScope _ = TensorScope.open()) {
                    cache.through(INNER, FakeModel.filled(i, 5), x -> x.mul(10));
                }
            }
            assertThat(LiveTensors.count() - before).isEqualTo(1);
        }
        assertThat(LiveTensors.count()).isEqualTo(before);
    }

    @Test
    void bearsOutputsThatThePolicyClosed() {
        CacheMethod method = new ScriptedMethod(call -> {
            Tensor output = call.compute().getFirst();
            Tensor half = output.mul(0.5);
            output.close();
            return List.of(half);
        });
        assertThat(visit(method.with(MEASURING), new long[] {5, 5}, new float[] {1, 2}).changes())
                .allMatch(change -> change.isNaN());
    }

    /** So the times of all sites add up. */
    @Test
    void timesAnOuterVisitWithoutWhatIsInside() {
        CacheMethod method = new ScriptedMethod(Set.of(SiteKind.BLOCK, SiteKind.SPATIAL_ATTENTION), SiteCall::compute).with(MEASURING);
        UnaryOperator<Tensor> slow = x -> {
            sleep(100);
            return x.mul(2);
        };
        try (CacheSession cache = method.open(RUN); TensorScope _ = TensorScope.open()) {
            Tensor input = FakeModel.filled(1, 3);
            for (int i = 0; i < 2; i++) {
                cache.begin(Step.of(i, TIMESTEPS));
                cache.through(OUTER, input, x -> cache.through(INNER, x, slow)).close();
            }
            double outer = cache.statistics().sites().getFirst().seconds().get(1);
            double inner = cache.statistics().sites().getLast().seconds().get(1);
            assertThat(inner).isGreaterThanOrEqualTo(0.1);
            assertThat(outer).isPositive().isLessThan(0.1);
        }
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
