package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.testing.TensorTest;
import org.junit.jupiter.api.Test;

@TensorTest
class ReductionTest {

    @Test
    void meanOfAbsoluteValues() {
        try (TensorScope _ = TensorScope.open()) {
            Tensor x = Tensor.of(new float[] {1, -2, 3, -4}, 2, 2);

            assertThat(x.abs().toFloatArray()).containsExactly(1, 2, 3, 4);
            assertThat(x.mean().item()).isEqualTo(-0.5);
            assertThat(x.abs().mean().shape()).isEqualTo(Shape.of());
            assertThat(x.abs().mean().item()).isEqualTo(2.5);
        }
    }
}
