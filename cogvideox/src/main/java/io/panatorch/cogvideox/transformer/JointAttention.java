package io.panatorch.cogvideox.transformer;

import io.panatorch.nn.LayerNorm;
import io.panatorch.nn.Linear;
import io.panatorch.nn.Weights;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;

/**
 * Full attention among all tokens of text and video, with normalised queries and keys; diffusers' {@code Attention} with
 * {@code CogVideoXAttnProcessor2_0}.
 */
final class JointAttention {

    private static final double QK_NORM_EPS = 1e-6;

    private final Linear query;
    private final Linear key;
    private final Linear value;
    private final Linear out;
    private final LayerNorm normQuery;
    private final LayerNorm normKey;
    private final int heads;
    private final int headDim;

    /** Takes {@code to_q}, {@code to_k}, {@code to_v}, {@code to_out.0}, {@code norm_q} and {@code norm_k}. */
    JointAttention(Weights weights, TransformerConfig config) throws IOException {
        int dim = config.innerDim();
        this.heads = config.numAttentionHeads();
        this.headDim = config.attentionHeadDim();
        this.query = new Linear(weights.at("to_q"), dim, dim, config.attentionBias());
        this.key = new Linear(weights.at("to_k"), dim, dim, config.attentionBias());
        this.value = new Linear(weights.at("to_v"), dim, dim, config.attentionBias());
        this.out = new Linear(weights.at("to_out").at(0), dim, dim);
        // These have weights whatever norm_elementwise_affine says.
        this.normQuery = new LayerNorm(weights.at("norm_q"), headDim, QK_NORM_EPS, true);
        this.normKey = new LayerNorm(weights.at("norm_k"), headDim, QK_NORM_EPS, true);
    }

    /**
     * {@return {@code [batch, tokens, dim]}, after the output projection}
     *
     * @param x {@code [batch, tokens, dim]}
     * @param rotary positions of all tokens, or null
     */
    Tensor forward(Tensor x, RotaryPositions rotary) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor attended = attended(x, rotary).transpose(1, 2); // [b, n, heads, headDim]
            return scope.promote(out.forward(attended.reshape(x.size(0), x.size(1), (long) heads * headDim))); // [b, n, dim]
        }
    }

    private Tensor attended(Tensor x, RotaryPositions rotary) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor q = placed(query, normQuery, x, rotary);
            Tensor k = placed(key, normKey, x, rotary);
            Tensor v = split(value.forward(x));
            return scope.promote(Tensor.scaledDotProductAttention(q, k, v, null, 1 / Math.sqrt(headDim))); // [b, heads, n, headDim]
        }
    }

    /** Each of these is as large as the tokens: what it is made of is not kept until all are there. */
    private Tensor placed(Linear projection, LayerNorm norm, Tensor x, RotaryPositions rotary) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor normal = norm.forward(split(projection.forward(x))); // [b, heads, n, headDim]
            return scope.promote(rotary == null ? normal : rotary.turn(normal));
        }
    }

    private Tensor split(Tensor x) {
        return x.reshape(x.size(0), x.size(1), heads, headDim).transpose(1, 2); // [b, heads, n, headDim]
    }
}
