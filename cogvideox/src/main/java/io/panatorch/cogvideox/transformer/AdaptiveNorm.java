package io.panatorch.cogvideox.transformer;

import io.panatorch.nn.Linear;
import io.panatorch.nn.Weights;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;

/**
 * A layer norm whose scale, shift and gate come from the timestep: diffusers' {@code CogVideoXLayerNormZero} (six parts: shift,
 * scale and gate for the video, then for the text) and {@code AdaLayerNorm} (two parts: shift, scale).
 *
 * <p>All videos of a batch are at one timestep, so scale and shift are vectors of channels and join the norm's own weight and
 * bias: {@code norm(x) · (1 + scale) + shift} is one pass over the tokens instead of three.
 */
final class AdaptiveNorm {

    private final Linear linear;
    private final Tensor weight;
    private final Tensor bias;
    private final int parts;
    private final long dim;
    private final double eps;

    /** Takes {@code linear} and, if the norm is affine, {@code norm}. */
    AdaptiveNorm(Weights weights, TransformerConfig config, int parts) throws IOException {
        this.dim = config.innerDim();
        this.eps = config.normEps();
        this.parts = parts;
        this.linear = new Linear(weights.at("linear"), config.timeEmbedDim(), parts * dim);
        boolean affine = config.normElementwiseAffine();
        this.weight = affine ? weights.at("norm").get("weight", dim) : null;
        this.bias = affine ? weights.at("norm").get("bias", dim) : null;
    }

    /**
     * The parts of one timestep.
     *
     * @param activated {@code [1, timeEmbedDim]}: the timestep's embedding after SiLU
     * @return {@code [parts, dim]}, of the caller's scope
     */
    Tensor modulation(Tensor activated) {
        try (TensorScope scope = TensorScope.open()) {
            return scope.promote(linear.forward(activated).reshape(parts, dim)); // [parts, dim]
        }
    }

    /**
     * Normalises and modulates.
     *
     * @param x {@code [batch, tokens, dim]}
     * @param modulation what {@link #modulation} returned
     * @param shift which part is the shift; the next one is the scale
     */
    Tensor forward(Tensor x, Tensor modulation, int shift) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor added = part(modulation, shift);
            Tensor factor = part(modulation, shift + 1).add(1);
            if (weight != null) {
                added = bias.mul(factor).add(added);
                factor = weight.mul(factor);
            }
            return scope.promote(x.layerNorm(factor, added, eps));
        }
    }

    /** Part {@code index} as a vector of channels, {@code [dim]}. */
    static Tensor part(Tensor modulation, int index) {
        return modulation.select(0, index); // [dim]
    }
}
