package io.panatorch.cogvideox.t5;

import io.panatorch.nn.Embedding;
import io.panatorch.nn.Weights;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;

/**
 * T5's knowledge of order: a learned number for each head and each bucket of distances, added to the attention scores
 * (arXiv 1910.10683, section 2.1; {@code T5Attention.compute_bias} upstream).
 *
 * <p>Half of the buckets are for keys after the query, half for the others. Of each half, the first half holds one distance
 * a bucket; the rest widen logarithmically up to the largest distance, and the last one holds everything beyond.
 */
final class RelativePositions {

    private final Embedding biases;
    private final Device device;
    private final int buckets;
    private final int maxDistance;

    RelativePositions(Weights weights, T5Config config) throws IOException {
        biases = new Embedding(weights, config.relativeAttentionNumBuckets(), config.numHeads());
        device = weights.device();
        buckets = config.relativeAttentionNumBuckets();
        maxDistance = config.relativeAttentionMaxDistance();
    }

    /** {@return what is added to the scores of every layer, {@code [1, heads, tokens, tokens]}} */
    Tensor bias(int tokens) {
        try (var scope = TensorScope.open()) {
            Tensor table = Tensor.of(bucketTable(tokens), tokens, tokens).to(device);    // [tokens, tokens]
            Tensor bias = biases.forward(table).permute(2, 0, 1).unsqueeze(0);           // [1, heads, tokens, tokens]
            // The fused attention kernels want the keys to be adjacent in memory.
            return scope.promote(bias.contiguous());
        }
    }

    private long[] bucketTable(int tokens) {
        long[] byDistance = new long[2 * tokens - 1];
        for (int i = 0; i < byDistance.length; i++) {
            byDistance[i] = bucket(i - (tokens - 1), buckets, maxDistance);
        }
        long[] table = new long[Math.multiplyExact(tokens, tokens)];
        for (int query = 0; query < tokens; query++) {
            System.arraycopy(byDistance, tokens - 1 - query, table, query * tokens, tokens);
        }
        return table;
    }

    /** {@return from which distance on a bucket may hold more than one} */
    static int exact(int buckets) {
        return buckets / 2 / 2;
    }

    /** {@return the bucket of a key that is {@code distance} tokens after the query, or before it if negative} */
    static int bucket(int distance, int buckets, int maxDistance) {
        int half = buckets / 2;
        int exact = exact(buckets);
        int first = distance > 0 ? half : 0;
        int far = Math.abs(distance);
        if (far < exact) {
            return first + far;
        }
        // In float, as upstream: a bucket's edge can fall on a whole distance, where one rounding more or less decides.
        float octaves = (float) Math.log((float) far / exact) / (float) Math.log((double) maxDistance / exact);
        return first + Math.min(exact + (int) (octaves * (half - exact)), half - 1);
    }
}
