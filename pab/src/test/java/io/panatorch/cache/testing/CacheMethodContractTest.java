package io.panatorch.cache.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteCall;
import io.panatorch.cache.SiteKind;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorOwner;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract bites: methods that are wrong on purpose, each in one way. */
@Tag("cpu")
@Isolated
class CacheMethodContractTest {

    private static final AtomicInteger COUNTER = new AtomicInteger();
    private static final List<TensorOwner> OWNERS = new ArrayList<>();

    private record Wrong(Supplier<String> names, Set<SiteKind> kinds, Supplier<CachePolicy> policies) implements CacheMethod {

        @Override
        public String name() {
            return names.get();
        }

        @Override
        public CachePolicy policy(CacheRun run) {
            return policies.get();
        }

        @Override
        public String toString() {
            return "wrong";
        }
    }

    /** The contract's tests, called one by one. */
    private static final class Contract extends CacheMethodContract {

        @Override
        protected List<CacheMethod> methods() {
            return List.of();
        }
    }

    @AfterEach
    void closeWhatIsLeft() {
        OWNERS.forEach(TensorOwner::close);
        OWNERS.clear();
    }

    private static Wrong mlp(Supplier<CachePolicy> policies) {
        return new Wrong(() -> "wrong", Set.of(SiteKind.FEED_FORWARD), policies);
    }

    /** Computes at even steps and holds for odd ones, which reuse; what it answers with goes through an operator first. */
    private static List<Tensor> everySecond(SiteCall call, UnaryOperator<List<Tensor>> reused) {
        List<Tensor> held = call.held();
        call.drop();
        if (call.step().index() % 2 == 1 && !held.isEmpty()) {
            return reused.apply(held);
        }
        List<Tensor> outputs = call.compute();
        if (call.step().index() + 1 < call.step().count()) {
            call.hold(outputs);
        }
        return outputs;
    }

    private static List<Tensor> overwritten(List<Tensor> tensors) {
        tensors.getFirst().copy_(tensors.getFirst().mul(2));
        return tensors;
    }

    static Stream<Arguments> wrongMethods() {
        return Stream.of(
                wrong("holdsNothingAfterTheLastStep", "nothing is held after the last step: ", mlp(() -> call -> {
                    List<Tensor> outputs = call.compute();
                    call.hold(outputs);
                    return outputs;
                })),
                wrong("givesOutputsLikeTheComputationsWhateverTheRun", "this call has ended: a policy may not keep it",
                        mlp(() -> {
                            AtomicReference<SiteCall> kept = new AtomicReference<>();
                            return call -> {
                                SiteCall before = kept.getAndSet(call);
                                return before == null ? call.compute() : before.compute();
                            };
                        })),
                wrong("givesOutputsLikeTheComputationsWhateverTheRun",
                        "the policy uses a closed tensor; what a policy keeps from one call to the next, it holds", mlp(() -> {
                            AtomicReference<Tensor> kept = new AtomicReference<>();
                            return call -> {
                                Tensor before = kept.getAndSet(call.inputs().getFirst().add(1));
                                return before == null ? call.compute() : List.of(before.add(1));
                            };
                        })),
                wrong("keepsTensorsOnlyByHoldingThem", "tensors survive a call only by being held: ", keepingInAnOwner()),
                wrong("leavesNothingBehindWhenARunIsCancelled", "nothing is left when a session is closed: ", keepingInAnOwner()),
                wrong("leavesNothingBehindWhenAComputationFails", "nothing is left when a session is closed: ",
                        keepingInAnOwner()),
                wrong("givesOutputsLikeTheComputationsWhateverTheRun", "a policy runs the computation at most once in a call",
                        mlp(() -> call -> {
                            call.compute();
                            return call.compute();
                        })),
                wrong("givesOutputsLikeTheComputationsWhateverTheRun", "the policy returned [1, 24, 2] float32 cpu",
                        mlp(() -> call -> everySecond(call, held -> List.of(held.getFirst().reshape(1, 24, 2))))),
                wrong("givesOutputsLikeTheComputationsWhateverTheRun", "the policy returned [1, 12, 4] float64 cpu",
                        mlp(() -> call -> everySecond(call, held -> List.of(held.getFirst().to(DType.FLOAT64))))),
                wrong("givesOutputsLikeTheComputationsWhateverTheRun", "a method never writes in place into inputs",
                        mlp(() -> call -> {
                            overwritten(call.inputs());
                            return call.compute();
                        })),
                wrong("givesOutputsLikeTheComputationsWhateverTheRun",
                        "a method never writes in place into what the model has",
                        new Wrong(() -> "wrong", Set.of(SiteKind.TEMPORAL_ATTENTION),
                                () -> call -> everySecond(call, CacheMethodContractTest::overwritten))),
                wrong("givesOutputsLikeTheComputationsWhateverTheRun", "gives as many tensors as the computation, of the same",
                        mlp(() -> call -> List.of(call.inputs().getFirst().narrow(1, 0, 3).to(DType.FLOAT64)))),
                wrong("givesOutputsLikeTheComputationsWhateverTheRun", "a policy uses a call on the thread that it is called on",
                        mlp(() -> call -> CompletableFuture.supplyAsync(call::compute).join())),
                wrong("givesOutputsLikeTheComputationsWhateverTheRun", "is not one that the method covers in this run",
                        mlp(() -> call -> {
                            call.hold(new Site(SiteKind.FEED_FORWARD, 9, "blocks.9.ff"), call.inputs());
                            return call.compute();
                        })),
                wrong("givesTheSameAgain", "every run is on its own, and the same run gives the same: decided ",
                        mlp(() -> call -> COUNTER.getAndIncrement() % 7 == 0 ? call.inputs() : call.compute())),
                wrong("keepsTheBranchesOfAStepApart", "each branch is as if it were alone: ",
                        mlp(() -> call -> COUNTER.getAndIncrement() % 7 == 0 ? call.inputs() : call.compute())),
                wrong("servesTwoRunsAtOnce", "two runs in turns: every run is on its own", sharing()),
                wrong("computesWhereNothingIsHeld", "the policy returned no tensors",
                        mlp(() -> call -> call.step().index() == 1 ? call.held() : everySecond(call, held -> held))),
                wrong("computesWhereNothingIsHeld", "where nothing is held, a method computes: ",
                        mlp(() -> call -> call.step().index() == 3 ? call.inputs() : call.compute())),
                wrong("computesWhereNothingMayBeReused", "nothing may be reused in this step: a policy computes where mayReuse says no",
                        mlp(() -> call -> everySecond(call, held -> held))),
                wrong("worksWhereAnythingHeldMayBeGone", "the policy returned no tensors",
                        mlp(() -> call -> call.step().index() == 1 ? call.held() : everySecond(call, held -> held))),
                wrong("worksWithinAnyMemoryBudget", "the policy returned no tensors",
                        mlp(() -> call -> call.step().index() == 1 ? call.held() : everySecond(call, held -> held))),
                wrong("worksWithinAnyMemoryBudget", "the same run gives the same: decided ",
                        mlp(() -> call -> COUNTER.getAndIncrement() % 7 == 0 ? call.inputs() : everySecond(call, held -> held))),
                wrong("computesWhereTheBatchHasChanged", "nothing that is held outlives a change of the batch: ",
                        mlp(() -> call -> call.step().index() == 3 ? call.inputs() : call.compute())),
                wrong("worksWhereAModelGoesPastSites", "the policy returned no tensors",
                        mlp(() -> call -> call.step().index() == 1 ? call.held() : everySecond(call, held -> held))),
                wrong("leavesNothingBehindWhenAComputationFails",
                        "the policy returned although the computation failed", mlp(() -> call -> {
                            try {
                                return call.compute();
                            } catch (RuntimeException e) {
                                return call.inputs();
                            }
                        })),
                wrong("leavesNothingBehindWhenAComputationFails",
                        "an exception of the computation passes through as it is: it came out as ", mlp(() -> call -> {
                            try {
                                return call.compute();
                            } catch (RuntimeException e) {
                                throw new IllegalStateException("wrapped", e);
                            }
                        })),
                wrong("alwaysHasTheSameNameAndKinds", "a method has a name and kinds of sites, the same at every call: ",
                        new Wrong(() -> "wrong" + COUNTER.getAndIncrement(), Set.of(SiteKind.BLOCK), () -> SiteCall::compute)),
                wrong("alwaysHasTheSameNameAndKinds", "the same at every call: there are no kinds",
                        new Wrong(() -> "wrong", Set.of(), () -> SiteCall::compute)),
                wrong("alwaysHasTheSameNameAndKinds", "the same at every call: the name is empty",
                        new Wrong(() -> " ", Set.of(SiteKind.BLOCK), () -> SiteCall::compute)),
                wrong("skipsSomethingSoThatTheRulesAreTried", "it computes everything: give methods() other settings",
                        mlp(() -> SiteCall::compute)),
                wrong("worksOnModelsThatNameOtherSites", "a refusal says why", mlp(() -> {
                    throw new IllegalArgumentException();
                })));
    }

    private static Arguments wrong(String test, String message, CacheMethod method) {
        return Arguments.of(test, message, method);
    }

    private static CacheMethod keepingInAnOwner() {
        return mlp(() -> {
            TensorOwner owner = new TensorOwner();
            OWNERS.add(owner);
            return call -> {
                List<Tensor> outputs = call.compute();
                owner.adopt(outputs.getFirst());
                return outputs;
            };
        });
    }

    /** Its decision depends on the runs that there are at the same time, not on those before. */
    private static CacheMethod sharing() {
        AtomicReference<Object> last = new AtomicReference<>();
        return mlp(() -> {
            Object own = new Object();
            return call -> {
                boolean alone = last.getAndSet(own) == own || call.step().index() == 0;
                return alone ? call.compute() : call.inputs();
            };
        });
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("wrongMethods")
    void finds(String test, String message, CacheMethod method) throws Exception {
        Method check = CacheMethodContract.class.getDeclaredMethod(test, CacheMethod.class);
        assertThatThrownBy(() -> {
            try {
                check.invoke(new Contract(), method);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }).isInstanceOf(AssertionError.class).hasMessageStartingWith("wrong").hasMessageContaining(message);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("tests")
    void eachTestOfTheContractIsShownToFind(String test) {
        assertThat(wrongMethods()).anyMatch(wrong -> wrong.get()[0].equals(test));
    }

    static Stream<String> tests() {
        return Stream.of(CacheMethodContract.class.getDeclaredMethods())
                .filter(method -> method.isAnnotationPresent(ParameterizedTest.class)).map(Method::getName);
    }
}
