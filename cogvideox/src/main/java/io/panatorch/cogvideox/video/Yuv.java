package io.panatorch.cogvideox.video;

/**
 * A picture as brightness and colour differences, 8 bits, of BT.709 in its narrow range, the differences halved in both
 * directions (4:2:0).
 *
 * @param width of the plane of brightness, a multiple of 16
 * @param height likewise
 * @param planes brightness, blue and red difference, row by row
 */
record Yuv(int width, int height, byte[][] planes) {

    private static final int BLOCK = 16;
    private static final int CHANNELS = 3;

    /** Weights of red, green and blue in 1/65536: BT.709's, by 219/255 for brightness and 224/255 for differences. */
    private static final int[][] WEIGHTS = {{11966, 40254, 4064}, {-6596, -22189, 28785}, {28785, -26146, -2639}};
    private static final int[] OFFSETS = {16, 128, 128};
    private static final int SHIFT = 16;

    static Yuv blank(int width, int height) {
        return new Yuv(width, height, new byte[][] {
            new byte[width * height], new byte[width * height / 4], new byte[width * height / 4]});
    }

    /** Converts a picture; its last column and row are repeated up to the next multiple of 16. */
    static Yuv of(int width, int height, byte[] rgb) {
        Yuv yuv = blank(Math.ceilDiv(width, BLOCK) * BLOCK, Math.ceilDiv(height, BLOCK) * BLOCK);
        int[][] full = new int[CHANNELS][yuv.width * yuv.height];
        for (int y = 0, to = 0; y < yuv.height; y++) {
            for (int x = 0; x < yuv.width; x++, to++) {
                int at = (Math.min(y, height - 1) * width + Math.min(x, width - 1)) * CHANNELS;
                int red = rgb[at] & 0xff;
                int green = rgb[at + 1] & 0xff;
                int blue = rgb[at + 2] & 0xff;
                yuv.planes[0][to] = rounded(weighted(0, red, green, blue), 0, SHIFT);
                full[1][to] = weighted(1, red, green, blue);
                full[2][to] = weighted(2, red, green, blue);
            }
        }
        yuv.halve(full[1], 1);
        yuv.halve(full[2], 2);
        return yuv;
    }

    private static int weighted(int plane, int red, int green, int blue) {
        int[] weights = WEIGHTS[plane];
        return weights[0] * red + weights[1] * green + weights[2] * blue;
    }

    /** The mean of four pixels, in their middle, as the stream's header says. */
    private void halve(int[] full, int plane) {
        for (int y = 0, to = 0; y < height; y += 2) {
            for (int x = 0; x < width; x += 2, to++) {
                int at = y * width + x;
                int sum = full[at] + full[at + 1] + full[at + width] + full[at + width + 1];
                planes[plane][to] = rounded(sum, plane, SHIFT + 2);
            }
        }
    }

    private static byte rounded(int value, int plane, int shift) {
        return (byte) (OFFSETS[plane] + (value + (1 << shift - 1) >> shift));
    }
}
