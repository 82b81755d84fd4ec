package io.panatorch.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.cache.CacheStatistics.SiteStatistics;
import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import io.panatorch.tensor.LiveTensors;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a session promises to the model and to the user. */
@Tag("cpu")
class CacheSessionTest {

    private static final int[] TIMESTEPS = {900, 800, 700, 600, 500, 400};
    private static final Site FIRST = new Site(SiteKind.SPATIAL_ATTENTION, 0, "blocks.0.attn1");
    private static final Site SECOND = new Site(SiteKind.SPATIAL_ATTENTION, 1, "blocks.1.attn1");
    private static final CacheRun RUN = new CacheRun(List.of(FIRST, SECOND), TIMESTEPS);

    private static CacheMethod everyThird() {
        return PyramidAttentionBroadcast.builder().spatialAttentionBlockSkipRange(3)
                .spatialAttentionTimestepSkipRange(0, 1000).build();
    }

    private static Tensor square(Tensor x) {
        return x.mul(x).add(1);
    }

    @Test
    void computesAtMostOnceAndOnTheCallingThread() {
        List<Thread> threads = new ArrayList<>();
        try (CacheSession cache = everyThird().open(RUN); TensorScope _ = TensorScope.open()) {
            for (int i = 0; i < TIMESTEPS.length; i++) {
                int before = threads.size();
                cache.begin(Step.of(i, TIMESTEPS));
                cache.through(FIRST, FakeModel.filled(i, 4), x -> {
                    threads.add(Thread.currentThread());
                    return square(x);
                });
                assertThat(threads.size() - before).isEqualTo(i % 3 == 0 ? 1 : 0);
            }
        }
        assertThat(threads).hasSize(2).containsOnly(Thread.currentThread());
    }

    @Test
    void givesTheCallerOutputsThatOutliveTheSession() {
        List<Tensor> outputs = new ArrayList<>();
        long before = LiveTensors.count();
        try (TensorScope scope = TensorScope.open()) {
            Tensor input = FakeModel.filled(2, 4);
            try (CacheSession cache = everyThird().open(RUN)) {
                for (int i = 0; i < 3; i++) {
                    cache.begin(Step.of(i, TIMESTEPS));
                    outputs.add(cache.through(FIRST, input, CacheSessionTest::square));
                }
            }
            assertThat(scope.size()).as("the input and three outputs").isEqualTo(4);
            assertThat(outputs).allSatisfy(output -> assertThat(output.toFloatArray()).containsExactly(5, 5, 5, 5));
        }
        assertThat(outputs).allMatch(Tensor::isClosed);
        assertThat(LiveTensors.count()).isEqualTo(before);
    }

    @Test
    void givesBackTheSameValuesFromCacheWhateverTheInputIsNow() {
        try (CacheSession cache = everyThird().open(RUN); TensorScope _ = TensorScope.open()) {
            cache.begin(Step.of(0, TIMESTEPS));
            Tensor computed = cache.through(FIRST, Tensor.of(new float[] {0.1f, -3, 7e20f}, 3), CacheSessionTest::square);
            cache.begin(Step.of(1, TIMESTEPS));
            Tensor reused = cache.through(FIRST, FakeModel.filled(9, 3), CacheSessionTest::square);

            assertThat(reused.toFloatArray()).containsExactly(computed.toFloatArray());
            assertThat(reused).isNotSameAs(computed);
        }
    }

    @Test
    void givesEachCallerAnAliasOfItsOwn() {
        try (CacheSession cache = everyThird().open(RUN); TensorScope _ = TensorScope.open()) {
            Tensor input = FakeModel.filled(3, 2);
            for (int i = 0; i < 3; i++) {
                cache.begin(Step.of(i, TIMESTEPS));
                Tensor output = cache.through(FIRST, input, CacheSessionTest::square);
                assertThat(output.toFloatArray()).containsExactly(10, 10);
                output.close();
            }
            assertThat(cache.statistics().sites().getFirst().decisions()).isEqualTo("CRR");
        }
    }

    @Test
    void leavesAnInputThatIsReturnedAsOutputToItsOwner() {
        CacheMethod identity = new ScriptedMethod(SiteCall::inputs);
        try (CacheSession cache = identity.open(RUN); TensorScope _ = TensorScope.open()) {
            cache.begin(Step.of(0, TIMESTEPS));
            Tensor input = FakeModel.filled(3, 2);
            cache.through(FIRST, input, CacheSessionTest::square).close();
            assertThat(input.toFloatArray()).containsExactly(3, 3);
            assertThat(cache.statistics().reused()).isEqualTo(1);
        }
    }

    @Test
    void freesTheTemporariesOfComputationAndPolicyAtOnce() {
        CacheMethod wasteful = new ScriptedMethod(call -> {
            List<Tensor> results = call.compute();
            return List.of(results.getFirst().mul(2).add(1).add(-1).div(2));
        });
        try (CacheSession cache = wasteful.open(RUN); TensorScope scope = TensorScope.open()) {
            cache.begin(Step.of(0, TIMESTEPS));
            long before = LiveTensors.count();
            cache.through(FIRST, FakeModel.filled(3, 2), CacheSessionTest::square);
            assertThat(LiveTensors.count() - before).as("the input and the output").isEqualTo(2);
            assertThat(scope.size()).isEqualTo(2);
        }
    }

    @Test
    void lettersAStepWithoutAVisitAndOmitsASiteWithoutAny() {
        try (CacheSession cache = everyThird().open(RUN); TensorScope _ = TensorScope.open()) {
            assertThat(cache.statistics()).isEqualTo(new CacheStatistics("pab", List.of(), Map.of(), HeldBytes.NONE, Double.NaN));
            for (int i = 0; i < TIMESTEPS.length; i++) {
                cache.begin(Step.of(i, TIMESTEPS));
                if (i == 1 || i == 4) { // what step 1 left for step 2 is too old for step 4
                    cache.through(SECOND, FakeModel.filled(1, 5), CacheSessionTest::square);
                }
            }
            assertThat(Account.of(cache.statistics())).containsExactly(new Account(SECOND, "-C--C-", 20, 20));
            assertThat(cache.statistics().bytes()).isEqualTo(new HeldBytes(20, 20, 0, 0));
        }
    }

    /** The peak over all sites is of what is held at once, not the sum of the sites' peaks. */
    @Test
    void countsBytesOfEachSiteAndOfAll() {
        CacheMethod method = new ScriptedMethod(call -> {
            List<Tensor> results = call.compute();
            if ((call.step().index() + call.site().layer()) % 2 == 0) {
                call.hold(results);
            } else {
                call.drop();
            }
            return results;
        });
        CacheSession cache = method.open(RUN);
        try (TensorScope _ = TensorScope.open()) {
            for (int i = 0; i < 3; i++) {
                cache.begin(Step.of(i, TIMESTEPS));
                cache.through(SECOND, FakeModel.filled(1, 10), CacheSessionTest::square);
                cache.through(FIRST, FakeModel.filled(1, 4L + i), CacheSessionTest::square);
            }
            assertThat(Account.of(cache.statistics()))
                    .containsExactly(new Account(FIRST, "CCC", 24, 24), new Account(SECOND, "CCC", 0, 40));
            assertThat(cache.statistics().bytes()).isEqualTo(new HeldBytes(24, 56, 0, 0));
        } finally {
            cache.close();
        }
        CacheStatistics statistics = cache.statistics();
        assertThat(Account.of(statistics)).as("after close")
                .containsExactly(new Account(FIRST, "CCC", 0, 24), new Account(SECOND, "CCC", 0, 40));
        assertThat(statistics.bytes()).isEqualTo(new HeldBytes(0, 56, 0, 0));
        assertThat(statistics.computed()).isEqualTo(6);
        assertThat(statistics.reused()).isZero();
    }

    @Test
    void holdsNothingForTheMethodThatComputesEverything() {
        FakeModel model = new FakeModel(RUN.sites(), TIMESTEPS).generate(CacheMethod.none());

        assertThat(model.decisions(FIRST)).isEqualTo("CCCCCC");
        assertThat(model.afterStep()).allMatch(s -> s.method().equals("none") && s.bytes().peak() == 0);
    }

    @Test
    void takesASiteInsideASite() {
        Site block = new Site(SiteKind.BLOCK, 0, "blocks.0");
        CacheRun run = new CacheRun(List.of(block, FIRST), TIMESTEPS);
        try (CacheSession cache = everyThird().open(run); TensorScope _ = TensorScope.open()) {
            for (int i = 0; i < 2; i++) {
                cache.begin(Step.of(i, TIMESTEPS));
                Tensor output = cache.through(block, FakeModel.filled(2, 1),
                        x -> cache.through(FIRST, x.add(1), CacheSessionTest::square).mul(2));
                assertThat(output.item()).isEqualTo(20);
            }
            assertThat(cache.statistics().sites()).extracting(SiteStatistics::site).containsExactly(FIRST);
            assertThat(cache.statistics().sites()).extracting(SiteStatistics::decisions).containsExactly("CR");
        }
    }

    @Test
    void doesNotVisitASiteInsideASkippedOne() {
        Site block = new Site(SiteKind.BLOCK, 0, "blocks.0");
        CacheMethod method = new ScriptedMethod(
                call -> call.site() == block && call.step().index() == 1 ? call.inputs() : call.compute());
        try (CacheSession cache = method.open(new CacheRun(List.of(block, FIRST), TIMESTEPS));
                TensorScope _ = TensorScope.open()) {
            for (int i = 0; i < 3; i++) {
                cache.begin(Step.of(i, TIMESTEPS));
                cache.through(block, FakeModel.filled(2, 1), x -> cache.through(FIRST, x.add(1), CacheSessionTest::square));
            }
            assertThat(cache.statistics().sites()).extracting(SiteStatistics::decisions).containsExactly("CRC", "C-C");
        }
    }

    @Test
    void computesASiteOfAnotherKindWithoutAskingThePolicy() {
        Site block = new Site(SiteKind.BLOCK, 0, "blocks.0");
        List<Site> told = new ArrayList<>();
        List<Site> asked = new ArrayList<>();
        CacheMethod method = new CacheMethod() {
            @Override
            public String name() {
                return "attentions";
            }

            @Override
            public Set<SiteKind> kinds() {
                return SiteKind.ATTENTIONS;
            }

            @Override
            public CachePolicy policy(CacheRun run) {
                told.addAll(run.sites());
                return call -> {
                    asked.add(call.site());
                    return call.compute();
                };
            }
        };
        try (CacheSession cache = method.open(new CacheRun(List.of(block, FIRST), TIMESTEPS));
                TensorScope scope = TensorScope.open()) {
            cache.begin(Step.of(0, TIMESTEPS));
            Tensor input = FakeModel.filled(2, 1);
            assertThat(cache.through(block, input, CacheSessionTest::square).item()).isEqualTo(5);
            assertThat(scope.size()).as("the input and the output").isEqualTo(2);
            assertThatIllegalStateException().isThrownBy(() -> cache.through(block, input, CacheSessionTest::square))
                    .withMessage("site blocks.0 is visited twice in step 0");
            cache.through(FIRST, input, CacheSessionTest::square);
        }
        assertThat(told).containsExactly(FIRST);
        assertThat(asked).containsExactly(FIRST);
    }

    static IntStream steps() {
        return IntStream.range(0, TIMESTEPS.length);
    }

    /** A cancellation is an exception out of the loop, in a computation or between two sites. */
    @ParameterizedTest(name = "cancelled in step {0}")
    @MethodSource("steps")
    void freesAllAfterACancellation(int last) {
        long before = LiveTensors.count();
        assertThatThrownBy(() -> {
            try (CacheSession cache = everyThird().open(RUN); TensorScope _ = TensorScope.open()) {
                for (int i = 0; i <= last; i++) {
                    cache.begin(Step.of(i, TIMESTEPS));
                    cache.through(FIRST, FakeModel.filled(i, 4), CacheSessionTest::square);
                    boolean cancel = i == last;
                    cache.through(SECOND, FakeModel.filled(i, 4), x -> cancelledIf(cancel, square(x)));
                }
                throw new CancellationException("between steps");
            }
        }).isInstanceOf(CancellationException.class);
        assertThat(LiveTensors.count()).isEqualTo(before);
    }

    private static Tensor cancelledIf(boolean cancel, Tensor x) {
        if (cancel) {
            throw new CancellationException("in a computation");
        }
        return x;
    }

    @Test
    void passesAnExceptionOfTheComputationOnAndTakesTheSiteAgain() {
        try (CacheSession cache = everyThird().open(RUN); TensorScope scope = TensorScope.open()) {
            cache.begin(Step.of(0, TIMESTEPS));
            Tensor input = FakeModel.filled(1, 4);
            assertThatThrownBy(() -> cache.through(FIRST, input, x -> cancelledIf(true, square(x))))
                    .isInstanceOf(CancellationException.class).hasMessage("in a computation");
            assertThat(scope.size()).isEqualTo(1);
            assertThat(cache.statistics().sites()).isEmpty();

            assertThat(cache.through(FIRST, input, CacheSessionTest::square).toFloatArray()).containsExactly(2, 2, 2, 2);
            assertThat(cache.statistics().sites().getFirst().decisions()).isEqualTo("C");
        }
    }

    @Test
    void freesAllAfterAnExceptionOfThePolicy() {
        CacheMethod method = new ScriptedMethod(call -> {
            call.hold(call.compute());
            throw new UnsupportedOperationException("policy");
        });
        long before = LiveTensors.count();
        try (CacheSession cache = method.open(RUN); TensorScope _ = TensorScope.open()) {
            cache.begin(Step.of(0, TIMESTEPS));
            assertThatThrownBy(() -> cache.through(FIRST, FakeModel.filled(1, 4), CacheSessionTest::square))
                    .isInstanceOf(UnsupportedOperationException.class).hasMessage("policy");
            assertThat(cache.statistics().bytes().now()).isEqualTo(16);
        }
        assertThat(LiveTensors.count()).isEqualTo(before);
    }

    @Test
    void freesWhatIsHeldOnCloseAndNothingOnASecondClose() {
        long before = LiveTensors.count();
        CacheSession cache = everyThird().open(RUN);
        try (TensorScope _ = TensorScope.open()) {
            cache.begin(Step.of(0, TIMESTEPS));
            cache.through(FIRST, FakeModel.filled(1, 4), CacheSessionTest::square);
            cache.through(SECOND, FakeModel.filled(1, 4), CacheSessionTest::square);
        }
        assertThat(LiveTensors.count() - before).as("held").isEqualTo(2);
        cache.close();
        assertThat(LiveTensors.count()).isEqualTo(before);
        cache.close();
        assertThat(LiveTensors.count()).isEqualTo(before);
    }

    @Test
    void leavesNothingBehindWhenItIsClosedInsideAComputation() {
        long before = LiveTensors.count();
        CacheSession cache = everyThird().open(RUN);
        try (TensorScope _ = TensorScope.open()) {
            cache.begin(Step.of(0, TIMESTEPS));
            assertThatIllegalStateException().isThrownBy(() -> cache.through(FIRST, FakeModel.filled(1, 4), x -> {
                cache.close();
                return square(x);
            })).withMessage("adopt: this owner is closed");
        }
        assertThat(LiveTensors.count()).isEqualTo(before);
    }
}
