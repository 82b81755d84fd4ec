package io.panatorch.nn;

import io.panatorch.tensor.Tensor;
import java.io.IOException;

/** Normalisation over the last dimension, torch's {@code nn.LayerNorm}. */
public final class LayerNorm implements Layer {

    private final Tensor weight;
    private final Tensor bias;
    private final double eps;

    /**
     * Makes it of tensors, which are borrowed.
     *
     * @param weight {@code [size]}, or null
     * @param bias {@code [size]}, or null
     */
    public LayerNorm(Tensor weight, Tensor bias, double eps) {
        this.weight = weight;
        this.bias = bias;
        this.eps = eps;
    }

    /**
     * Takes {@code weight [size]} and {@code bias [size]}.
     *
     * @param elementwiseAffine whether there are a weight and a bias at all
     */
    public LayerNorm(Weights weights, long size, double eps, boolean elementwiseAffine) throws IOException {
        this(elementwiseAffine ? weights.get("weight", size) : null, elementwiseAffine ? weights.get("bias", size) : null, eps);
    }

    @Override
    public Tensor forward(Tensor x) {
        return x.layerNorm(weight, bias, eps);
    }
}
