package io.panatorch.cogvideox.vae;

/**
 * The tiles that large frames are encoded and decoded in, so that memory follows the tile and not the frame. Neighbours
 * overlap and are blended; frames that are not larger than a tile are not divided. The values are those of diffusers'
 * {@code enable_tiling}.
 *
 * <p>A video in tiles is not exactly the video in one piece: a tile knows nothing of what lies beyond it.
 *
 * @param tileSampleMinHeight height of a tile in pixels
 * @param tileSampleMinWidth its width
 * @param overlapFactorHeight the part of a tile's height, from 0 and below 1, that the next tile below covers too
 * @param overlapFactorWidth likewise of its width and the next tile to the right
 */
public record Tiling(int tileSampleMinHeight, int tileSampleMinWidth, double overlapFactorHeight, double overlapFactorWidth) {

    private static final double OVERLAP_HEIGHT = 1.0 / 6;
    private static final double OVERLAP_WIDTH = 1.0 / 5;

    /** What is left of a whole number when a factor such as 1/6 has been rounded. */
    private static final double ROUNDING = 1e-9;

    /**
     * Checks what needs no autoencoder to be known; {@link #requireFit} checks the rest.
     *
     * @throws IllegalArgumentException for a size below 1, or a factor that is not from 0 and below 1
     */
    public Tiling {
        requirePositive("tileSampleMinHeight", tileSampleMinHeight);
        requirePositive("tileSampleMinWidth", tileSampleMinWidth);
        requirePart("overlapFactorHeight", overlapFactorHeight);
        requirePart("overlapFactorWidth", overlapFactorWidth);
    }

    private static void requirePositive(String what, int size) {
        if (size < 1) {
            throw new IllegalArgumentException("tiling: " + what + ": expected 1 pixel or more, found " + size);
        }
    }

    private static void requirePart(String what, double factor) {
        if (!(factor >= 0 && factor < 1)) {
            throw new IllegalArgumentException("tiling: " + what + ": expected a number from 0 and below 1, found " + factor);
        }
    }

    /**
     * {@return diffusers' tiles for an autoencoder: half of the height and width that it is meant for, of which a sixth and
     * a fifth overlap}
     *
     * <p>Where these are no whole numbers of latents, as in no published model, the nearest that are.
     */
    public static Tiling of(VaeConfig config) {
        int scale = config.spatialScale();
        int rows = Math.max(1, config.sampleHeight() / 2 / scale);
        int columns = Math.max(1, config.sampleWidth() / 2 / scale);
        return new Tiling(rows * scale, columns * scale,
                Math.rint(rows * OVERLAP_HEIGHT) / rows, Math.rint(columns * OVERLAP_WIDTH) / columns);
    }

    /**
     * Checks that tiles and their overlaps are whole numbers of latents. With others diffusers puts tiles together that do
     * not belong side by side, and says nothing.
     *
     * @throws IllegalArgumentException that names a value that would fit
     */
    public void requireFit(VaeConfig config) {
        rows(config.spatialScale());
        columns(config.spatialScale());
    }

    Axis rows(int scale) {
        return Axis.of("Height", tileSampleMinHeight, overlapFactorHeight, scale);
    }

    Axis columns(int scale) {
        return Axis.of("Width", tileSampleMinWidth, overlapFactorWidth, scale);
    }

    /** How tiles lie in one direction, in latents; a tile is larger than its overlap. */
    record Axis(int tile, int overlap) {

        private static Axis of(String direction, int sample, double factor, int scale) {
            if (sample % scale != 0) {
                throw new IllegalArgumentException("tiling: tileSampleMin" + direction + ": expected a multiple of " + scale
                        + ", the pixels of a latent, found " + sample + "; " + nearest(sample, scale) + " would do");
            }
            int tile = sample / scale;
            double overlap = tile * factor;
            long whole = Math.round(overlap);
            if (Math.abs(overlap - whole) > ROUNDING || whole == tile) {
                throw new IllegalArgumentException("tiling: overlapFactor" + direction + ": expected a whole number of the "
                        + tile + " latents of a tile, found " + factor + ", which are " + (float) overlap + "; "
                        + Math.min(whole, tile - 1) + "/" + tile + " would do");
            }
            return new Axis(tile, (int) whole);
        }

        private static int nearest(int sample, int scale) {
            return Math.max(scale, (int) (Math.round((double) sample / scale) * scale));
        }

        /** From one tile to the next. */
        int step() {
            return tile - overlap;
        }
    }
}
