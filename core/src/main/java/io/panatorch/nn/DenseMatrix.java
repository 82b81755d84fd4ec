package io.panatorch.nn;

import io.panatorch.tensor.Tensor;
import java.util.Optional;

/** A matrix that is a tensor. */
record DenseMatrix(Tensor weight) implements Matrix {

    @Override
    public Tensor linear(Tensor x, Tensor bias) {
        return x.linear(weight, bias);
    }

    @Override
    public Optional<Tensor> dense() {
        return Optional.of(weight);
    }
}
