package io.panatorch.cogvideox.video;

import io.panatorch.cogvideox.video.H264Prediction.Mode;

/**
 * One picture, macroblock by macroblock: continued from what is above and to the left, moved from the picture before, or taken
 * from there as it is.
 */
final class H264Slice {

    /** Of a picture with one before it, whose own kinds of macroblocks come first. */
    private static final int INTRA_AFTER_INTER = 5;
    /** Codes of the coefficients that are there after a prediction from another picture: table 9-4, turned around. */
    private static final int[] PATTERN_CODES = {
        0, 2, 3, 7, 4, 8, 17, 13, 5, 18, 9, 14, 10, 15, 16, 11, 1, 32, 33, 36, 34, 37, 44, 40, 35, 45, 38, 41, 39, 42, 43, 19, 6,
        24, 25, 20, 26, 21, 46, 28, 27, 47, 22, 29, 23, 30, 31, 12};
    /** How far a search for motion begins to step, in pixels. */
    private static final int FIRST_STEP = 8;
    private static final int SEARCH_ROUNDS = 24;
    /** What a bit of a motion's code is worth in distance, at a quantizer of about 20. */
    private static final int BIT = 2;
    /** A macroblock that is not taken from another picture costs more bits by this much distance. */
    private static final int INTRA_PENALTY = 64;

    /** A distance up to which no other guess is tried than one from the picture before. */
    private static final int ALIKE = 512;

    private final BitWriter out;
    private final Yuv source;
    private final Yuv before;
    private final Yuv made;
    private final int columns;
    private final H264Residual residual;
    private final byte[][] guess = {new byte[256], new byte[64], new byte[64]};
    private final byte[][] other = {new byte[256], new byte[64], new byte[64]};
    /** For each macroblock where it was taken from, or null. */
    private final int[][] motions;
    private int skipped;

    /**
     * @param out has the slice's header
     * @param before the picture before as a player sees it, or null to use none
     */
    H264Slice(BitWriter out, Yuv source, Yuv before, int quantizer) {
        this.out = out;
        this.source = source;
        this.before = before;
        this.made = Yuv.blank(source.width(), source.height());
        this.columns = source.width() / 16;
        this.residual = new H264Residual(quantizer, columns, source.height() / 16);
        this.motions = new int[columns * source.height() / 16][];
    }

    /** Writes all and returns the picture as a player sees it. */
    Yuv encode() {
        for (int row = 0; row < source.height() / 16; row++) {
            for (int column = 0; column < columns; column++) {
                if (before == null) {
                    intra(column, row, intraMode(column, row), 0);
                } else {
                    inter(column, row);
                }
            }
        }
        if (skipped > 0) {
            out.unsigned(skipped);
        }
        return made;
    }

    private void inter(int column, int row) {
        int[] expected = expectedMotion(column, row);
        int[] unsaid = unsaidMotion(column, row, expected);
        move(column, row, unsaid);
        residual.take(source, column, row, guess, false);
        if (!isNothingLeft()) {
            int[] motion = search(column, row, expected, unsaid);
            int distance = lumaDistance(column, row, motion, expected);
            if (distance > ALIKE) {
                Mode mode = intraMode(column, row);
                if (H264Prediction.distance(source.planes()[0], source.width(), 16 * column, 16 * row, 16, guess[0])
                        + INTRA_PENALTY < distance) {
                    writeSkipped();
                    intra(column, row, mode, INTRA_AFTER_INTER);
                    return;
                }
            }
            move(column, row, motion);
            residual.take(source, column, row, guess, false);
            if (!isNothingLeft() || motion[0] != unsaid[0] || motion[1] != unsaid[1]) {
                writeInter(column, row, motion, expected);
                return;
            }
        }
        skipped++;
        motions[row * columns + column] = unsaid;
        residual.rebuild(made, column, row, guess);
    }

    private void writeInter(int column, int row, int[] motion, int[] expected) {
        writeSkipped();
        out.unsigned(0); // P_L0_16x16
        out.signed(4 * (motion[0] - expected[0]));
        out.signed(4 * (motion[1] - expected[1]));
        int pattern = residual.lumaPattern() | residual.chromaPattern() << 4;
        out.unsigned(PATTERN_CODES[pattern]);
        if (pattern != 0) {
            out.signed(0); // the same quantizer
            residual.write(out, column, row);
        }
        motions[row * columns + column] = motion;
        residual.rebuild(made, column, row, guess);
    }

    private boolean isNothingLeft() {
        return residual.lumaPattern() == 0 && residual.chromaPattern() == 0;
    }

    private void writeSkipped() {
        out.unsigned(skipped);
        skipped = 0;
    }

    /** Leaves the best guess for brightness in {@link #guess}. */
    private Mode intraMode(int column, int row) {
        Mode best = null;
        int least = Integer.MAX_VALUE;
        for (Mode mode : Mode.values()) {
            if (mode.isPossible(column > 0, row > 0)) {
                H264Prediction.continued(mode, made.planes()[0], made.width(), 16 * column, 16 * row, 16, other[0]);
                int distance = H264Prediction.distance(
                        source.planes()[0], source.width(), 16 * column, 16 * row, 16, other[0]);
                if (distance < least) {
                    least = distance;
                    best = mode;
                    System.arraycopy(other[0], 0, guess[0], 0, guess[0].length);
                }
            }
        }
        return best;
    }

    private Mode chromaMode(int column, int row) {
        Mode best = null;
        int least = Integer.MAX_VALUE;
        for (Mode mode : Mode.values()) {
            if (mode.isPossible(column > 0, row > 0)) {
                int distance = 0;
                for (int plane = 1; plane <= 2; plane++) {
                    H264Prediction.continued(mode, made.planes()[plane], made.width() / 2, 8 * column, 8 * row, 8, other[plane]);
                    distance += H264Prediction.distance(
                            source.planes()[plane], source.width() / 2, 8 * column, 8 * row, 8, other[plane]);
                }
                if (distance < least) {
                    least = distance;
                    best = mode;
                    System.arraycopy(other[1], 0, guess[1], 0, guess[1].length);
                    System.arraycopy(other[2], 0, guess[2], 0, guess[2].length);
                }
            }
        }
        return best;
    }

    private void intra(int column, int row, Mode mode, int firstType) {
        Mode chroma = chromaMode(column, row);
        residual.take(source, column, row, guess, true);
        out.unsigned(firstType + 1 + mode.luma + 4 * residual.chromaPattern() + (residual.lumaPattern() == 0 ? 0 : 12));
        out.unsigned(chroma.chroma);
        out.signed(0); // the same quantizer
        residual.write(out, column, row);
        residual.rebuild(made, column, row, guess);
    }

    private void move(int column, int row, int[] motion) {
        for (int plane = 0; plane < guess.length; plane++) {
            H264Prediction.moved(before, plane, column, row, motion[0], motion[1], guess[plane]);
        }
    }

    /** The motion of a macroblock that says none. */
    private int[] unsaidMotion(int column, int row, int[] expected) {
        boolean still = column == 0 || row == 0 || isStill(column - 1, row) || isStill(column, row - 1);
        return still ? new int[2] : expected;
    }

    private boolean isStill(int column, int row) {
        int[] motion = motions[row * columns + column];
        return motion != null && motion[0] == 0 && motion[1] == 0;
    }

    /** What is written is the difference from this: the median of the left, the upper and the upper right one. */
    private int[] expectedMotion(int column, int row) {
        int at = row * columns + column;
        if (row == 0) {
            return column == 0 || motions[at - 1] == null ? new int[2] : motions[at - 1];
        }
        int[] left = column == 0 ? null : motions[at - 1];
        int[] above = motions[at - columns];
        int[] beside = column + 1 < columns ? motions[at - columns + 1] : column == 0 ? null : motions[at - columns - 1];
        int known = (left == null ? 0 : 1) + (above == null ? 0 : 1) + (beside == null ? 0 : 1);
        if (known == 1) {
            return left != null ? left : above != null ? above : beside;
        }
        return new int[] {median(left, above, beside, 0), median(left, above, beside, 1)};
    }

    private static int median(int[] a, int[] b, int[] c, int axis) {
        int first = a == null ? 0 : a[axis];
        int second = b == null ? 0 : b[axis];
        int third = c == null ? 0 : c[axis];
        return Math.max(Math.min(first, second), Math.min(Math.max(first, second), third));
    }

    /** Steps to where the picture before is most alike, by ever smaller steps. */
    private int[] search(int column, int row, int[] expected, int[] unsaid) {
        int[] best = new int[2];
        int least = lumaDistance(column, row, best, expected);
        for (int[] start : new int[][] {expected, unsaid}) {
            int distance = lumaDistance(column, row, start, expected);
            if (distance < least) {
                least = distance;
                best = start.clone();
            }
        }
        int step = FIRST_STEP;
        for (int round = 0; round < SEARCH_ROUNDS && step > 0; round++) {
            int[] centre = best;
            for (int side = 0; side < 4; side++) {
                int sign = side < 2 ? step : -step;
                int[] next = {centre[0] + (side % 2 == 0 ? sign : 0), centre[1] + (side % 2 == 0 ? 0 : sign)};
                int distance = isNear(column, row, next) ? lumaDistance(column, row, next, expected) : Integer.MAX_VALUE;
                if (distance < least) {
                    least = distance;
                    best = next;
                }
            }
            step = best == centre ? step / 2 : step;
        }
        return best;
    }

    /** Whether a macroblock is taken from within the picture. */
    private boolean isNear(int column, int row, int[] motion) {
        int x = 16 * column + motion[0];
        int y = 16 * row + motion[1];
        return x >= 0 && y >= 0 && x + 16 <= source.width() && y + 16 <= source.height();
    }

    private int lumaDistance(int column, int row, int[] motion, int[] expected) {
        int bits = length(motion[0] - expected[0]) + length(motion[1] - expected[1]);
        if (isNear(column, row, motion)) {
            int sum = BIT * bits;
            byte[] wanted = source.planes()[0];
            byte[] found = before.planes()[0];
            for (int y = 0; y < 16; y++) {
                int at = (16 * row + y) * source.width() + 16 * column;
                int from = at + motion[1] * source.width() + motion[0];
                for (int x = 0; x < 16; x++) {
                    sum += Math.abs((wanted[at + x] & 0xff) - (found[from + x] & 0xff));
                }
            }
            return sum;
        }
        H264Prediction.moved(before, 0, column, row, motion[0], motion[1], other[0]);
        return BIT * bits
                + H264Prediction.distance(source.planes()[0], source.width(), 16 * column, 16 * row, 16, other[0]);
    }

    /** Bits of a code for a distance in pixels, which is written in quarters. */
    private static int length(int distance) {
        return distance == 0 ? 1 : 2 * (32 - Integer.numberOfLeadingZeros(8 * Math.abs(distance))) - 1;
    }
}
