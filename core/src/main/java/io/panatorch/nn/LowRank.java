package io.panatorch.nn;

import io.panatorch.tensor.DType;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;

/**
 * A change of a linear layer's matrix by the product of two thin ones, {@code scale · up · down}: an adapter of LoRA,
 * arXiv 2106.09685, whose names for them are B and A.
 *
 * @param down {@code [rank, in]}, borrowed
 * @param up {@code [out, rank]}, borrowed
 * @param scale what their product is multiplied by
 */
public record LowRank(Tensor down, Tensor up, double scale) {

    /**
     * {@return what the change adds to the layer's result, {@code [..., out]}, of the innermost open scope}
     *
     * @param x {@code [..., in]}, borrowed
     */
    public Tensor forward(Tensor x) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor narrow = x.linear(down, null).mul(scale); // [..., rank]
            return scope.promote(narrow.linear(up, null)); // [..., out]
        }
    }

    /** {@return the change as a matrix, {@code [out, in]}, calculated in float32, of the innermost open scope} */
    public Tensor matrix() {
        try (TensorScope scope = TensorScope.open()) {
            return scope.promote(up.to(DType.FLOAT32).matmul(down.to(DType.FLOAT32)).mul(scale));
        }
    }
}
