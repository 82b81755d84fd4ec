package io.panatorch.nn;

import io.panatorch.tensor.DType;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;

/**
 * A matrix in 8 bits with a scale for each row.
 *
 * <p>A scale is a number that bfloat16 holds, so that it is the same whatever is computed in, and rows are rounded to multiples of just
 * that number.
 *
 * @param values {@code [out, in]}, int8
 * @param scales {@code [out, 1]}, float32
 */
public record Int8Matrix(Tensor values, Tensor scales) implements Matrix {

    /** In a file, the name of the scales ends so after that of the values. */
    public static final String SCALES = "_scale";

    private static final int LARGEST = 127;

    /**
     * {@return the rounded matrix, whose tensors belong to the innermost open scope}
     *
     * @param weight {@code [out, in]}, borrowed
     */
    public static Int8Matrix of(Tensor weight) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor wide = weight.to(DType.FLOAT32);
            Tensor largest = wide.abs().amax(new long[] {1}, true); // [out, 1]
            Tensor rounded = largest.div(LARGEST).to(DType.BFLOAT16).to(DType.FLOAT32);
            Tensor scales = rounded.maskedFill(rounded.eq(0), 1); // a row of zeros, or of next to nothing
            Tensor values = wide.div(scales).round().clamp(-LARGEST, LARGEST).to(DType.INT8);
            return new Int8Matrix(scope.promote(values), scope.promote(scales));
        }
    }

    @Override
    public Tensor linear(Tensor x, Tensor bias) {
        try (TensorScope scope = TensorScope.open()) {
            return scope.promote(x.linear(dense(x.dtype()), bias));
        }
    }

    /**
     * {@return the matrix in another dtype, {@code [out, in]}, which belongs to the innermost open scope}
     *
     * @param dtype a floating-point type
     */
    public Tensor dense(DType dtype) { // float16 does not hold all scales
        try (TensorScope scope = TensorScope.open()) {
            return scope.promote(dtype == DType.FLOAT16 ? values.mul(scales).to(dtype) : values.mul(scales.to(dtype)));
        }
    }
}
