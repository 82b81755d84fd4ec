package io.panatorch.nn;

import io.panatorch.tensor.Tensor;
import java.io.IOException;
import java.util.Objects;

/** {@code y = x · weightᵀ + bias}, torch's {@code nn.Linear}. */
public final class Linear implements Layer {

    private final Matrix weight;
    private final Tensor bias;

    /**
     * Makes it of tensors, which are borrowed.
     *
     * @param weight {@code [out, in]}
     * @param bias {@code [out]}, or null
     */
    public Linear(Tensor weight, Tensor bias) {
        this(Matrix.of(weight), bias);
    }

    /**
     * Makes it of a matrix, whose tensors are borrowed like the bias.
     *
     * @param weight {@code [out, in]}
     * @param bias {@code [out]}, or null
     */
    public Linear(Matrix weight, Tensor bias) {
        this.weight = Objects.requireNonNull(weight, "weight");
        this.bias = bias;
    }

    /** Takes {@code weight [out, in]} and {@code bias [out]}. */
    public Linear(Weights weights, long in, long out) throws IOException {
        this(weights, in, out, true);
    }

    /** Takes {@code weight [out, in]} and, if there is to be one, {@code bias [out]}. */
    public Linear(Weights weights, long in, long out, boolean hasBias) throws IOException {
        this(weights.matrix("weight", out, in), hasBias ? weights.get("bias", out) : null);
    }

    /** {@return {@code [..., out]}} for {@code x [..., in]}. */
    @Override
    public Tensor forward(Tensor x) {
        return weight.linear(x, bias);
    }
}
