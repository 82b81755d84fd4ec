package io.panatorch.cogvideox.vae;

import io.panatorch.tensor.Generator;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;

/**
 * What an encoder says of a video's latents: a normal distribution for each element; diffusers'
 * {@code DiagonalGaussianDistribution}. The tensors belong to the scope of the caller of
 * {@link CogVideoXVae#encode(Tensor, VaeMemory) encode}.
 *
 * @param mean {@code [batch, latentChannels, frames, h, w]}, not scaled yet
 * @param logvar logarithm of the variance, likewise, in [-30, 20]
 */
public record Posterior(Tensor mean, Tensor logvar) {

    private static final double LOWEST = -30;
    private static final double HIGHEST = 20;

    /** {@return the distribution of moments {@code [batch, 2 · latentChannels, frames, h, w]}, borrowed} */
    static Posterior of(Tensor moments) {
        long channels = moments.size(1) / 2;
        try (var scope = TensorScope.open()) {
            // Copies: views would keep each other's memory.
            Tensor mean = moments.narrow(1, 0, channels).copy(); // [b, c, f, h, w]
            Tensor logvar = moments.narrow(1, channels, channels).clamp(LOWEST, HIGHEST); // [b, c, f, h, w]
            return new Posterior(scope.promote(mean), scope.promote(logvar));
        }
    }

    /** {@return the likeliest latents: the mean itself, not a copy} */
    public Tensor mode() {
        return mean;
    }

    /**
     * Draws latents.
     *
     * <p>Noise is drawn for one video of the batch after another, as diffusers' pipelines do, in the latents' dtype: half
     * types have a random stream of their own.
     *
     * @param generator whose next numbers are drawn
     * @return {@code [batch, latentChannels, frames, h, w]}, which belongs to the innermost open scope
     */
    public Tensor sample(Generator generator) {
        try (var scope = TensorScope.open()) {
            Tensor deviation = logvar.mul(0.5).exp();
            return scope.promote(mean.add(deviation.mul(noise(generator))));
        }
    }

    private Tensor noise(Generator generator) {
        Shape shape = mean.shape();
        Shape one = Shape.of(1, shape.size(1), shape.size(2), shape.size(3), shape.size(4));
        try (var scope = TensorScope.open()) {
            Tensor[] draws = new Tensor[(int) shape.size(0)];
            for (int i = 0; i < draws.length; i++) {
                draws[i] = generator.randn(one, mean.dtype());
            }
            return scope.promote(Tensor.cat(0, draws).to(mean.device()));
        }
    }
}
