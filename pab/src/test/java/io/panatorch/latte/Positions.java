package io.panatorch.latte;

/** Sinusoidal positions, as diffusers' {@code PatchEmbed} and {@code get_1d_sincos_pos_embed_from_grid} make them. */
final class Positions {

    private static final double BASE = 10000;
    /** The grid that a scale of 1 is for, in latents. */
    private static final int UNSCALED = 64;

    private Positions() {}

    /**
     * Positions of patches: the first half of the channels tells the column, the second the row. A grid of another size than
     * the model was trained on is squeezed or stretched onto that one.
     *
     * @return {@code [height, width, dim]} in row-major order
     */
    static float[] ofPatches(LatteConfig config, int height, int width) {
        int dim = config.innerDim();
        int trained = config.sampleSize() / config.patchSize();
        int scale = Math.max(config.sampleSize() / UNSCALED, 1);
        float[] table = new float[height * width * dim];
        int at = 0;
        for (int h = 0; h < height; h++) {
            for (int w = 0; w < width; w++) {
                put(table, at, dim / 2, coordinate(w, width, trained, scale));
                put(table, at + dim / 2, dim / 2, coordinate(h, height, trained, scale));
                at += dim;
            }
        }
        return table;
    }

    /** Positions of frames, {@code [frames, dim]} in row-major order. */
    static float[] ofFrames(int dim, int frames) {
        float[] table = new float[frames * dim];
        for (int f = 0; f < frames; f++) {
            put(table, f * dim, dim, f);
        }
        return table;
    }

    /** Divided in float32, as upstream does; all that follows is float64 and rounded once. */
    private static float coordinate(int index, int size, int trained, int scale) {
        return index / (float) ((double) size / trained) / scale;
    }

    /** Writes the sines of a position, then its cosines. */
    private static void put(float[] table, int at, int dim, double position) {
        int half = dim / 2;
        for (int j = 0; j < half; j++) {
            double angle = position * (1 / Math.pow(BASE, j / (dim / 2.0)));
            table[at + j] = (float) Math.sin(angle);
            table[at + half + j] = (float) Math.cos(angle);
        }
    }
}
