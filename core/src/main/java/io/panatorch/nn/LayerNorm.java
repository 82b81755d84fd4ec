package io.panatorch.nn;

import io.panatorch.tensor.Tensor;
import java.io.IOException;

/** Normalisation over the last dimension, torch's {@code nn.LayerNorm}. */
public final class LayerNorm implements Layer {

    private final Tensor weight;
    private final Tensor bias;
    private final double eps;

    /**
     * Takes {@code weight [size]} and {@code bias [size]}.
     *
     * @param elementwiseAffine whether there are a weight and a bias at all
     */
    public LayerNorm(Weights weights, long size, double eps, boolean elementwiseAffine) throws IOException {
        this.weight = elementwiseAffine ? weights.get("weight", size) : null;
        this.bias = elementwiseAffine ? weights.get("bias", size) : null;
        this.eps = eps;
    }

    @Override
    public Tensor forward(Tensor x) {
        return x.layerNorm(weight, bias, eps);
    }
}
