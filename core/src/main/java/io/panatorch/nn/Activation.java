package io.panatorch.nn;

import io.panatorch.tensor.Tensor;
import java.util.function.UnaryOperator;

/** Elementwise functions between layers. */
public enum Activation implements Layer {

    /** x · sigmoid(x). */
    SILU(Tensor::silu),
    /** The Gaussian error linear unit by its exact formula. */
    GELU(x -> x.gelu(false)),
    /** The Gaussian error linear unit by its tanh approximation. */
    GELU_TANH(x -> x.gelu(true)),
    /** max(x, 0). */
    RELU(Tensor::relu);

    private final UnaryOperator<Tensor> function;

    Activation(UnaryOperator<Tensor> function) {
        this.function = function;
    }

    @Override
    public Tensor forward(Tensor x) {
        return function.apply(x);
    }
}
