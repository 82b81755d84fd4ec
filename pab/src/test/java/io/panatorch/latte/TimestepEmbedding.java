package io.panatorch.latte;

import io.panatorch.nn.Linear;
import io.panatorch.nn.Weights;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;

/** A timestep as a vector, and the modulation of all blocks that follows from it; diffusers' {@code AdaLayerNormSingle}. */
final class TimestepEmbedding {

    private static final int SINUSOIDS = 256;
    private static final double MAX_PERIOD = 10000;

    private final int dim;
    private final Linear first;
    private final Linear second;
    private final Linear linear;

    /** Takes {@code emb.timestep_embedder} and {@code linear}. */
    TimestepEmbedding(Weights weights, int dim) throws IOException {
        Weights embedder = weights.at("emb").at("timestep_embedder");
        this.dim = dim;
        this.first = new Linear(embedder.at("linear_1"), SINUSOIDS, dim);
        this.second = new Linear(embedder.at("linear_2"), dim, dim);
        this.linear = new Linear(weights.at("linear"), dim, (long) LatteBlock.PARTS * dim);
    }

    /** The timestep as {@code [1, dim]}, in the dtype and on the device of {@code like}. */
    Tensor embed(int timestep, Tensor like) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor sinusoids = sinusoids(timestep).to(like.dtype(), like.device());
            return scope.promote(second.forward(first.forward(sinusoids).silu()));
        }
    }

    /** What every block adds its own table to, {@code [PARTS, dim]}, for an embedded timestep. */
    Tensor modulation(Tensor embedded) {
        try (TensorScope scope = TensorScope.open()) {
            return scope.promote(linear.forward(embedded.silu()).reshape(LatteBlock.PARTS, dim)); // [parts, dim]
        }
    }

    /** Cosines, then sines; by libtorch in float32, since a more exact calculation would be a different one. */
    private static Tensor sinusoids(int timestep) {
        int half = SINUSOIDS / 2;
        float[] exponents = new float[half];
        for (int i = 0; i < half; i++) {
            exponents[i] = (float) -Math.log(MAX_PERIOD) * i / half;
        }
        Tensor angles = Tensor.of(exponents, 1, half).exp().mul(timestep);
        return Tensor.cat(1, angles.cos(), angles.sin());
    }
}
