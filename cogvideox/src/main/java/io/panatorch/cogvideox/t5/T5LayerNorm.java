package io.panatorch.cogvideox.t5;

import io.panatorch.nn.Layer;
import io.panatorch.nn.Weights;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;

/**
 * T5's normalisation: division by the root mean square, then a weight, without mean and shift.
 *
 * <p>Unlike torch's {@code nn.RMSNorm} it takes the float32 residual stream of a float16 model down to the dtype of its weight,
 * before it multiplies.
 */
final class T5LayerNorm implements Layer {

    private final Tensor weight;
    private final double eps;

    T5LayerNorm(Weights weights, T5Config config) throws IOException {
        weight = weights.get("weight", config.dModel());
        eps = config.layerNormEpsilon();
    }

    @Override
    public Tensor forward(Tensor x) {
        try (var scope = TensorScope.open()) {
            return scope.promote(x.rmsNorm(null, eps).to(weight.dtype()).mul(weight));
        }
    }
}
