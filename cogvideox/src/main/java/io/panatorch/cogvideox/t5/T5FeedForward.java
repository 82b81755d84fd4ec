package io.panatorch.cogvideox.t5;

import io.panatorch.nn.Activation;
import io.panatorch.nn.Layer;
import io.panatorch.nn.Linear;
import io.panatorch.nn.Weights;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;

/**
 * The feed-forward layer, {@code act(x · wi) · wo} or, gated, {@code (act(x · wi_0) ∘ (x · wi_1)) · wo}; {@code
 * T5DenseActDense} and {@code T5DenseGatedActDense} upstream.
 */
final class T5FeedForward implements Layer {

    private final Activation activation;
    private final Linear in;
    private final Linear gated;
    private final Linear out;
    private final DType outDtype;

    /**
     * @param precise the dtype of {@code wo}, that of the weights or a wider one
     */
    T5FeedForward(Weights weights, DType precise, T5Config config) throws IOException {
        activation = config.activation();
        in = new Linear(weights.at(config.gated() ? "wi_0" : "wi"), config.dModel(), config.dFf(), false);
        gated = config.gated() ? new Linear(weights.at("wi_1"), config.dModel(), config.dFf(), false) : null;
        out = new Linear(weights.at("wo").as(precise), config.dFf(), config.dModel(), false);
        outDtype = precise;
    }

    /** {@return {@code [batch, tokens, d_model]} in the dtype of {@code wo}} for x of the same shape. */
    @Override
    public Tensor forward(Tensor x) {
        try (var scope = TensorScope.open()) {
            Tensor inner = activation.forward(in.forward(x));    // [batch, tokens, d_ff]
            if (gated != null) {
                inner = inner.mul(gated.forward(x));
            }
            return scope.promote(out.forward(inner.to(outDtype)));
        }
    }
}
