package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.panatorch.testing.TensorTest;
import java.util.Map;
import org.junit.jupiter.api.Test;

@TensorTest
class OperatorTraceTest {

    @Test
    void countsByTorchsNames() {
        try (var _ = TensorScope.open()) {
            Tensor x = Tensor.of(new float[] {1, 2}, 1, 2);
            x.add(1);
            try (var trace = OperatorTrace.start()) {
                x.add(x).add(1).layerNorm(null, null, 1e-5);
                Operator.named("aten::relu").tensor(x).call();
                assertThat(trace.counts()).isEqualTo(Map.of("add", 2L, "layer_norm", 1L, "relu", 1L));
                assertThat(trace.count("linear")).isZero();
            }
            x.add(1);
        }
    }

    @Test
    void tracesMayBeNested() {
        try (var _ = TensorScope.open();
                var outer = OperatorTrace.start()) {
            Tensor x = Tensor.of(new float[] {1}, 1);
            try (var inner = OperatorTrace.start()) {
                x.exp();
                assertThat(inner.counts()).isEqualTo(Map.of("exp", 1L));
                assertThatIllegalStateException()
                        .isThrownBy(outer::close)
                        .withMessage("a trace is closed on the thread that started it, the inner one first");
            }
            x.exp();
            assertThat(outer.count("exp")).isEqualTo(2);
        }
    }

    @Test
    void otherThreadsAreNotCounted() throws InterruptedException {
        try (var trace = OperatorTrace.start()) {
            Thread.ofVirtual()
                    .start(() -> {
                        try (var _ = TensorScope.open()) {
                            Tensor.of(new float[] {1}, 1).exp();
                        }
                    })
                    .join();
            assertThat(trace.counts()).isEmpty();
        }
    }
}
