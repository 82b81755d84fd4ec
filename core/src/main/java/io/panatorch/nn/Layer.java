package io.panatorch.nn;

import io.panatorch.tensor.Tensor;

/** A function of one tensor with weights of its own. */
@FunctionalInterface
public interface Layer {

    /**
     * {@return the layer's output, which belongs to the innermost open scope}
     *
     * @param x borrowed
     */
    Tensor forward(Tensor x);
}
