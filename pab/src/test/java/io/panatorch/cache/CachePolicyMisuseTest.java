package io.panatorch.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.tensor.ClosedTensorException;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.LiveTensors;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a session says of a method that breaks its contract. */
@Tag("cpu")
class CachePolicyMisuseTest {

    private static final int[] TIMESTEPS = {900, 800, 700};
    private static final Site SITE = new Site(SiteKind.BLOCK, 0, "blocks.0");
    private static final CacheRun RUN = new CacheRun(List.of(SITE), TIMESTEPS);
    private static final String WHERE = "cache method scripted, site blocks.0, step 0: ";
    private static final String TO_KEEP = "; what a policy keeps from one call to the next, it holds";

    private static List<Tensor> pair(CacheSession cache, Tensor input) {
        return cache.through(SITE, List.of(input, input), in -> List.of(in.getFirst().add(1), in.getLast().add(2)));
    }

    private static Tensor closed(Tensor tensor) {
        Tensor alias = tensor.alias();
        alias.close();
        return alias;
    }

    static Stream<Arguments> broken() {
        return Stream.of(
                rule("a policy runs the computation at most once in a call", call -> {
                    call.compute();
                    return call.compute();
                }),
                rule("the policy returned null", _ -> null),
                rule("the policy returned no tensors", _ -> List.of()),
                rule("the policy returned a null tensor, number 2 of 2",
                        call -> Arrays.asList(call.inputs().getFirst(), null)),
                rule("the policy returned a closed tensor, number 1 of 2" + TO_KEEP,
                        call -> List.of(closed(call.inputs().getFirst()), call.inputs().getLast())),
                rule("the policy returned 1 output(s), the computation gives 2", call -> call.compute().subList(0, 1)),
                rule("the policy returned 3 output(s), the computation gives 2", call -> {
                    List<Tensor> outputs = call.compute();
                    return List.of(outputs.getFirst(), outputs.getLast(), outputs.getFirst());
                }),
                rule("the policy returned [2, 1] float32 cpu, number 2 of 2, the computation gives [2] float32 cpu", call -> {
                    List<Tensor> outputs = call.compute();
                    return List.of(outputs.getFirst(), outputs.getLast().reshape(2, 1));
                }),
                rule("the policy returned [2] float64 cpu, number 1 of 2, the computation gives [2] float32 cpu", call -> {
                    List<Tensor> outputs = call.compute();
                    return List.of(outputs.getFirst().to(DType.FLOAT64), outputs.getLast());
                }),
                rule("the policy computes with 1 input(s), the site has 2", call -> call.compute(call.inputs().subList(0, 1))),
                rule("the policy computes with null", call -> call.compute(null)),
                rule("the policy computes with a closed tensor, number 1 of 1" + TO_KEEP,
                        call -> call.compute(List.of(closed(call.inputs().getFirst())))),
                rule("a policy runs the computation at most once in a call", call -> {
                    call.compute(call.inputs().reversed());
                    return call.compute();
                }),
                rule("site blocks.1 is not one that the method covers in this run", call -> {
                    call.hold(new Site(SiteKind.BLOCK, 1, "blocks.1"), call.inputs());
                    return call.compute();
                }),
                rule("the policy holds null", call -> {
                    call.hold((List<Tensor>) null);
                    return call.compute();
                }),
                rule("the policy holds no tensors", call -> {
                    call.hold(List.of());
                    return call.compute();
                }),
                rule("the policy holds a closed tensor, number 2 of 2" + TO_KEEP, call -> {
                    call.hold(List.of(call.inputs().getFirst(), closed(call.inputs().getFirst())));
                    return call.compute();
                }));
    }

    private static Arguments rule(String rule, CachePolicy policy) {
        return Arguments.of(rule, policy);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("broken")
    void namesTheBrokenRule(String rule, CachePolicy policy) {
        long before = LiveTensors.count();
        try (CacheSession cache = new ScriptedMethod(policy).open(RUN); TensorScope scope = TensorScope.open()) {
            cache.begin(Step.of(0, TIMESTEPS));
            Tensor input = FakeModel.filled(1, 2);
            assertThatIllegalStateException().isThrownBy(() -> pair(cache, input)).withMessage(WHERE + rule);
            assertThat(scope.size()).as("nothing is left in the caller's scope").isEqualTo(1);
            assertThat(cache.statistics().sites()).isEmpty();
            assertThat(cache.statistics().bytes().now()).isZero();
        }
        assertThat(LiveTensors.count()).isEqualTo(before);
    }

    @Test
    void checksTheNumberOfASingleOutputBeforeAnythingIsComputed() {
        CacheMethod doubling = new ScriptedMethod(call -> List.of(call.inputs().getFirst(), call.inputs().getFirst()));
        try (CacheSession cache = doubling.open(RUN); TensorScope _ = TensorScope.open()) {
            cache.begin(Step.of(0, TIMESTEPS));
            Tensor input = FakeModel.filled(1, 2);
            assertThatIllegalStateException().isThrownBy(() -> cache.through(SITE, input, x -> x.add(1)))
                    .withMessage(WHERE + "the policy returned 2 output(s), the computation gives 1");
        }
    }

    @Test
    void checksTheNumberOfReusedOutputsAgainstTheLastComputation() {
        CacheMethod forgetful = new ScriptedMethod(call ->
                call.step().index() == 0 ? call.compute() : call.inputs().subList(0, 1));
        try (CacheSession cache = forgetful.open(RUN); TensorScope _ = TensorScope.open()) {
            Tensor input = FakeModel.filled(1, 2);
            cache.begin(Step.of(0, TIMESTEPS));
            pair(cache, input);
            cache.begin(Step.of(1, TIMESTEPS));
            assertThatIllegalStateException().isThrownBy(() -> pair(cache, input))
                    .withMessage("cache method scripted, site blocks.0, step 1:"
                            + " the policy returned 1 output(s), the computation gives 2");
        }
    }

    /** Of inputs of other shapes nobody knows, short of computing, what they give. */
    @Test
    void checksTheShapesOfReusedOutputsWhereTheInputsAreAsBefore() {
        CacheMethod wider = new ScriptedMethod(call -> call.step().index() == 0
                ? call.compute()
                : call.inputs().stream().map(input -> Tensor.cat(0, input, input)).toList());
        try (CacheSession cache = wider.open(RUN); TensorScope _ = TensorScope.open()) {
            cache.begin(Step.of(0, TIMESTEPS));
            pair(cache, FakeModel.filled(1, 2));
            cache.begin(Step.of(1, TIMESTEPS));
            assertThat(pair(cache, FakeModel.filled(1, 3))).hasSize(2);
            cache.begin(Step.of(2, TIMESTEPS));
            Tensor input = FakeModel.filled(1, 2);
            assertThatIllegalStateException().isThrownBy(() -> pair(cache, input))
                    .withMessage("cache method scripted, site blocks.0, step 2: the policy returned [4] float32 cpu,"
                            + " number 1 of 2, the computation gives [2] float32 cpu");
        }
    }

    @Test
    void checksAPartialComputationOnlyByTheNumber() {
        CacheMethod halved = new ScriptedMethod(call ->
                call.compute(call.inputs().stream().map(input -> input.narrow(0, 0, 1)).toList()));
        try (CacheSession cache = halved.open(RUN); TensorScope _ = TensorScope.open()) {
            cache.begin(Step.of(0, TIMESTEPS));
            assertThat(pair(cache, FakeModel.filled(1, 2))).allMatch(output -> output.size(0) == 1);
        }
    }

    @Test
    void takesTheNumberOnTrustUntilTheComputationHasRun() {
        CacheMethod late = new ScriptedMethod(call -> call.step().index() == 0 ? call.inputs() : call.compute());
        try (CacheSession cache = late.open(RUN); TensorScope _ = TensorScope.open()) {
            for (int i = 0; i < 2; i++) {
                cache.begin(Step.of(i, TIMESTEPS));
                assertThat(pair(cache, FakeModel.filled(1, 2))).hasSize(2);
            }
            assertThat(cache.statistics().sites().getFirst().decisions()).isEqualTo("RC");
        }
    }

    @Test
    void refusesACallThatHasEnded() {
        AtomicReference<SiteCall> kept = new AtomicReference<>();
        CacheMethod keeping = new ScriptedMethod(call -> {
            kept.set(call);
            return call.inputs();
        });
        try (CacheSession cache = keeping.open(RUN); TensorScope _ = TensorScope.open()) {
            cache.begin(Step.of(0, TIMESTEPS));
            List<Tensor> outputs = pair(cache, FakeModel.filled(1, 2));
            Stream.<Runnable>of(kept.get()::compute, kept.get()::held, kept.get()::drop, () -> kept.get().hold(outputs))
                    .forEach(use -> assertThatIllegalStateException().isThrownBy(use::run)
                            .withMessage(WHERE + "this call has ended: a policy may not keep it"));
            assertThat(kept.get().site()).isEqualTo(SITE);
        }
    }

    /** Its scope has ended with the call that it was made in, or handed out in. */
    @Test
    void refusesATensorThatIsKeptFromAnotherCall() {
        AtomicReference<Tensor> kept = new AtomicReference<>();
        CacheMethod keeping = new ScriptedMethod(call -> {
            Tensor before = kept.getAndSet(call.inputs().getFirst().add(1));
            return before == null ? call.inputs() : List.of(before.add(1), before);
        });
        try (CacheSession cache = keeping.open(RUN); TensorScope _ = TensorScope.open()) {
            cache.begin(Step.of(0, TIMESTEPS));
            pair(cache, FakeModel.filled(1, 2));
            cache.begin(Step.of(1, TIMESTEPS));
            Tensor input = FakeModel.filled(1, 2);
            assertThatIllegalStateException().isThrownBy(() -> pair(cache, input))
                    .withMessage("cache method scripted, site blocks.0, step 1: the policy uses a closed tensor" + TO_KEEP)
                    .withCauseInstanceOf(ClosedTensorException.class);
        }
    }

    @Test
    void leavesAClosedTensorOfTheModelToTheModel() {
        try (CacheSession cache = CacheMethod.none().open(RUN); TensorScope _ = TensorScope.open()) {
            cache.begin(Step.of(0, TIMESTEPS));
            Tensor closed = closed(FakeModel.filled(1, 2));
            Tensor input = FakeModel.filled(1, 2);
            assertThatThrownBy(() -> cache.through(SITE, input, x -> x.add(closed)))
                    .isInstanceOf(ClosedTensorException.class).hasMessageContaining("this tensor is closed");
        }
    }

    /** Such as a cancellation. */
    @Test
    void refusesToLoseAnExceptionOfTheComputation() {
        CacheMethod swallowing = new ScriptedMethod(call -> {
            try {
                return call.compute();
            } catch (RuntimeException e) {
                return call.inputs();
            }
        }).with(SessionOptions.DEFAULT.withMeasuring());
        RuntimeException thrown = new RuntimeException("of the computation");
        try (CacheSession cache = swallowing.open(RUN); TensorScope _ = TensorScope.open()) {
            cache.begin(Step.of(0, TIMESTEPS));
            Tensor input = FakeModel.filled(1, 2);
            assertThatIllegalStateException().isThrownBy(() -> cache.through(SITE, input, _ -> {
                throw thrown;
            })).withMessage(WHERE + "the policy returned although the computation failed").withCause(thrown);
            assertThat(cache.statistics().sites()).isEmpty();
        }
    }

    @Test
    void refusesACallOnAnotherThread() {
        CacheMethod parallel = new ScriptedMethod(call -> CompletableFuture.supplyAsync(call::compute).join());
        try (CacheSession cache = parallel.open(RUN); TensorScope _ = TensorScope.open()) {
            cache.begin(Step.of(0, TIMESTEPS));
            Tensor input = FakeModel.filled(1, 2);
            assertThatThrownBy(() -> pair(cache, input)).isInstanceOf(CompletionException.class)
                    .hasRootCauseMessage(WHERE + "a policy uses a call on the thread that it is called on");
        }
    }

    @Test
    void passesAnExceptionOfThePolicyOnAsItIs() {
        RuntimeException thrown = new RuntimeException("of the policy");
        CacheMethod throwing = new ScriptedMethod(_ -> {
            throw thrown;
        });
        try (CacheSession cache = throwing.open(RUN); TensorScope _ = TensorScope.open()) {
            cache.begin(Step.of(0, TIMESTEPS));
            Tensor input = FakeModel.filled(1, 2);
            assertThatThrownBy(() -> pair(cache, input)).isSameAs(thrown);
        }
    }
}
