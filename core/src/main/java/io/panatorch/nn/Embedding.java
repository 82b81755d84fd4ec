package io.panatorch.nn;

import io.panatorch.tensor.Tensor;
import java.io.IOException;

/** A table of vectors, torch's {@code nn.Embedding}. */
public final class Embedding implements Layer {

    private final Tensor weight;

    /** Takes {@code weight [rows, size]}. */
    public Embedding(Weights weights, long rows, long size) throws IOException {
        this.weight = weights.get("weight", rows, size);
    }

    /** {@return {@code [..., size]}} for int64 indices {@code [...]}. */
    @Override
    public Tensor forward(Tensor indices) {
        return weight.embedding(indices);
    }
}
