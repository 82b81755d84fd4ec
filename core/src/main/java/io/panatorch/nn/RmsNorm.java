package io.panatorch.nn;

import io.panatorch.tensor.Tensor;
import java.io.IOException;

/** Division by the root mean square over the last dimension, torch's {@code nn.RMSNorm} and T5's layer norm. */
public final class RmsNorm implements Layer {

    private final Tensor weight;
    private final double eps;

    /** Takes {@code weight [size]}. */
    public RmsNorm(Weights weights, long size, double eps) throws IOException {
        this.weight = weights.get("weight", size);
        this.eps = eps;
    }

    @Override
    public Tensor forward(Tensor x) {
        return x.rmsNorm(weight, eps);
    }
}
