package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.testing.Logged;
import io.panatorch.testing.TensorTest;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Memory comes back also where something goes wrong. A tensor of these takes four megabytes, which nobody could overlook. */
@TensorTest
class LeakTest {

    private static final int TIMES = 40;
    private static final long MEGABYTE = 1 << 20;

    private static Tensor large() {
        return Tensor.zeros(Shape.of(MEGABYTE), DType.FLOAT32, Device.CPU);
    }

    /** What libtorch holds is not seen by counting tensors. */
    private static void staysFlat(Runnable use) {
        use.run();
        long tensors = LiveTensors.count();
        long before = LiveTensors.heapBytes();
        assertThat(before).as("a C library that counts").isPositive();
        for (int i = 0; i < TIMES; i++) {
            use.run();
        }
        assertThat(LiveTensors.heapBytes() - before).isLessThan(12 * MEGABYTE);
        assertThat(LiveTensors.count()).isEqualTo(tensors);
    }

    /** Within two megabytes: other threads of the JVM, such as its compiler's, use the same heap meanwhile. */
    @Test
    void largeTensorsAreSeen() {
        long before = LiveTensors.heapBytes();
        long open;
        try (var _ = TensorScope.open()) {
            large();
            open = LiveTensors.heapBytes();
        }
        long after = LiveTensors.heapBytes();
        assertThat(open - before).isGreaterThan(2 * MEGABYTE);
        assertThat(open - after).isGreaterThan(2 * MEGABYTE);
    }

    @Test
    void failingCalls() {
        staysFlat(() -> {
            try (var _ = TensorScope.open()) {
                Tensor big = large();
                Tensor small = Tensor.of(new float[] {1, 2}, 2);
                for (Runnable failing : List.<Runnable>of(
                        () -> big.reshape(7), () -> big.mul(small), () -> big.add(small), () -> big.linear(big, small),
                        () -> big.clamp(0, 1).matmul(small), () -> Tensor.cat(3, big, small),
                        () -> Operator.named("aten::stack").call(List.of(big, big.reshape(2, -1))),
                        () -> Operator.named("aten::index.Tensor").call(big, java.util.Arrays.asList(null, small)),
                        () -> Operator.named("aten::where.ScalarSelf").call(big, 1, big.reshape(2, -1)),
                        () -> Operator.named("aten::layer_norm").call(big, List.of(3), small, big))) {
                    assertThatThrownBy(failing::run).isInstanceOf(TorchException.class);
                }
                for (Runnable misuse : List.<Runnable>of(
                        () -> Operator.named("aten::relu").call(big, big), () -> Operator.named("aten::stack").call(big),
                        () -> Operator.named("aten::native_layer_norm").call(big, 1, big))) {
                    assertThatThrownBy(misuse::run).isInstanceOf(IllegalArgumentException.class);
                }
            }
        });
    }

    @Test
    void resultsThatNobodyTakes() {
        staysFlat(() -> {
            try (var _ = TensorScope.open()) {
                Operator.named("aten::chunk").call(large(), 3);
                Operator.named("aten::max.dim").call(large(), 0);
                Operator.named("aten::equal").call(large(), large());
            }
        });
    }

    /** At a depth that differs from level to level: in the making of a tensor, in an operator, in the end of a scope. */
    @Test
    void aStackThatOverflows() throws InterruptedException {
        long before = LiveTensors.count();
        for (int i = 0; i < 5; i++) {
            AtomicReference<Throwable> found = new AtomicReference<>();
            Thread deep = new Thread(null, () -> {
                try (var _ = TensorScope.open()) {
                    descend();
                } catch (StackOverflowError | AssertionError | IllegalStateException e) { // bindings wrap it; scopes may be left open
                    found.set(e);
                }
                try (var _ = TensorScope.open()) {
                    assertThat(Tensor.of(new float[] {1}, 1).add(1).item()).as("the thread can go on").isEqualTo(2);
                }
            }, "deep", 256 << 10);
            deep.start();
            deep.join();
            assertThat(found.get()).isNotNull();
            assertThat(LiveTensors.count()).isEqualTo(before);
        }
    }

    private static void descend() {
        try (var _ = TensorScope.open()) {
            Tensor.of(new float[] {1}, 1).add(1);
            descend();
        }
    }

    /** A call that is refused before it begins does not keep an owner's tensor in use. */
    @Test
    void refusedCalls() {
        TensorOwner owner = new TensorOwner();
        try (var _ = TensorScope.open()) {
            Tensor kernel = owner.adopt(Tensor.of(new float[] {1}, 1, 1, 1, 1));
            long open = LiveTensors.count();
            assertThatThrownBy(() -> kernel.conv2d(kernel, null, new long[] {1}, new long[] {0, 0}))
                    .isInstanceOf(IllegalArgumentException.class).hasMessage("stride: expected 2 numbers, found 1");
            owner.close();
            assertThat(LiveTensors.count()).isEqualTo(open - 1);
        }
    }

    @Test
    void aThreadThatDiesWithOpenScopes() {
        Set<String> logged;
        try (Logged log = new Logged(Warnings.LOGGER)) {
            dieWithOpenScopes();
            logged = Set.copyOf(log.messages());
        }
        assertThat(logged).containsExactly("WARNING: thread careless has ended with 2 scopes open, whose 3 tensors are freed now;"
                + " close each, as with try (var scope = TensorScope.open())");
    }

    private static void dieWithOpenScopes() {
        staysFlat(() -> {
            for (int i = 0; i < 2; i++) { // the second thread finds what the first has left
                Thread thread = Thread.ofPlatform().name("careless").unstarted(() -> {
                    TensorScope.open();
                    large();
                    TensorScope.open();
                    large().add(1);
                });
                thread.setUncaughtExceptionHandler((_, _) -> { });
                thread.start();
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
            Thread last = Thread.ofPlatform().start(() -> TensorScope.open().close());
            try {
                last.join();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
    }
}
