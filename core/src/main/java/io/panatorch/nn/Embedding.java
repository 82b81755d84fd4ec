package io.panatorch.nn;

import io.panatorch.tensor.Tensor;
import java.io.IOException;
import java.util.Objects;

/** A table of vectors, torch's {@code nn.Embedding}. */
public final class Embedding implements Layer {

    private final Tensor weight;

    /**
     * Makes it of a tensor, which is borrowed.
     *
     * @param weight {@code [rows, size]}
     */
    public Embedding(Tensor weight) {
        this.weight = Objects.requireNonNull(weight, "weight");
    }

    /** Takes {@code weight [rows, size]}. */
    public Embedding(Weights weights, long rows, long size) throws IOException {
        this(weights.get("weight", rows, size));
    }

    /** {@return {@code [..., size]}} for int64 indices {@code [...]}. */
    @Override
    public Tensor forward(Tensor indices) {
        return weight.embedding(indices);
    }
}
