package io.panatorch.cache;

import java.util.Objects;

/**
 * A place in a model where a result may be reused instead of computed. Sites may lie inside each other: an attention in a
 * block, and the block in the denoiser.
 *
 * @param kind what is computed there
 * @param layer index of the block, from 0 in the order of execution, in its own list where spatial and temporal blocks take
 *     turns; 0 for a {@link SiteKind#DENOISER}
 * @param name the module's name in the published weights, such as {@code transformer_blocks.0.attn1}; unique in a model
 * @param stack which of the denoiser's stacks of blocks it is in, from 0: in a stack each block takes the tensors that the one before
 *     gives, and what is between two stacks, such as joining text and video, is not part of either
 */
public record Site(SiteKind kind, int layer, String name, int stack) {

    /** A site of a model with one stack of blocks. */
    public Site(SiteKind kind, int layer, String name) {
        this(kind, layer, name, 0);
    }

    /** Checks that all is there. */
    public Site {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(name, "name");
    }
}
