package io.panatorch.cogvideox.video;

/** The differences of one macroblock after another, 16 × 16 pixels, from what they were guessed to be. */
final class H264Residual {

    private static final int BLOCKS = 16;
    private static final int CHROMA_BLOCKS = 4;

    /** Column and row of each block in a macroblock of brightness, in the order in which they are written. */
    private static final int[] COLUMNS = {0, 1, 0, 1, 2, 3, 2, 3, 0, 1, 0, 1, 2, 3, 2, 3};
    private static final int[] ROWS = {0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3};

    private final H264Blocks intraBlocks;
    private final H264Blocks interBlocks;
    private final int[][] block = new int[BLOCKS + 2 * CHROMA_BLOCKS][H264Blocks.SIZE];
    private final int[][] levels = new int[BLOCKS + 2 * CHROMA_BLOCKS][H264Blocks.SIZE];
    private final boolean[] used = new boolean[BLOCKS + 2 * CHROMA_BLOCKS];
    private final int[] dc = new int[BLOCKS];
    private final int[] dcLevels = new int[BLOCKS];
    private final int[][] chromaDc = new int[2][CHROMA_BLOCKS];
    private final int[][] chromaDcLevels = new int[2][CHROMA_BLOCKS];
    /** For each plane how many coefficients its blocks have. */
    private final int[][] counts;
    private final int columns;
    private boolean intra;
    private int lumaPattern;
    private int chromaPattern;

    /** @param columns how many macroblocks are side by side */
    H264Residual(int quantizer, int columns, int rows) {
        this.intraBlocks = new H264Blocks(quantizer, true);
        this.interBlocks = new H264Blocks(quantizer, false);
        this.columns = columns;
        this.counts = new int[][] {
            new int[BLOCKS * columns * rows], new int[CHROMA_BLOCKS * columns * rows], new int[CHROMA_BLOCKS * columns * rows]};
    }

    /** {@return which of the four quarters of brightness have coefficients, a bit each} */
    int lumaPattern() {
        return lumaPattern;
    }

    /** {@return 0 where colour differences have no coefficients, 1 where only the lowest, 2 where others too} */
    int chromaPattern() {
        return chromaPattern;
    }

    /**
     * Works out the differences of a macroblock.
     *
     * @param guess its three planes
     * @param intra whether the lowest coefficients of brightness are transformed once more
     */
    void take(Yuv source, int column, int row, byte[][] guess, boolean intra) {
        this.intra = intra;
        H264Blocks blocks = blocks();
        lumaPattern = 0;
        for (int i = 0; i < BLOCKS; i++) {
            difference(source, 0, 16 * column + 4 * COLUMNS[i], 16 * row + 4 * ROWS[i], guess[0], 16, block[i]);
            dc[4 * ROWS[i] + COLUMNS[i]] = block[i][0];
            used[i] = blocks.quantize(block[i], intra ? 1 : 0, levels[i]);
            if (used[i]) {
                lumaPattern |= 1 << i / 4;
            }
        }
        if (intra) {
            lumaPattern = lumaPattern == 0 ? 0 : 0xf;
            blocks.quantizeDc(dc, dcLevels);
        }
        chromaPattern = 0;
        for (int plane = 1; plane <= 2; plane++) {
            for (int i = 0; i < CHROMA_BLOCKS; i++) {
                int at = chromaBlock(plane, i);
                difference(source, plane, 8 * column + 4 * (i % 2), 8 * row + 4 * (i / 2), guess[plane], 8, block[at]);
                chromaDc[plane - 1][i] = block[at][0];
                used[at] = blocks.quantize(block[at], 1, levels[at]);
                chromaPattern = used[at] ? 2 : chromaPattern;
            }
            if (blocks.quantizeChromaDc(chromaDc[plane - 1], chromaDcLevels[plane - 1])) {
                chromaPattern = Math.max(1, chromaPattern);
            }
        }
    }

    private static int chromaBlock(int plane, int index) {
        return BLOCKS + (plane - 1) * CHROMA_BLOCKS + index;
    }

    private H264Blocks blocks() {
        return intra ? intraBlocks : interBlocks;
    }

    private static void difference(Yuv source, int plane, int x, int y, byte[] guess, int size, int[] out) {
        byte[] pixels = source.planes()[plane];
        int stride = source.width() / (plane == 0 ? 1 : 2);
        int from = y % size * size + x % size;
        int at = y * stride + x;
        for (int i = 0; i < out.length; i += 4, at += stride, from += size) {
            out[i] = (pixels[at] & 0xff) - (guess[from] & 0xff);
            out[i + 1] = (pixels[at + 1] & 0xff) - (guess[from + 1] & 0xff);
            out[i + 2] = (pixels[at + 2] & 0xff) - (guess[from + 2] & 0xff);
            out[i + 3] = (pixels[at + 3] & 0xff) - (guess[from + 3] & 0xff);
        }
        H264Blocks.transform(out);
    }

    /** Writes the coefficients, in the order of the macroblock layer after its quantizer. */
    void write(BitWriter out, int column, int row) {
        if (intra) {
            Cavlc.write(out, dcLevels, BLOCKS, around(0, 4 * column, 4 * row));
        }
        for (int i = 0; i < BLOCKS; i++) {
            int x = 4 * column + COLUMNS[i];
            int y = 4 * row + ROWS[i];
            count(0, x, y, (lumaPattern >> i / 4 & 1) == 0 ? 0
                    : Cavlc.write(out, levels[i], intra ? BLOCKS - 1 : BLOCKS, around(0, x, y)));
        }
        if (chromaPattern > 0) {
            Cavlc.write(out, chromaDcLevels[0], CHROMA_BLOCKS, Cavlc.CHROMA_DC);
            Cavlc.write(out, chromaDcLevels[1], CHROMA_BLOCKS, Cavlc.CHROMA_DC);
        }
        for (int plane = 1; plane <= 2; plane++) {
            for (int i = 0; i < CHROMA_BLOCKS; i++) {
                int x = 2 * column + i % 2;
                int y = 2 * row + i / 2;
                count(plane, x, y, chromaPattern < 2 ? 0
                        : Cavlc.write(out, levels[chromaBlock(plane, i)], BLOCKS - 1, around(plane, x, y)));
            }
        }
    }

    private int blocksAcross(int plane) {
        return columns * (plane == 0 ? 4 : 2);
    }

    private void count(int plane, int x, int y, int count) {
        counts[plane][y * blocksAcross(plane) + x] = count;
    }

    private int around(int plane, int x, int y) {
        int at = y * blocksAcross(plane) + x;
        int left = x > 0 ? counts[plane][at - 1] : 0;
        int above = y > 0 ? counts[plane][at - blocksAcross(plane)] : 0;
        return x > 0 && y > 0 ? left + above + 1 >> 1 : left + above;
    }

    /** Puts together what a player will see: the guess and the differences that are left of quantization. */
    void rebuild(Yuv made, int column, int row, byte[][] guess) {
        H264Blocks blocks = blocks();
        if (intra) {
            blocks.scaleDc(dcLevels, dc);
        }
        for (int i = 0; i < BLOCKS; i++) {
            blocks.scale(levels[i], intra ? 1 : 0, block[i]);
            if (intra) {
                block[i][0] = dc[4 * ROWS[i] + COLUMNS[i]];
            }
            add(made, 0, 16 * column + 4 * COLUMNS[i], 16 * row + 4 * ROWS[i], guess[0], 16, block[i]);
        }
        for (int plane = 1; plane <= 2; plane++) {
            blocks.scaleChromaDc(chromaDcLevels[plane - 1], chromaDc[plane - 1]);
            for (int i = 0; i < CHROMA_BLOCKS; i++) {
                int at = chromaBlock(plane, i);
                blocks.scale(levels[at], 1, block[at]);
                block[at][0] = chromaDc[plane - 1][i];
                add(made, plane, 8 * column + 4 * (i % 2), 8 * row + 4 * (i / 2), guess[plane], 8, block[at]);
            }
        }
    }

    private static void add(Yuv made, int plane, int x, int y, byte[] guess, int size, int[] differences) {
        byte[] pixels = made.planes()[plane];
        int stride = made.width() / (plane == 0 ? 1 : 2);
        int from = y % size * size + x % size;
        H264Blocks.inverse(differences);
        int at = y * stride + x;
        for (int i = 0; i < differences.length; i += 4, at += stride, from += size) {
            for (int j = 0; j < 4; j++) {
                pixels[at + j] = (byte) Math.max(0, Math.min(255, (guess[from + j] & 0xff) + differences[i + j]));
            }
        }
    }
}
