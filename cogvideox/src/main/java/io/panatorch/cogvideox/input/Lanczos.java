package io.panatorch.cogvideox.input;

/**
 * Resizes 8-bit pictures with a Lanczos filter, to the very bytes that Pillow's {@code Image.resize(…, LANCZOS)} gives (its
 * {@code Resample.c}): the weights are whole numbers, and what the first of two passes makes is rounded to bytes. Which one comes first is
 * as in Pillow 13, the vertical one where it leaves out more than twice as many rows as the other columns; up to Pillow 12 it is the
 * horizontal one.
 *
 * <p>A pass makes a row of pixels longer or shorter. When it makes it shorter the filter is as much wider, so that each pixel
 * counts.
 */
final class Lanczos {

    /** Half the filter's width, in pixels of the larger of both pictures. */
    private static final int LOBES = 3;
    /** Of a weight's fraction: a sum of bytes times weights has 8 more, and 2 to spare for what overshoots. */
    private static final int PRECISION_BITS = Integer.SIZE - Byte.SIZE - 2;

    private final int[] starts;
    private final int[][] weights;

    private Lanczos(int from, int to) {
        starts = new int[to];
        weights = new int[to][];
        double scale = (double) from / to;
        double filterScale = Math.max(scale, 1);
        double support = LOBES * filterScale;
        for (int i = 0; i < to; i++) {
            double center = (i + 0.5) * scale;
            int start = Math.max((int) (center - support + 0.5), 0);
            int end = Math.min((int) (center + support + 0.5), from);
            starts[i] = start;
            weights[i] = weights(start - center + 0.5, 1 / filterScale, end - start);
        }
    }

    /** @param first the place of the first pixel's middle, from the filter's */
    private static int[] weights(double first, double scale, int count) {
        double[] exact = new double[count];
        double sum = 0;
        for (int i = 0; i < count; i++) {
            exact[i] = filter((i + first) * scale);
            sum += exact[i];
        }
        int[] weights = new int[count];
        for (int i = 0; i < count; i++) {
            double weight = exact[i] / sum * (1 << PRECISION_BITS);
            weights[i] = (int) (weight < 0 ? weight - 0.5 : weight + 0.5);
        }
        return weights;
    }

    private static double filter(double x) {
        return -LOBES <= x && x < LOBES ? sinc(x) * sinc(x / LOBES) : 0;
    }

    private static double sinc(double x) {
        double angle = x * Math.PI;
        return x == 0 ? 1 : Math.sin(angle) / angle;
    }

    /** {@return the picture in another size; itself if it has it} */
    static BytePixels resize(BytePixels picture, int width, int height) {
        int fewerRows = picture.height() - height;
        boolean isVerticalFirst = fewerRows > 0 && fewerRows > 2L * (picture.width() - width);
        return isVerticalFirst
                ? horizontally(vertically(picture, height), width)
                : vertically(horizontally(picture, width), height);
    }

    private static BytePixels horizontally(BytePixels picture, int width) {
        if (width == picture.width()) {
            return picture;
        }
        int channels = BytePixels.CHANNELS;
        return new BytePixels(width, picture.height(), new Lanczos(picture.width(), width).pass(
                picture.rgb(), picture.height(), picture.width() * channels, channels, width * channels));
    }

    private static BytePixels vertically(BytePixels picture, int height) {
        if (height == picture.height()) {
            return picture;
        }
        // The columns lie side by side: to the pass, one row of pixels with very many channels.
        int channels = picture.width() * BytePixels.CHANNELS;
        return new BytePixels(picture.width(), height,
                new Lanczos(picture.height(), height).pass(picture.rgb(), 1, 0, channels, 0));
    }

    /**
     * Resizes rows.
     *
     * @param fromRow how far a row is from the next one
     * @param channels how many values a pixel of the row has
     */
    private byte[] pass(byte[] from, int rows, int fromRow, int channels, int toRow) {
        byte[] to = new byte[rows * starts.length * channels];
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < starts.length; i++) {
                int start = row * fromRow + starts[i] * channels;
                int at = row * toRow + i * channels;
                for (int channel = 0; channel < channels; channel++) {
                    to[at + channel] = sum(from, start + channel, channels, weights[i]);
                }
            }
        }
        return to;
    }

    private static byte sum(byte[] from, int start, int step, int[] weights) {
        int sum = 1 << (PRECISION_BITS - 1);
        for (int i = 0; i < weights.length; i++) {
            sum += (from[start + i * step] & 0xff) * weights[i];
        }
        return (byte) Math.clamp(sum >> PRECISION_BITS, 0, 255);
    }
}
