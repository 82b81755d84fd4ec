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
                Operator.named("aten::relu").call(x);
                assertThat(trace.counts()).isEqualTo(Map.of("add", 2L, "layer_norm", 1L, "relu", 1L));
                assertThat(trace.count("linear")).isZero();
            }
            x.add(1);
        }
    }

    @Test
    void countsResultsByTheirDtypes() {
        try (var _ = TensorScope.open()) {
            Tensor x = Tensor.of(new float[] {1, 2}, 2);
            try (var outer = OperatorTrace.start(); var trace = OperatorTrace.start()) {
                x.to(DType.BFLOAT16).add(1).copy_(x.add(x));
                assertThat(trace.counts(DType.BFLOAT16)).isEqualTo(Map.of("to", 1L, "add", 1L));
                assertThat(trace.counts(DType.FLOAT32)).isEqualTo(Map.of("add", 1L));
                assertThat(trace.counts(DType.INT64)).isEmpty();
                // Several results, and one of a dtype that has no name here.
                Operator.named("aten::sort").call(x);
                Operator.named("aten::fft_fft").call(x);
                assertThat(trace.counts(DType.FLOAT32)).isEqualTo(Map.of("add", 1L, "sort", 1L));
                assertThat(trace.counts(DType.INT64)).isEqualTo(Map.of("sort", 1L));
                assertThat(trace.count("fft_fft")).isEqualTo(1);
                assertThat(outer.counts(DType.FLOAT32)).isEqualTo(trace.counts(DType.FLOAT32));
            }
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
