package io.panatorch.nn;

import io.panatorch.tensor.Tensor;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

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

    /** {@return the tensor {@code [out, in]} that it is, borrowed; empty where its numbers are stored in another way} */
    default Optional<Tensor> dense() {
        return Optional.empty();
    }

    /**
     * {@return this matrix with changes that are calculated beside it: {@code x · matrixᵀ} and what each change adds to that}
     *
     * @param changes for {@code in} and {@code out} of this one, in the dtype of what it is multiplied by; borrowed
     */
    default Matrix plus(List<LowRank> changes) {
        return new AdaptedMatrix(this, changes);
    }

    /**
     * {@return the matrix that a tensor is}
     *
     * @param weight {@code [out, in]}, borrowed
     */
    static Matrix of(Tensor weight) {
        return new DenseMatrix(Objects.requireNonNull(weight, "weight"));
    }
}
