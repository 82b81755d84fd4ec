package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
class ShapeTest {

    @Test
    void sizes() {
        Shape shape = Shape.of(2, 3, 4);
        assertThat(shape.dim()).isEqualTo(3);
        assertThat(shape.numel()).isEqualTo(24);
        assertThat(shape.size(0)).isEqualTo(2);
        assertThat(shape.size(-1)).isEqualTo(4);
        assertThat(shape).hasToString("[2, 3, 4]").isEqualTo(Shape.of(2, 3, 4)).hasSameHashCodeAs(Shape.of(2, 3, 4));
        assertThat(shape).isNotEqualTo(Shape.of(2, 12)).isNotEqualTo(null);
        assertThat(Shape.of().numel()).isEqualTo(1);
        assertThat(Shape.of(5, 0).numel()).isZero();
    }

    @Test
    void isImmutable() {
        long[] sizes = {2, 3};
        Shape shape = Shape.of(sizes);
        sizes[0] = 9;
        shape.sizes()[1] = 9;
        assertThat(shape.sizes()).containsExactly(2, 3);
    }

    @Test
    void impossibleShapes() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Shape.of(2, -1))
                .withMessage("shape [2, -1]: sizes must not be negative");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Shape.of(1L << 62, 0, 2))
                .withMessage("shape [4611686018427387904, 0, 2] has 2^63 elements or more");
        assertThatThrownBy(() -> Shape.of(2, 3).size(2))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessage("dimension 2 of shape [2, 3]");
        assertThatThrownBy(() -> Shape.of(2, 3).size(-3)).hasMessage("dimension -3 of shape [2, 3]");
    }
}
