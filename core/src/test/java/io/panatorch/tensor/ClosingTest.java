package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.testing.TensorTest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * Whoever closes what others compute with: they get right numbers or an exception, and the memory comes back. Before tensors were
 * held during a call, each of these ended the process within seconds.
 */
@TensorTest
class ClosingTest {

    private static final int ROUNDS = 60;
    private static final int THREADS = 4;

    /** Computes until the tensor is closed; returns how often. Every element is 1. */
    private static int compute(Tensor ones, CountDownLatch started) {
        int count = 0;
        try {
            while (true) {
                try (var _ = TensorScope.open()) {
                    double sum = switch (count % 4) {
                        case 0 -> ones.add(ones).mean().item() / 2;
                        case 1 -> Operator.named("aten::stack").call(List.of(ones, ones)).tensor().mean().item();
                        case 2 -> ones.storage().byteSize() > 0 ? ones.reshape(-1).narrow(0, 3, 1).item() : 0;
                        default -> ones.linear(ones, null).mean().item() / ones.size(0);
                    };
                    assertThat(sum).isEqualTo(1);
                }
                count++;
                started.countDown();
            }
        } catch (ClosedTensorException e) {
            return count;
        }
    }

    private static void race(Function<Tensor, Tensor> shared, Consumer<Tensor> close) throws Exception {
        long before = LiveTensors.count();
        try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
            for (int round = 0; round < ROUNDS; round++) {
                CountDownLatch started = new CountDownLatch(THREADS);
                List<Future<Integer>> counts = new ArrayList<>();
                try (var _ = TensorScope.open()) {
                    Tensor ones = shared.apply(Tensor.zeros(Shape.of(16, 16), DType.FLOAT32, Device.CPU).exp());
                    for (int i = 0; i < THREADS; i++) {
                        counts.add(threads.submit(() -> compute(ones, started)));
                    }
                    started.await();
                    close.accept(ones);
                }
                for (Future<Integer> count : counts) {
                    count.get();
                }
            }
        }
        assertThat(LiveTensors.count()).isEqualTo(before);
    }

    @Test
    void aTensorOfAnOwner() throws Exception {
        try (TensorOwner owner = new TensorOwner()) {
            race(owner::adopt, Tensor::close);
        }
    }

    @Test
    void anOwner() throws Exception {
        List<TensorOwner> owners = new ArrayList<>();
        race(tensor -> {
            owners.add(new TensorOwner());
            return owners.getLast().adopt(tensor);
        }, _ -> owners.getLast().close());
    }

    @Test
    void aTensorOfAnotherThreadsScope() throws Exception {
        race(tensor -> tensor, Tensor::close);
    }

    @Test
    void theScopeOfAnotherThread() throws Exception {
        race(tensor -> tensor, _ -> { });
    }
}
