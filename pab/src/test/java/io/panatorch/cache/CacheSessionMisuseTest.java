package io.panatorch.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a session says to a model or a pipeline that uses it wrongly. */
@Tag("cpu")
class CacheSessionMisuseTest {

    private static final int[] TIMESTEPS = {900, 800, 700};
    private static final Site SITE = new Site(SiteKind.SPATIAL_ATTENTION, 0, "blocks.0.attn1");
    private static final CacheRun RUN = new CacheRun(List.of(SITE), TIMESTEPS);

    private final CacheSession cache = CacheMethod.none().open(RUN);
    private TensorScope scope;
    private Tensor input;

    @BeforeEach
    void open() {
        scope = TensorScope.open();
        input = FakeModel.filled(1, 2);
    }

    @AfterEach
    void close() {
        scope.close();
        cache.close();
    }

    private void visit() {
        cache.through(SITE, input, x -> x.add(1));
    }

    private static void refuses(ThrowingCallable call, String message) {
        assertThatIllegalStateException().isThrownBy(call).withMessage(message);
    }

    @Test
    void aSiteBeforeTheFirstStep() {
        refuses(this::visit, "site blocks.0.attn1 before the first step: call begin(Step) before the model");
    }

    @Test
    void stepsOutOfOrder() {
        refuses(() -> cache.begin(Step.of(1, TIMESTEPS)), "step 1 of 3 begins, expected step 0 of 3");
        cache.begin(Step.of(0, TIMESTEPS));
        refuses(() -> cache.begin(Step.of(0, TIMESTEPS)), "step 0 of 3 begins, expected step 1 of 3; its call of branch CONDITIONAL has begun before");
        refuses(() -> cache.begin(Step.of(2, TIMESTEPS)), "step 2 of 3 begins, expected step 1 of 3");
        cache.begin(Step.of(1, TIMESTEPS));
        assertThatCode(this::visit).as("a refused step changes nothing").doesNotThrowAnyException();
    }

    @Test
    void aStepOfAnotherSchedule() {
        refuses(() -> cache.begin(new Step(0, 4, 900, Branch.CONDITIONAL)), "step 0 of 4 begins, expected step 0 of 3");
        refuses(() -> cache.begin(new Step(0, 3, 901, Branch.CONDITIONAL)), "step 0 begins with timestep 901, the run has 900");
    }

    @Test
    void aStepAfterTheLast() {
        for (int i = 0; i < 3; i++) {
            cache.begin(Step.of(i, TIMESTEPS));
        }
        refuses(() -> cache.begin(Step.of(0, TIMESTEPS)),
                "step 0 begins after all 3 steps of the run: open a cache session for each generation");
    }

    @Test
    void aSiteThatTheRunDidNotName() {
        cache.begin(Step.of(0, TIMESTEPS));
        Site other = new Site(SiteKind.CROSS_ATTENTION, 0, "blocks.0.attn2");
        refuses(() -> cache.through(other, input, x -> x), "site blocks.0.attn2 is not one of the run's sites");
        Site sameName = new Site(SiteKind.CROSS_ATTENTION, 0, SITE.name());
        refuses(() -> cache.through(sameName, input, x -> x), "site blocks.0.attn1 is not one of the run's sites");
    }

    @Test
    void aSiteTwiceInAStep() {
        cache.begin(Step.of(0, TIMESTEPS));
        visit();
        refuses(this::visit, "site blocks.0.attn1 is visited twice in step 0");
        cache.begin(Step.of(1, TIMESTEPS));
        assertThatCode(this::visit).doesNotThrowAnyException();
    }

    @Test
    void anotherThread() {
        cache.begin(Step.of(0, TIMESTEPS));
        String confined = "a cache session is confined to the thread that opened it";
        refusesOnAnotherThread(() -> cache.begin(Step.of(1, TIMESTEPS)), confined);
        refusesOnAnotherThread(this::visit, confined);
        refusesOnAnotherThread(cache::statistics, confined);
        refusesOnAnotherThread(cache::close, confined);
        assertThatCode(this::visit).as("still open").doesNotThrowAnyException();
    }

    private static void refusesOnAnotherThread(Runnable call, String message) {
        assertThat(CompletableFuture.runAsync(call)).failsWithin(Duration.ofSeconds(10))
                .withThrowableThat().withRootCauseInstanceOf(IllegalStateException.class)
                .havingRootCause().withMessage(message);
    }

    @Test
    void afterClose() {
        cache.begin(Step.of(0, TIMESTEPS));
        cache.close();
        String closed = "this cache session is closed: open one for each generation";
        refuses(this::visit, closed);
        refuses(() -> cache.begin(Step.of(1, TIMESTEPS)), closed);
        assertThatCode(cache::statistics).doesNotThrowAnyException();
    }

    @Test
    void noScopeForTheOutputs() {
        cache.begin(Step.of(0, TIMESTEPS));
        scope.close();
        assertThatIllegalStateException()
                .isThrownBy(() -> cache.through(SITE, List.of(), _ -> List.of(FakeModel.filled(1, 2))))
                .withMessageStartingWith("promote: there is no scope around this one to take ");
    }

    @Test
    void aComputationThatGivesNothing() {
        cache.begin(Step.of(0, TIMESTEPS));
        String start = "cache method none, site blocks.0.attn1, step 0: the computation gave ";
        refuses(() -> cache.through(SITE, input, _ -> null), start + "a null tensor, number 1 of 1");
        refuses(() -> cache.through(SITE, List.of(input), _ -> null), start + "null");
        refuses(() -> cache.through(SITE, List.of(input), _ -> List.of()), start + "no tensors");
        refuses(() -> cache.through(SITE, List.of(input), inputs -> {
            Tensor closed = inputs.getFirst().add(1);
            closed.close();
            return List.of(inputs.getFirst(), closed);
        }), start + "a closed tensor, number 2 of 2");
    }

    @Test
    void aRunThatNamesASiteTwice() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CacheMethod.none().open(new CacheRun(List.of(SITE, SITE), TIMESTEPS)))
                .withMessage("site blocks.0.attn1 is named twice");
    }

    @Test
    void aMethodWithoutAPolicy() {
        assertThatNullPointerException().isThrownBy(() -> new ScriptedMethod(null).open(RUN))
                .withMessage("cache method scripted made no policy");
    }
}
