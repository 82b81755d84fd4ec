package io.panatorch.nn;

import io.panatorch.tensor.Tensor;
import java.io.IOException;

/** Normalisation over groups of channels, torch's {@code nn.GroupNorm}. */
public final class GroupNorm implements Layer {

    private final Tensor weight;
    private final Tensor bias;
    private final int groups;
    private final double eps;

    /** Takes {@code weight [channels]} and {@code bias [channels]}. */
    public GroupNorm(Weights weights, int groups, long channels, double eps) throws IOException {
        this.weight = weights.get("weight", channels);
        this.bias = weights.get("bias", channels);
        this.groups = groups;
        this.eps = eps;
    }

    /** {@return x normalised} for {@code x [batch, channels, ...]}. */
    @Override
    public Tensor forward(Tensor x) {
        return x.groupNorm(groups, weight, bias, eps);
    }
}
