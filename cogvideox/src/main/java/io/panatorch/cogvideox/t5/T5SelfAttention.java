package io.panatorch.cogvideox.t5;

import io.panatorch.nn.Linear;
import io.panatorch.nn.Weights;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;

/** Attention of every token to every token; {@code T5Attention} of an encoder upstream. */
final class T5SelfAttention {

    /** T5 leaves the scores as they are: the usual 1/√d is folded into how its weights were initialised. */
    private static final double SCALE = 1.0;

    private final Linear query;
    private final Linear key;
    private final Linear value;
    private final Linear output;
    private final int heads;

    T5SelfAttention(Weights weights, T5Config config) throws IOException {
        heads = config.numHeads();
        long inner = (long) config.numHeads() * config.dKv();
        query = new Linear(weights.at("q"), config.dModel(), inner, false);
        key = new Linear(weights.at("k"), config.dModel(), inner, false);
        value = new Linear(weights.at("v"), config.dModel(), inner, false);
        output = new Linear(weights.at("o"), inner, config.dModel(), false);
    }

    /** {@return {@code [batch, tokens, d_model]}} for x of the same shape and a bias {@code [1, heads, tokens, tokens]}. */
    Tensor forward(Tensor x, Tensor positionBias) {
        try (var scope = TensorScope.open()) {
            Tensor q = split(query.forward(x));
            Tensor k = split(key.forward(x));
            Tensor v = split(value.forward(x));
            Tensor attended = Tensor.scaledDotProductAttention(q, k, v, positionBias, SCALE);
            Tensor joined = attended.transpose(1, 2).reshape(x.size(0), x.size(1), -1);    // [batch, tokens, heads·d]
            return scope.promote(output.forward(joined));
        }
    }

    private Tensor split(Tensor x) {
        return x.reshape(x.size(0), x.size(1), heads, -1).transpose(1, 2);    // [batch, heads, tokens, d]
    }
}
