package io.panatorch.cogvideox.transformer;

/**
 * Three-dimensional sinusoidal positions, as diffusers' {@code get_3d_sincos_pos_embed} makes them: the first quarter of the
 * channels tells the frame, then half of the rest the column and half the row. Each part is sines, then cosines.
 *
 * <p>Coordinates are divided in float32, everything after that is float64, and the result is rounded once.
 */
final class SincosPositions {

    private static final double BASE = 10000.0;

    private SincosPositions() {}

    /**
     * @param dim channels, a multiple of 16
     * @return {@code [frames, height, width, dim]} in row-major order
     */
    static float[] of(int dim, int frames, int height, int width, double spatialScale, double temporalScale) {
        int temporal = dim / 4;
        int axis = (dim - temporal) / 2;
        double[][] frame = table(frames, temporal, temporalScale);
        double[][] row = table(height, axis, spatialScale);
        double[][] column = table(width, axis, spatialScale);
        float[] out = new float[frames * height * width * dim];
        int at = 0;
        for (int f = 0; f < frames; f++) {
            for (int h = 0; h < height; h++) {
                for (int w = 0; w < width; w++) {
                    at = append(out, at, frame[f]);
                    at = append(out, at, column[w]);
                    at = append(out, at, row[h]);
                }
            }
        }
        return out;
    }

    private static int append(float[] out, int at, double[] values) {
        for (int i = 0; i < values.length; i++) {
            out[at + i] = (float) values[i];
        }
        return at + values.length;
    }

    /** The embedding of each coordinate 0 … count - 1 in {@code dim} channels. */
    private static double[][] table(int count, int dim, double scale) {
        double[][] table = new double[count][dim];
        int half = dim / 2;
        for (int i = 0; i < count; i++) {
            float position = i / (float) scale;
            for (int j = 0; j < half; j++) {
                double angle = position * (1.0 / Math.pow(BASE, j / (dim / 2.0)));
                table[i][j] = Math.sin(angle);
                table[i][half + j] = Math.cos(angle);
            }
        }
        return table;
    }
}
