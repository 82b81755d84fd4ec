package io.panatorch.cache;

import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import java.util.List;

/**
 * How much work the computation of a site is, by its kind and the shapes of its inputs alone, so that it is the same in every run: the
 * multiplications of the usual layer of its kind, whose MLP is four times as wide as the tokens.
 */
final class Work {

    /** Of what has no tokens {@code [batch, tokens, width]}. */
    private static final double UNKNOWN = 1;

    private Work() {}

    static double of(SiteKind kind, List<Tensor> inputs) {
        if (kind == SiteKind.DENOISER) {
            return Double.MAX_VALUE; // what is held for it lets all be skipped, and is small
        }
        List<Shape> sequences = inputs.stream().map(Tensor::shape).filter(shape -> shape.dim() == 3).toList();
        if (sequences.isEmpty()) {
            return UNKNOWN;
        }
        double batch = sequences.getFirst().size(0);
        double width = sequences.getFirst().size(2);
        double first = sequences.getFirst().size(1);
        double tokens = sequences.stream().mapToDouble(shape -> shape.size(1)).sum();
        double attention = 4 * tokens * width * width + 2 * tokens * tokens * width;
        double feedForward = 8 * tokens * width * width;
        return batch * switch (kind) {
            case SPATIAL_ATTENTION, TEMPORAL_ATTENTION -> attention;
            case CROSS_ATTENTION -> 2 * tokens * width * width + 2 * first * (tokens - first) * width;
            case FEED_FORWARD -> feedForward;
            default -> attention + feedForward;
        };
    }
}
