package io.panatorch.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.tensor.LiveTensors;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Holding, as a policy sees it. */
@Tag("cpu")
class SiteCallTest {

    private static final int[] TIMESTEPS = {900, 800, 700, 600};
    private static final Site SITE = new Site(SiteKind.FEED_FORWARD, 0, "blocks.0.ff");
    private static final Site OTHER = new Site(SiteKind.FEED_FORWARD, 1, "blocks.1.ff");
    private static final CacheRun RUN = new CacheRun(List.of(SITE, OTHER), TIMESTEPS);

    private interface Visit {
        void by(SiteCall call);
    }

    /** Runs a session in which the policy does one thing in each step, and gives the bytes held after each. */
    private static List<Long> held(Visit... visits) {
        CacheMethod method = new ScriptedMethod(call -> {
            visits[call.step().index()].by(call);
            return call.compute();
        });
        List<Long> bytes = new ArrayList<>();
        try (CacheSession cache = method.open(RUN); TensorScope _ = TensorScope.open()) {
            for (int i = 0; i < visits.length; i++) {
                cache.begin(Step.of(i, TIMESTEPS));
                cache.through(SITE, FakeModel.filled(i, 8, 4), x -> x.add(1));
                bytes.add(cache.statistics().bytes().now());
            }
        }
        return bytes;
    }

    @Test
    void holdsACopyOfAPartSoThatTheRestCanGo() {
        assertThat(held(
                call -> call.hold(List.of(call.inputs().getFirst().narrow(0, 2, 3))),
                call -> assertThat(call.held()).singleElement()
                        .satisfies(view -> assertThat(view.toFloatArray()).hasSize(12).containsOnly(0))))
                .containsExactly(48L, 48L);
    }

    /** As the video's and the text's parts of an attention over both are: copies would only cost time. */
    @Test
    void holdsPartsThatAreAllOfAMemoryAsTheyAre() {
        assertThat(held(call -> {
            Tensor joint = call.inputs().getFirst();
            call.hold(List.of(joint.narrow(0, 3, 5), joint.narrow(0, 0, 3)));
            assertThat(call.held()).allMatch(part -> part.storage().equals(joint.storage()));
        })).containsExactly(128L);
    }

    @Test
    void replacesWhatIsHeld() {
        long before = LiveTensors.count();
        assertThat(held(
                call -> call.hold(call.inputs()),
                call -> call.hold(List.of(FakeModel.filled(7, 2), FakeModel.filled(8, 1))),
                call -> {
                    assertThat(call.held()).extracting(Tensor::byteSize).containsExactly(8L, 4L);
                    call.hold(call.held().reversed());
                },
                call -> assertThat(call.held()).extracting(Tensor::byteSize).containsExactly(4L, 8L)))
                .containsExactly(128L, 12L, 12L, 12L);
        assertThat(LiveTensors.count()).isEqualTo(before);
    }

    @Test
    void dropsOnceAndThenDoesNothing() {
        assertThat(held(
                call -> {
                    call.drop();
                    call.hold(call.inputs());
                },
                call -> {
                    List<Tensor> held = call.held();
                    call.drop();
                    call.drop();
                    assertThat(call.held()).isEmpty();
                    assertThat(held.getFirst().toFloatArray()).as("this call's alias outlives the drop").containsOnly(0);
                },
                SiteCall::drop))
                .containsExactly(128L, 0L, 0L);
    }

    @Test
    void freesAtOnceWhatIsReplacedOrDropped() {
        CacheMethod method = new ScriptedMethod(call -> {
            if (call.step().index() < 2) {
                call.hold(call.inputs());
            } else {
                call.drop();
            }
            return call.compute();
        });
        long before = LiveTensors.count();
        List<Long> live = new ArrayList<>();
        try (CacheSession cache = method.open(RUN)) {
            for (int i = 0; i < 3; i++) {
                cache.begin(Step.of(i, TIMESTEPS));
                try (TensorScope _ = TensorScope.open()) {
                    cache.through(SITE, FakeModel.filled(i, 8), x -> x.add(1));
                }
                live.add(LiveTensors.count() - before);
            }
        }
        assertThat(live).containsExactly(1L, 1L, 0L);
    }

    @Test
    void givesANewAliasEachTimeThatMayBeClosed() {
        assertThat(held(
                call -> call.hold(call.inputs()),
                call -> {
                    call.held().getFirst().close();
                    assertThat(call.held().getFirst().toFloatArray()).containsOnly(0);
                },
                call -> assertThat(call.held()).hasSize(1)))
                .containsExactly(128L, 128L, 128L);
    }

    @Test
    void leavesHeldTensorsWithTheirOwner() {
        assertThat(held(call -> {
            Tensor own = FakeModel.filled(3, 5);
            call.hold(List.of(own));
            own.close();
            assertThat(call.held().getFirst().toFloatArray()).containsOnly(3);
        })).containsExactly(20L);
    }

    @Test
    void countsMemoryThatTwoShareOnce() {
        assertThat(held(call -> call.hold(List.of(call.inputs().getFirst(), call.inputs().getFirst().narrow(0, 1, 2)))))
                .containsExactly(128L);
    }

    @Test
    void holdsByName() {
        long before = LiveTensors.count();
        assertThat(held(
                call -> call.hold(Map.of("inputs", call.inputs(), "two", List.of(FakeModel.filled(7, 2), FakeModel.filled(8, 1)))),
                call -> {
                    assertThat(call.held("inputs")).singleElement().satisfies(tensor -> assertThat(tensor.toFloatArray()).containsOnly(0));
                    assertThat(call.held("two")).extracting(Tensor::byteSize).containsExactly(8L, 4L);
                    assertThat(call.held("three")).isEmpty();
                    assertThat(call.held()).as("what was held without a name").isEmpty();
                    call.hold(Map.of("two", call.held("two").subList(1, 2)));
                },
                call -> {
                    assertThat(call.isHeld(SITE)).isTrue();
                    assertThat(call.held("inputs")).as("all is held anew").isEmpty();
                    call.drop();
                    assertThat(call.held("two")).isEmpty();
                })).containsExactly(140L, 4L, 0L);
        assertThat(LiveTensors.count()).isEqualTo(before);
    }

    /** What belongs together comes and goes together, whatever fits. */
    @Test
    void letsAllOfASiteGo() {
        CacheMethod method = new ScriptedMethod(call -> {
            assertThat(call.held("small")).isEmpty();
            call.hold(Map.of("small", List.of(FakeModel.filled(1, 1)), "large", call.inputs()));
            return call.compute();
        });
        try (CacheSession cache = method.with(SessionOptions.DEFAULT.withMemory(MemoryBudget.of(8))).open(RUN);
                TensorScope _ = TensorScope.open()) {
            for (int i = 0; i < 2; i++) {
                cache.begin(Step.of(i, TIMESTEPS));
                cache.through(SITE, FakeModel.filled(i, 8), x -> x.add(1));
                assertThat(cache.statistics().bytes().now()).isZero();
            }
        }
    }

    /** A model may tell what is transformed from what only says how, and offer more; a value that is not there yet is none. */
    @Test
    void knowsTheRolesOfInputs() {
        CacheMethod method = new ScriptedMethod(call -> {
            assertThat(call.tokens()).extracting(Tensor::item).containsExactly(1.);
            assertThat(call.conditions()).extracting(Tensor::item).containsExactly(2., 3.);
            assertThat(call.inputs()).extracting(Tensor::item).containsExactly(1., 2., 3.);
            assertThat(call.value("before").orElseThrow().item()).isEqualTo(4);
            assertThat(call.value("inside")).isEmpty();
            assertThat(call.value("another")).isEmpty();
            List<Tensor> outputs = call.compute();
            assertThat(call.value("inside").orElseThrow().item()).isEqualTo(6);
            return outputs;
        });
        try (CacheSession cache = method.open(RUN); TensorScope _ = TensorScope.open()) {
            cache.begin(Step.of(0, TIMESTEPS));
            Tensor[] inside = new Tensor[1];
            SiteInputs inputs = SiteInputs.of(FakeModel.filled(1, 1)).conditionedBy(FakeModel.filled(2, 1), FakeModel.filled(3, 1))
                    .offering("before", () -> FakeModel.filled(4, 1)).offering("inside", () -> inside[0]);
            Tensor output = cache.through(SITE, inputs, in -> {
                inside[0] = in.get(0).add(in.get(1)).add(in.get(2));
                return List.of(inside[0]);
            }).getFirst();
            assertThat(output.item()).isEqualTo(6);
        }
    }

    /** What the first site leaves for the second one is counted where it is held, and freed from there. */
    @Test
    void holdsForAnotherSite() {
        CacheMethod method = new ScriptedMethod(call -> {
            if (call.site().equals(SITE)) {
                assertThat(call.held(OTHER)).isEmpty();
                call.hold(OTHER, call.inputs());
                return call.compute();
            }
            Tensor left = call.held().getFirst();
            call.drop(OTHER);
            assertThat(call.held(SITE)).isEmpty();
            return List.of(call.compute().getFirst().add(left));
        });
        try (CacheSession cache = method.open(RUN); TensorScope _ = TensorScope.open()) {
            for (int i = 0; i < 2; i++) {
                cache.begin(Step.of(i, TIMESTEPS));
                Tensor output = cache.through(SITE, FakeModel.filled(7, 2), x -> x.add(1));
                assertThat(cache.through(OTHER, output, x -> x.mul(10)).toFloatArray()).containsExactly(87, 87);
            }
            assertThat(Account.of(cache.statistics()))
                    .containsExactly(new Account(SITE, "CC", 0, 0), new Account(OTHER, "CC", 0, 8));
        }
    }

    @Test
    void computesOnOtherInputs() {
        CacheMethod method = new ScriptedMethod(call -> {
            List<Tensor> half = call.compute(List.of(call.inputs().getFirst().narrow(0, 1, 1)));
            return List.of(Tensor.cat(0, half.getFirst(), half.getFirst()));
        });
        try (CacheSession cache = method.open(RUN); TensorScope _ = TensorScope.open()) {
            cache.begin(Step.of(0, TIMESTEPS));
            Tensor output = cache.through(SITE, Tensor.of(new float[] {3, 5}, 2), x -> x.mul(10));
            assertThat(output.toFloatArray()).containsExactly(50, 50);
            assertThat(cache.statistics()).returns(0, CacheStatistics::computed).returns(1, CacheStatistics::partial);
        }
    }

    @Test
    void keepsSitesApart() {
        CacheMethod method = new ScriptedMethod(call -> {
            if (call.site().equals(SITE)) {
                call.hold(call.inputs());
            } else {
                assertThat(call.held()).isEmpty();
                call.drop();
            }
            return call.inputs();
        });
        try (CacheSession cache = method.open(RUN); TensorScope _ = TensorScope.open()) {
            for (int i = 0; i < 2; i++) {
                cache.begin(Step.of(i, TIMESTEPS));
                cache.through(SITE, FakeModel.filled(i, 2), x -> x);
                cache.through(OTHER, FakeModel.filled(i, 3), x -> x);
            }
            assertThat(Account.of(cache.statistics()))
                    .containsExactly(new Account(SITE, "RR", 8, 8), new Account(OTHER, "RR", 0, 0));
        }
    }
}
