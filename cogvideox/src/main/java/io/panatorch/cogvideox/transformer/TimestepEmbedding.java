package io.panatorch.cogvideox.transformer;

import io.panatorch.nn.Linear;
import io.panatorch.nn.Weights;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;

/**
 * A timestep, or another number, as a vector: sinusoids of many frequencies, then two linear layers; diffusers' {@code Timesteps} and
 * {@code TimestepEmbedding}.
 *
 * <p>The sinusoids are calculated in float32 by libtorch: at timestep 999 the last bit of a frequency shows in the fifth
 * digit of its sine, so a more exact calculation would be a different one.
 */
final class TimestepEmbedding {

    private static final double MAX_PERIOD = 10000;

    private final int channels;
    private final boolean flipSinToCos;
    private final double freqShift;
    private final Linear first;
    private final Linear second;

    /**
     * Takes {@code linear_1} and {@code linear_2}.
     *
     * @param channels of the sinusoids
     */
    TimestepEmbedding(Weights weights, TransformerConfig config, int channels) throws IOException {
        this.channels = channels;
        this.flipSinToCos = config.flipSinToCos();
        this.freqShift = config.freqShift();
        this.first = new Linear(weights.at("linear_1"), channels, config.timeEmbedDim());
        this.second = new Linear(weights.at("linear_2"), config.timeEmbedDim(), config.timeEmbedDim());
    }

    /** Returns {@code [1, timeEmbedDim]} in the dtype and on the device of {@code like}. */
    Tensor forward(int timestep, Tensor like) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor sinusoids = sinusoids(timestep, channels, flipSinToCos, freqShift).to(like.dtype(), like.device());
            return scope.promote(second.forward(first.forward(sinusoids).silu()));
        }
    }

    /** Returns {@code [1, channels]}, float32. */
    static Tensor sinusoids(int timestep, int channels, boolean flipSinToCos, double freqShift) {
        try (TensorScope scope = TensorScope.open()) {
            int half = channels / 2;
            float[] exponents = new float[half];
            for (int i = 0; i < half; i++) {
                exponents[i] = (float) -Math.log(MAX_PERIOD) * i / (float) (half - freqShift);
            }
            Tensor angles = Tensor.of(exponents, 1, half).exp().mul(timestep);
            Tensor sines = angles.sin();
            Tensor cosines = angles.cos();
            Tensor both = flipSinToCos ? Tensor.cat(1, cosines, sines) : Tensor.cat(1, sines, cosines);
            Tensor padding = Tensor.zeros(Shape.of(1, channels % 2), DType.FLOAT32, both.device());
            return scope.promote(Tensor.cat(1, both, padding));
        }
    }
}
