package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.testing.TensorTest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

@TensorTest
class TensorScopeTest {

    private static Tensor two() {
        return Tensor.of(new float[] {1, 2}, 2);
    }

    /** Runs on another thread and gives what it threw. */
    private static Throwable thrownOnAnotherThread(Runnable action) throws InterruptedException {
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread thread = new Thread(action);
        thread.setUncaughtExceptionHandler((_, e) -> thrown.set(e));
        thread.start();
        thread.join();
        return thrown.get();
    }

    @Test
    void whatIsMadeBelongsToTheInnermostScope() {
        try (var outer = TensorScope.open()) {
            Tensor a = two();
            Tensor b;
            try (var inner = TensorScope.open()) {
                b = a.add(a);
                assertThat(inner.size()).isEqualTo(1);
                assertThat(outer.size()).isEqualTo(1);
            }
            assertThat(b.isClosed()).isTrue();
            assertThat(a.isClosed()).as("an operand stays with its own scope").isFalse();
            a.mul(a);
            assertThat(outer.size()).isEqualTo(2);
        }
    }

    /** Seen through a list that notes in which order its elements are asked for. */
    @Test
    void theYoungestIsFreedFirst() throws Exception {
        List<Integer> asked = new ArrayList<>();
        var field = TensorScope.class.getDeclaredField("tensors");
        field.setAccessible(true);
        try (var scope = TensorScope.open()) {
            List<Tensor> made = List.of(two(), two(), two());
            field.set(scope, new ArrayList<>(made) {
                private static final long serialVersionUID = 1L;

                @Override
                public Tensor get(int index) {
                    assertThat(made.subList(index + 1, made.size())).allMatch(Tensor::isClosed);
                    asked.add(index);
                    return made.get(index);
                }
            });
        }
        assertThat(asked).containsExactly(2, 1, 0);
    }

    @Test
    void promoteMovesAResultOut() {
        try (var outer = TensorScope.open()) {
            Tensor result;
            try (var inner = TensorScope.open()) {
                Tensor unused = two();
                result = inner.promote(two().add(1));
                assertThat(inner.size()).isEqualTo(2);
                assertThat(unused.isClosed()).isFalse();
            }
            assertThat(result.toFloatArray()).containsExactly(2, 3);
            assertThat(outer.size()).isEqualTo(1);
        }
    }

    @Test
    void promoteNeedsAnOuterScope() {
        try (var scope = TensorScope.open()) {
            Tensor tensor = two();
            assertThatIllegalStateException()
                    .isThrownBy(() -> scope.promote(tensor))
                    .withMessage("promote: there is no scope around this one to take [2] float32 cpu");
        }
    }

    @Test
    void promoteTakesOnlyItsOwnOpenTensors() {
        try (var outer = TensorScope.open();
                var owner = new TensorOwner()) {
            Tensor outers = two();
            Tensor owners = owner.adopt(outers);
            try (var inner = TensorScope.open()) {
                for (Tensor foreign : List.of(outers, owners)) {
                    assertThatIllegalStateException()
                            .isThrownBy(() -> inner.promote(foreign))
                            .withMessage("promote: [2] float32 cpu does not belong to this scope");
                }
                Tensor closed = two();
                closed.describe();
                closed.close();
                assertThatIllegalStateException()
                        .isThrownBy(() -> inner.promote(closed))
                        .withMessage("promote: closed tensor [2] float32 cpu");
                assertThat(inner.size()).isZero();
            }
            assertThat(outer.size()).isEqualTo(1);
        }
    }

    @Test
    void aTensorCanBeClosedEarly() {
        try (var scope = TensorScope.open()) {
            Tensor tensor = two();
            long before = LiveTensors.count();
            tensor.close();
            assertThat(LiveTensors.count()).isEqualTo(before - 1);
            assertThat(scope.size()).isZero();
            tensor.close();
            assertThat(LiveTensors.count()).as("a second time does nothing").isEqualTo(before - 1);
        }
    }

    @Test
    void aClosedTensorSaysWhatItWas() {
        try (var _ = TensorScope.open()) {
            Tensor known = two();
            known.shape();
            Tensor unknown = two().add(1);
            known.close();
            unknown.close();
            assertThatIllegalStateException()
                    .isThrownBy(() -> known.add(1))
                    .withMessageEndingWith(": this tensor is closed: closed tensor [2] float32 cpu");
            assertThatIllegalStateException().isThrownBy(unknown::shape).withMessage("this tensor is closed: closed tensor");
            assertThatIllegalStateException().isThrownBy(() -> two().matmul(known));
            assertThat(known).hasToString("closed tensor [2] float32 cpu");
        }
    }

    /** A loop of thousands of steps in one scope must not keep a place for each tensor it has closed. */
    @Test
    void placesOfClosedTensorsAreGivenBack() throws Exception {
        var field = TensorScope.class.getDeclaredField("tensors");
        field.setAccessible(true);
        try (var scope = TensorScope.open()) {
            Tensor kept = two();
            for (int i = 0; i < 1000; i++) {
                two().close();
            }
            Tensor last = two();
            assertThat((List<?>) field.get(scope)).hasSizeLessThan(100);
            assertThat(scope.size()).isEqualTo(2);
            assertThat(kept.isClosed() || last.isClosed()).isFalse();
        }
    }

    @Test
    void promoteAfterCompaction() {
        try (var outer = TensorScope.open();
                var inner = TensorScope.open()) {
            Tensor kept = two();
            for (int i = 0; i < 200; i++) {
                two().close();
            }
            inner.promote(kept);
            assertThat(inner.size()).isZero();
            assertThat(outer.size()).isEqualTo(1);
        }
    }

    /** One that was forgotten is told of once, and neither keeps memory nor gets in the way of what the thread does next. */
    @Test
    void scopesAreClosedInsideOut() {
        long before = LiveTensors.count();
        for (int forgotten = 1; forgotten <= 2; forgotten++) {
            TensorScope outer = TensorScope.open();
            two();
            for (int i = 0; i < forgotten; i++) {
                TensorScope.open();
                two();
            }
            assertThatIllegalStateException()
                    .isThrownBy(outer::close)
                    .withMessage("scopes are closed in the reverse order of opening: " + (forgotten == 1 ? "1 inside this one was"
                            : "2 inside this one were") + " still open, and freed with it; close each, as with"
                            + " try (var scope = TensorScope.open())");
            outer.close();
            assertThat(outer.size()).isZero();
            assertThat(LiveTensors.count()).isEqualTo(before);
            assertThatIllegalStateException().isThrownBy(TensorScopeTest::two).withMessageContaining("no TensorScope is open");
        }
    }

    /** A body that fails with an inner scope open keeps its own reason. */
    @Test
    void aFailureComesBeforeAForgottenScope() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> {
                    try (var _ = TensorScope.open()) {
                        TensorScope.open();
                        throw new IllegalArgumentException("the reason");
                    }
                })
                .withMessage("the reason")
                .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
    }

    @Test
    void aScopeIsConfinedToItsThread() throws InterruptedException {
        String message = "a TensorScope is confined to the thread that opened it";
        try (var _ = TensorScope.open();
                var scope = TensorScope.open()) {
            Tensor tensor = two();
            for (Runnable action : List.<Runnable>of(scope::close, tensor::close, () -> scope.promote(tensor))) {
                assertThat(thrownOnAnotherThread(action))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage(message);
            }
            assertThat(thrownOnAnotherThread(() -> tensor.add(1)))
                    .as("the scope of one thread does not serve another")
                    .hasMessage("add: no TensorScope is open on this thread to own the result;"
                            + " open one with try (var scope = TensorScope.open())");
            assertThat(tensor.isClosed()).isFalse();
        }
    }

    @Test
    void anExceptionFreesEverything() {
        long before = LiveTensors.count();
        assertThatThrownBy(() -> {
                    try (var _ = TensorScope.open();
                            var inner = TensorScope.open()) {
                        inner.promote(two()).add(two());
                        two().reshape(3);
                    }
                })
                .isInstanceOf(TorchException.class)
                .hasMessage("reshape of [2] float32 cpu: shape '[3]' is invalid for input of size 2");
        assertThat(LiveTensors.count()).isEqualTo(before);
    }

    @Test
    void nothingIsMadeWithoutAScope() {
        assertThatIllegalStateException()
                .isThrownBy(TensorScopeTest::two)
                .withMessage("Tensor.of: no TensorScope is open on this thread to own the result;"
                        + " open one with try (var scope = TensorScope.open())");
        assertThatIllegalStateException()
                .isThrownBy(() -> Operator.named("aten::broadcast_tensors").call(List.of()))
                .withMessageStartingWith("broadcast_tensors: no TensorScope is open");
        try (var owner = new TensorOwner()) {
            Tensor held;
            try (var _ = TensorScope.open()) {
                held = owner.adopt(two());
            }
            assertThatIllegalStateException().isThrownBy(held::copy).withMessageStartingWith("clone: no TensorScope");
            assertThat(held.toFloatArray()).as("accessors have a scope of their own").containsExactly(1, 2);
        }
    }
}
