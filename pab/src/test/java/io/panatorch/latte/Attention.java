package io.panatorch.latte;

import io.panatorch.nn.Linear;
import io.panatorch.nn.Weights;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;

/** Attention from tokens to context, the tokens themselves or the text. Nothing is masked. */
final class Attention {

    private final Linear query;
    private final Linear key;
    private final Linear value;
    private final Linear out;
    private final int heads;
    private final int headDim;

    /** Takes {@code to_q}, {@code to_k}, {@code to_v} and {@code to_out.0}. */
    Attention(Weights weights, LatteConfig config) throws IOException {
        int dim = config.innerDim();
        this.heads = config.numAttentionHeads();
        this.headDim = config.attentionHeadDim();
        this.query = new Linear(weights.at("to_q"), dim, dim, config.attentionBias());
        this.key = new Linear(weights.at("to_k"), dim, dim, config.attentionBias());
        this.value = new Linear(weights.at("to_v"), dim, dim, config.attentionBias());
        this.out = new Linear(weights.at("to_out").at(0), dim, dim);
    }

    /**
     * Attends.
     *
     * @param tokens {@code [batch, tokens, dim]}
     * @param context {@code [batch, context tokens, dim]}
     * @return {@code [batch, tokens, dim]}, of the caller's scope
     */
    Tensor forward(Tensor tokens, Tensor context) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor attended = Tensor.scaledDotProductAttention(split(query.forward(tokens)), split(key.forward(context)),
                    split(value.forward(context)), null, 1 / Math.sqrt(headDim));
            Tensor joined = attended.transpose(1, 2).reshape(tokens.size(0), tokens.size(1), (long) heads * headDim); // [b, n, dim]
            return scope.promote(out.forward(joined));
        }
    }

    private Tensor split(Tensor x) {
        return x.reshape(x.size(0), x.size(1), heads, headDim).transpose(1, 2); // [b, heads, n, headDim]
    }
}
