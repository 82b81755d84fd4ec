package io.panatorch.nn;

import io.panatorch.tensor.Tensor;
import java.io.IOException;

/** Normalisation over groups of channels, torch's {@code nn.GroupNorm}. */
public final class GroupNorm implements Layer {

    private final Tensor weight;
    private final Tensor bias;
    private final int groups;
    private final double eps;

    /**
     * Makes it of tensors, which are borrowed.
     *
     * @param weight {@code [channels]}, or null
     * @param bias {@code [channels]}, or null
     */
    public GroupNorm(int groups, Tensor weight, Tensor bias, double eps) {
        this.weight = weight;
        this.bias = bias;
        this.groups = groups;
        this.eps = eps;
    }

    /** Takes {@code weight [channels]} and {@code bias [channels]}. */
    public GroupNorm(Weights weights, int groups, long channels, double eps) throws IOException {
        this(groups, weights.get("weight", channels), weights.get("bias", channels), eps);
    }

    /** {@return x normalised} for {@code x [batch, channels, ...]}. */
    @Override
    public Tensor forward(Tensor x) {
        return x.groupNorm(groups, weight, bias, eps);
    }
}
