package io.panatorch.cogvideox.scheduler;

import io.panatorch.tensor.DType;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;

/** Where the noise of a run comes from, such as {@code Generator.seeded(42)::randn}. */
@FunctionalInterface
public interface NoiseSource {

    /** {@return the next numbers, normally distributed, of the innermost open scope, on any device} */
    Tensor randn(Shape shape, DType dtype);
}
