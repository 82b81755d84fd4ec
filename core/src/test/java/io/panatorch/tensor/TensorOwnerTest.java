package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.testing.TensorTest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

@TensorTest
class TensorOwnerTest {

    /** torch's own number of a dtype that has none here. */

    private static Tensor three() {
        return Tensor.of(new float[] {1, 2, 3}, 3);
    }

    @Test
    void anAliasIsIndependentOfItsTensor() {
        try (var owner = new TensorOwner()) {
            Tensor alias;
            try (var _ = TensorScope.open()) {
                Tensor tensor = three();
                alias = owner.adopt(tensor);
                tensor.copy_(Tensor.of(new float[] {7}, 1));
                assertThat(alias).isNotSameAs(tensor);
                assertThat(owner.size()).isEqualTo(1);
            }
            assertThat(alias.toFloatArray()).as("the memory is shared and has outlived the scope").containsOnly(7);
        }
    }

    @Test
    void closingAnAliasLeavesTheTensor() {
        try (var _ = TensorScope.open();
                var owner = new TensorOwner()) {
            Tensor tensor = three();
            Tensor alias = owner.adopt(tensor);
            alias.close();
            alias.close();
            assertThat(owner.size()).isZero();
            assertThat(tensor.toFloatArray()).containsExactly(1, 2, 3);
        }
    }

    @Test
    void closeFreesAll() {
        long before = LiveTensors.count();
        TensorOwner owner = new TensorOwner();
        Tensor alias;
        try (var _ = TensorScope.open()) {
            alias = owner.adopt(three());
            owner.adopt(three());
        }
        assertThat(LiveTensors.count()).isEqualTo(before + 2);
        owner.close();
        owner.close();
        assertThat(LiveTensors.count()).isEqualTo(before);
        assertThat(alias.isClosed()).isTrue();
        alias.close();
    }

    @Test
    void aClosedOwnerTakesNothing() {
        TensorOwner owner = new TensorOwner();
        owner.close();
        try (var _ = TensorScope.open()) {
            Tensor tensor = three();
            long before = LiveTensors.count();
            assertThatIllegalStateException()
                    .isThrownBy(() -> owner.adopt(tensor))
                    .withMessage("adopt: this owner is closed");
            assertThat(LiveTensors.count()).isEqualTo(before);
            tensor.close();
            assertThatIllegalStateException()
                    .isThrownBy(() -> new TensorOwner().adopt(tensor))
                    .withMessageStartingWith("adopt: this tensor is closed");
        }
    }

    /** What is refused after it has begun keeps no owner's tensor until the thread's next call. */
    @Test
    void aMissingOperandKeepsNothing() {
        long before = LiveTensors.count();
        TensorOwner owner = new TensorOwner();
        try (var _ = TensorScope.open()) {
            Tensor weight = owner.adopt(three());
            assertThatThrownBy(() -> weight.matmul(null)).isInstanceOf(NullPointerException.class)
                    .hasMessage("matmul: operand 2: expected a tensor, found null");
            assertThatThrownBy(() -> weight.linear(null, weight)).hasMessage("linear: operand 2: expected a tensor, found null");
            assertThatThrownBy(() -> Tensor.cat(0, weight, null)).hasMessage("cat: operand 2: expected a tensor, found null");
            assertThatThrownBy(() -> weight.copy_(null)).isInstanceOf(NullPointerException.class);
        }
        owner.close();
        assertThat(LiveTensors.count()).isEqualTo(before);
    }

    /** Weights are read by many threads, each with scopes of its own; virtual ones change their carrier in between. */
    @Test
    void manyThreadsReadOneTensor() throws Exception {
        try (var owner = new TensorOwner()) {
            Tensor weight;
            try (var _ = TensorScope.open()) {
                weight = owner.adopt(three());
            }
            Callable<Double> task = () -> {
                double sum = 0;
                for (int i = 0; i < 50; i++) {
                    try (var _ = TensorScope.open()) {
                        sum += weight.mul(2).add(weight).toFloatArray()[2];
                    }
                    Thread.yield();
                }
                return sum;
            };
            try (ExecutorService virtual = Executors.newVirtualThreadPerTaskExecutor();
                    ExecutorService platform = Executors.newFixedThreadPool(3)) {
                List<Future<Double>> results = new ArrayList<>();
                for (int i = 0; i < 24; i++) {
                    results.add((i % 3 == 0 ? platform : virtual).submit(task));
                }
                for (Future<Double> result : results) {
                    assertThat(result.get()).isEqualTo(450);
                }
            }
        }
    }

    /** All wait for the owner's lock and go on one right behind the other; a tensor freed twice ends the process. */
    @Test
    void closingFromManyThreadsFreesOnce() throws Exception {
        long before = LiveTensors.count();
        for (int round = 0; round < 20; round++) {
            TensorOwner owner = new TensorOwner();
            Tensor alias;
            try (var _ = TensorScope.open()) {
                alias = owner.adopt(Tensor.zeros(Shape.of(1 << 20), DType.FLOAT32, Device.CPU));
            }
            List<Thread> closing = new ArrayList<>();
            synchronized (owner) {
                for (Runnable close : List.<Runnable>of(alias::close, alias::close, owner::close, alias::close)) {
                    Thread thread = Thread.ofPlatform().start(close);
                    closing.add(thread);
                    while (thread.getState() != Thread.State.BLOCKED) {
                        Thread.onSpinWait();
                    }
                }
            }
            for (Thread thread : closing) {
                thread.join();
            }
        }
        assertThat(LiveTensors.count()).isEqualTo(before);
    }

    @Test
    void liveTensorsAreReportedWithTheirBirth() {
        try (var _ = TensorScope.open()) {
            int before = LiveTensors.report().size();
            three();
            Operator.named("aten::view_as_complex").call(Tensor.of(new float[2], 1, 2));
            List<String> report = LiveTensors.report();
            assertThat(report).hasSize(before + 3);
            assertThat(report.get(before))
                    .startsWith("[3] float32 cpu\n        at ")
                    .contains("org.junit.platform");
            assertThat(report.getLast()).startsWith("[1] of a dtype or device without a counterpart in Panatorch\n");
        }
    }
}
