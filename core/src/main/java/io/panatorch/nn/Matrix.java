package io.panatorch.nn;

import io.panatorch.tensor.Tensor;
import java.util.Objects;

/** The matrix of a linear layer, {@code [out, in]}, however its numbers are stored. */
@FunctionalInterface
public interface Matrix {

    /**
     * {@return {@code x · matrixᵀ + bias}, {@code [..., out]}, which belongs to the innermost open scope}
     *
     * @param x {@code [..., in]}, borrowed
     * @param bias {@code [out]}, borrowed, or null
     */
    Tensor linear(Tensor x, Tensor bias);

    /**
     * {@return the matrix that a tensor is}
     *
     * @param weight {@code [out, in]}, borrowed
     */
    static Matrix of(Tensor weight) {
        Objects.requireNonNull(weight, "weight");
        return (x, bias) -> x.linear(weight, bias);
    }
}
