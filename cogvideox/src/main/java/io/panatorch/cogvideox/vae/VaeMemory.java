package io.panatorch.cogvideox.vae;

import java.util.Objects;
import java.util.Optional;

/**
 * How much of its work an autoencoder does at once: what is done in parts needs less memory and more time.
 *
 * <pre>{@code
 * Tensor frames = vae.decode(latents, VaeMemory.WHOLE.withSlicing().withTiling(Tiling.of(vae.config())));
 * }</pre>
 *
 * @param slicing one video of a batch after another, diffusers' {@code enable_slicing}; each is what it is alone
 * @param tiling one tile of a frame after another, diffusers' {@code enable_tiling}, or none
 */
public record VaeMemory(boolean slicing, Optional<Tiling> tiling) {

    /** All at once. */
    public static final VaeMemory WHOLE = new VaeMemory(false, Optional.empty());

    /** Neither may be null. */
    public VaeMemory {
        Objects.requireNonNull(tiling, "tiling");
    }

    /** {@return this, one video after another} */
    public VaeMemory withSlicing() {
        return new VaeMemory(true, tiling);
    }

    /** {@return this, in such tiles} */
    public VaeMemory withTiling(Tiling tiles) {
        return new VaeMemory(slicing, Optional.of(tiles));
    }
}
