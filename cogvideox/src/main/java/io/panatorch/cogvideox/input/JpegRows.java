package io.panatorch.cogvideox.input;

/**
 * The rows of a component in the picture's own size. Where it is half as fine they are interpolated, three parts of the nearer sample
 * and one of the farther, with libjpeg's rounding; where it is coarser, or very narrow, samples are repeated.
 */
final class JpegRows {

    /** Narrower rows are not interpolated. */
    private static final int LEAST_WIDTH = 3;

    private final byte[] samples;
    private final int stride;
    private final int width;
    private final int height;
    private final int timesAcross;
    private final int timesDown;
    private final int[] blended;

    JpegRows(JpegComponent component, int mostAcross, int mostDown) {
        samples = component.samples();
        stride = component.blocksAcross * JpegComponent.SIDE;
        width = component.width;
        height = component.height;
        timesAcross = mostAcross / component.across;
        timesDown = mostDown / component.down;
        blended = new int[width];
    }

    /** Writes a row of the picture; the array may be longer. */
    void row(int y, int[] to) {
        boolean isWide = width >= LEAST_WIDTH;
        if (timesAcross == 2 && timesDown == 1 && isWide) {
            blend(y, y, 1, 0);
            widen(to, 4, 1, 2);
        } else if (timesAcross == 2 && timesDown == 2 && isWide) {
            blend(y / 2, farther(y), 4, 0);
            widen(to, 16, 8, 7);
        } else if (timesAcross == 1 && timesDown == 2) {
            blend(y / 2, farther(y), 4, y % 2 == 0 ? 1 : 2);
            for (int x = 0; x < width; x++) {
                to[x] = blended[x] / 4;
            }
        } else {
            int row = y / timesDown * stride;
            for (int x = 0; x < to.length; x++) {
                to[x] = samples[row + x / timesAcross] & 0xff;
            }
        }
    }

    /** {@return the row of samples on the other side of a picture's row than the one that it lies in} */
    private int farther(int y) {
        return Math.clamp(y / 2 + (y % 2 == 0 ? -1 : 1), 0, height - 1);
    }

    /** @param parts 4, or 1 for the nearer row alone */
    private void blend(int nearer, int farther, int parts, int rounding) {
        for (int x = 0; x < width; x++) {
            int near = samples[nearer * stride + x] & 0xff;
            blended[x] = rounding + (parts == 1 ? near : 3 * near + (samples[farther * stride + x] & 0xff));
        }
    }

    /** At the ends the farther sample is the nearer one again. */
    private void widen(int[] to, int parts, int roundingLeft, int roundingRight) {
        for (int x = 0; x < to.length; x++) {
            int near = blended[x / 2];
            int far = blended[Math.clamp(x / 2 + (x % 2 == 0 ? -1 : 1), 0, width - 1)];
            to[x] = (3 * near + far + (x % 2 == 0 ? roundingLeft : roundingRight)) / parts;
        }
    }
}
