package io.panatorch.cogvideox.video;

import java.util.Arrays;

/** What a part of a picture is guessed to be before its differences are known: chapters 8.3 and 8.4 of ITU-T H.264. */
final class H264Prediction {

    /** How a square is continued from the pixels above it and to its left. */
    enum Mode {
        VERTICAL(0, 2), HORIZONTAL(1, 1), MEAN(2, 0), PLANE(3, 3);

        /** Its number for brightness. */
        final int luma;
        /** Its number for colour differences. */
        final int chroma;

        Mode(int luma, int chroma) {
            this.luma = luma;
            this.chroma = chroma;
        }

        /** Whether the pixels are there that it continues. */
        boolean isPossible(boolean hasLeft, boolean hasAbove) {
            return switch (this) {
                case VERTICAL -> hasAbove;
                case HORIZONTAL -> hasLeft;
                case MEAN -> true;
                case PLANE -> hasLeft && hasAbove;
            };
        }
    }

    private static final int UNKNOWN = 128;
    private static final int LUMA_SIZE = 16;

    private H264Prediction() {}

    /**
     * Continues what is above and to the left.
     *
     * @param plane the picture so far, with rows of {@code stride}
     * @param size 16 for brightness, 8 for colour differences, whose means are of 4 × 4 each
     * @param out takes the square, row by row
     */
    static void continued(Mode mode, byte[] plane, int stride, int x, int y, int size, byte[] out) {
        int at = y * stride + x;
        switch (mode) {
            case VERTICAL -> {
                for (int row = 0; row < size; row++) {
                    System.arraycopy(plane, at - stride, out, row * size, size);
                }
            }
            case HORIZONTAL -> {
                for (int i = 0; i < size * size; i++) {
                    out[i] = plane[at + i / size * stride - 1];
                }
            }
            case MEAN -> {
                if (size == LUMA_SIZE) {
                    fill(out, size, 0, 0, size, mean(plane, stride, at, x > 0, y > 0, size));
                } else {
                    chromaMeans(plane, stride, x, y, size, out);
                }
            }
            case PLANE -> plane(plane, stride, at, size, out);
        }
    }

    /** Each quarter has the mean of what is beside and above it; the two that touch one of these, of that alone where it is there. */
    private static void chromaMeans(byte[] plane, int stride, int x, int y, int size, byte[] out) {
        int half = size / 2;
        for (int quarter = 0; quarter < 4; quarter++) {
            int dx = quarter % 2 * half;
            int dy = quarter / 2 * half;
            boolean left = x > 0 && (dx == 0 || dy > 0 || y == 0);
            boolean above = y > 0 && (dy == 0 || dx > 0 || x == 0);
            int sum = (left ? sum(plane, (y + dy) * stride + x - 1, stride, half) : 0)
                    + (above ? sum(plane, (y - 1) * stride + x + dx, 1, half) : 0);
            fill(out, size, dx, dy, half, rounded(sum, left, above, half));
        }
    }

    private static int mean(byte[] plane, int stride, int at, boolean left, boolean above, int size) {
        int sum = (left ? sum(plane, at - 1, stride, size) : 0) + (above ? sum(plane, at - stride, 1, size) : 0);
        return rounded(sum, left, above, size);
    }

    private static int rounded(int sum, boolean left, boolean above, int size) {
        int count = (left ? size : 0) + (above ? size : 0);
        return count == 0 ? UNKNOWN : (sum + count / 2) / count;
    }

    private static int sum(byte[] plane, int at, int step, int count) {
        int sum = 0;
        for (int i = 0; i < count; i++) {
            sum += plane[at + i * step] & 0xff;
        }
        return sum;
    }

    private static void fill(byte[] out, int stride, int x, int y, int size, int value) {
        for (int row = y; row < y + size; row++) {
            Arrays.fill(out, row * stride + x, row * stride + x + size, (byte) value);
        }
    }

    /** A slope in both directions, by the differences of what is above and to the left. */
    private static void plane(byte[] plane, int stride, int at, int size, byte[] out) {
        int half = size / 2;
        int across = 0;
        int down = 0;
        for (int i = 1; i <= half; i++) {
            across += i * ((plane[at - stride + half - 1 + i] & 0xff) - (plane[at - stride + half - 1 - i] & 0xff));
            down += i * ((plane[at - 1 + (half - 1 + i) * stride] & 0xff) - (plane[at - 1 + (half - 1 - i) * stride] & 0xff));
        }
        int factor = size == LUMA_SIZE ? 5 : 34;
        across = factor * across + 32 >> 6;
        down = factor * down + 32 >> 6;
        int corners = 16 * ((plane[at - 1 + (size - 1) * stride] & 0xff) + (plane[at - stride + size - 1] & 0xff));
        for (int i = 0; i < size * size; i++) {
            int value = corners + across * (i % size - half + 1) + down * (i / size - half + 1) + 16 >> 5;
            out[i] = (byte) Math.clamp(value, 0, 255);
        }
    }

    /**
     * Takes a square from another picture, moved by whole pixels of brightness; beyond its edge that picture goes on as it ends.
     *
     * @param plane 0 for brightness, whose squares are of 16 × 16, 1 or 2 for colour differences of 8 × 8
     */
    static void moved(Yuv picture, int plane, int column, int row, int moveX, int moveY, byte[] out) {
        int scale = plane == 0 ? 1 : 2;
        int size = LUMA_SIZE / scale;
        int width = picture.width() / scale;
        int height = picture.height() / scale;
        int x = column * size + Math.floorDiv(moveX, scale);
        int y = row * size + Math.floorDiv(moveY, scale);
        boolean betweenColumns = Math.floorMod(moveX, scale) != 0;
        boolean betweenRows = Math.floorMod(moveY, scale) != 0;
        boolean isInside = x >= 0 && y >= 0 && x + size < width && y + size < height;
        byte[] from = picture.planes()[plane];
        for (int i = 0; i < size * size; i += size) {
            int top = Math.clamp(y + i / size, 0, height - 1) * width;
            int bottom = betweenRows ? Math.clamp(y + i / size + 1, 0, height - 1) * width : top;
            if (isInside) {
                mean(from, top + x, bottom + x, betweenColumns ? 1 : 0, out, i, size);
                continue;
            }
            for (int j = 0; j < size; j++) {
                int left = Math.clamp(x + j, 0, width - 1);
                int right = betweenColumns ? Math.clamp(x + j + 1, 0, width - 1) : left;
                out[i + j] = mean(from, top + left, top + right, bottom + left, bottom + right);
            }
        }
    }

    private static void mean(byte[] from, int top, int bottom, int next, byte[] out, int to, int count) {
        if (top == bottom && next == 0) {
            System.arraycopy(from, top, out, to, count);
            return;
        }
        for (int i = 0; i < count; i++) {
            out[to + i] = mean(from, top + i, top + i + next, bottom + i, bottom + i + next);
        }
    }

    private static byte mean(byte[] from, int a, int b, int c, int d) {
        return (byte) ((from[a] & 0xff) + (from[b] & 0xff) + (from[c] & 0xff) + (from[d] & 0xff) + 2 >> 2);
    }

    /** How far a square of a picture is from a guess: the sum of absolute differences. */
    static int distance(byte[] plane, int stride, int x, int y, int size, byte[] guess) {
        int sum = 0;
        for (int row = 0, i = 0; row < size; row++) {
            for (int at = (y + row) * stride + x, end = at + size; at < end; at++, i++) {
                sum += Math.abs((plane[at] & 0xff) - (guess[i] & 0xff));
            }
        }
        return sum;
    }
}
