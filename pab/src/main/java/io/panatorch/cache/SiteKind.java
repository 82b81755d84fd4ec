package io.panatorch.cache;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/** What a {@link Site} computes. */
public enum SiteKind {
    /** One whole call of the denoiser. Its tokens are what is denoised; the last of its conditions is the timestep's embedding. */
    DENOISER,
    /** One transformer block. */
    BLOCK,
    /** Self-attention among the tokens of a frame, or among all tokens of a video at once. */
    SPATIAL_ATTENTION,
    /** Self-attention among the frames of one place. */
    TEMPORAL_ATTENTION,
    /** Attention from the video to the text. */
    CROSS_ATTENTION,
    /** The MLP of a block. */
    FEED_FORWARD;

    /** The three kinds of attention. */
    public static final Set<SiteKind> ATTENTIONS =
            Collections.unmodifiableSet(EnumSet.of(SPATIAL_ATTENTION, TEMPORAL_ATTENTION, CROSS_ATTENTION));

    /** {@return whether sites of another kind lie in sites of this one} */
    boolean contains(SiteKind other) {
        return this == DENOISER && other != DENOISER || this == BLOCK && other.ordinal() > BLOCK.ordinal();
    }
}
