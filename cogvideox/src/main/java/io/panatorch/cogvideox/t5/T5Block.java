package io.panatorch.cogvideox.t5;

import io.panatorch.nn.Weights;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;

/** One layer of the encoder: attention, then feed-forward, each on the normalised stream and added to it. */
final class T5Block {

    private final T5LayerNorm attentionNorm;
    private final T5SelfAttention attention;
    private final T5LayerNorm feedForwardNorm;
    private final T5FeedForward feedForward;

    /** Takes the weights of {@code encoder.block.N.layer}; {@code precise} as in {@link T5FeedForward}. */
    T5Block(Weights weights, DType precise, T5Config config) throws IOException {
        attentionNorm = new T5LayerNorm(weights.at(0).at("layer_norm"), config);
        attention = new T5SelfAttention(weights.at(0).at("SelfAttention"), config);
        feedForwardNorm = new T5LayerNorm(weights.at(1).at("layer_norm"), config);
        feedForward = new T5FeedForward(weights.at(1).at("DenseReluDense"), precise, config);
    }

    /** {@return {@code [batch, tokens, d_model]}} for x of the same shape and a bias {@code [1, heads, tokens, tokens]}. */
    Tensor forward(Tensor x, Tensor positionBias) {
        try (var scope = TensorScope.open()) {
            Tensor attended = x.add(attention.forward(attentionNorm.forward(x), positionBias));
            return scope.promote(attended.add(feedForward.forward(feedForwardNorm.forward(attended))));
        }
    }
}
