package io.panatorch.cogvideox.video;

/**
 * Transform and quantization of H.264's blocks of 4 × 4, chapter 8.5 of ITU-T H.264, for one quantizer. Blocks are lists of 16,
 * row by row; levels go from the lowest frequency to the highest.
 */
final class H264Blocks {

    static final int SIZE = 16;

    /** Where the levels of a block are, from the lowest frequency to the highest. */
    private static final int[] ZIGZAG = {0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15};

    /** What a level of 1 stands for at quantizers 0 to 5: at even rows and columns, at odd ones, elsewhere. */
    private static final int[][] STEPS = {
        {10, 16, 13}, {11, 18, 14}, {13, 20, 16}, {14, 23, 18}, {16, 25, 20}, {18, 29, 23}};

    /** 1/2^15 of the inverse, with the lengths of the transform's rows taken in. */
    private static final int[][] FACTORS = {
        {13107, 5243, 8066}, {11916, 4660, 7490}, {10082, 4194, 6554}, {9362, 3647, 5825}, {8192, 3355, 5243},
        {7282, 2893, 4559}};

    private static final int FACTOR_BITS = 15;

    private final int[] factors = new int[SIZE];
    private final int[] steps = new int[SIZE];
    private final int shift;
    private final int octave;
    /** What is added before a division: a third where a block was predicted from its picture, a sixth from another. */
    private final int rounding;

    H264Blocks(int quantizer, boolean intra) {
        octave = quantizer / 6;
        shift = FACTOR_BITS + octave;
        rounding = (1 << shift) / (intra ? 3 : 6);
        for (int i = 0; i < SIZE; i++) {
            int oddRow = i / 4 % 2;
            int oddColumn = i % 2;
            int kind = oddRow != oddColumn ? 2 : oddRow;
            factors[i] = FACTORS[quantizer % 6][kind];
            steps[i] = STEPS[quantizer % 6][kind] << octave;
        }
    }

    /** Transforms differences in place. */
    static void transform(int[] block) {
        for (int i = 0; i < SIZE; i += 4) {
            transform(block, i, 1);
        }
        for (int i = 0; i < 4; i++) {
            transform(block, i, 4);
        }
    }

    private static void transform(int[] block, int at, int stride) {
        int outer = block[at] + block[at + 3 * stride];
        int inner = block[at + stride] + block[at + 2 * stride];
        int outerDifference = block[at] - block[at + 3 * stride];
        int innerDifference = block[at + stride] - block[at + 2 * stride];
        block[at] = outer + inner;
        block[at + stride] = 2 * outerDifference + innerDifference;
        block[at + 2 * stride] = outer - inner;
        block[at + 3 * stride] = outerDifference - 2 * innerDifference;
    }

    /** Scaled coefficients to differences, in place. */
    static void inverse(int[] block) {
        for (int i = 0; i < SIZE; i += 4) {
            inverse(block, i, 1);
        }
        for (int i = 0; i < 4; i++) {
            inverse(block, i, 4);
        }
        for (int i = 0; i < SIZE; i++) {
            block[i] = block[i] + 32 >> 6;
        }
    }

    private static void inverse(int[] block, int at, int stride) {
        int even = block[at] + block[at + 2 * stride];
        int odd = block[at] - block[at + 2 * stride];
        int low = (block[at + stride] >> 1) - block[at + 3 * stride];
        int high = block[at + stride] + (block[at + 3 * stride] >> 1);
        block[at] = even + high;
        block[at + stride] = odd + low;
        block[at + 2 * stride] = odd - low;
        block[at + 3 * stride] = even - high;
    }

    /**
     * Quantizes coefficients.
     *
     * @param first 1 where the lowest one is treated apart, else 0
     * @param levels takes {@code 16 - first} levels
     * @return whether one is not 0
     */
    boolean quantize(int[] block, int first, int[] levels) {
        boolean any = false;
        for (int i = first; i < SIZE; i++) {
            int at = ZIGZAG[i];
            levels[i - first] = level(block[at], factors[at], rounding, shift);
            any |= levels[i - first] != 0;
        }
        return any;
    }

    /** Levels back to scaled coefficients; with {@code first} 1 the lowest one is left as it is. */
    void scale(int[] levels, int first, int[] block) {
        for (int i = first; i < SIZE; i++) {
            int at = ZIGZAG[i];
            block[at] = levels[i - first] * steps[at];
        }
    }

    /** The lowest coefficients of 16 blocks, row by row, to levels. */
    boolean quantizeDc(int[] dc, int[] levels) {
        int[] sums = dc.clone();
        hadamard(sums);
        boolean any = false;
        for (int i = 0; i < SIZE; i++) {
            int halved = sums[ZIGZAG[i]] + 1 >> 1;
            levels[i] = level(halved, factors[0], 2 * rounding, shift + 1);
            any |= levels[i] != 0;
        }
        return any;
    }

    /** Levels back to scaled coefficients of 16 blocks. */
    void scaleDc(int[] levels, int[] dc) {
        for (int i = 0; i < SIZE; i++) {
            dc[ZIGZAG[i]] = levels[i];
        }
        hadamard(dc);
        for (int i = 0; i < SIZE; i++) {
            dc[i] = dc[i] * steps[0] + 2 >> 2;
        }
    }

    /** The lowest coefficients of the 4 blocks of a plane of chroma to levels. */
    boolean quantizeChromaDc(int[] dc, int[] levels) {
        int[] sums = dc.clone();
        hadamardOf4(sums);
        boolean any = false;
        for (int i = 0; i < 4; i++) {
            levels[i] = level(sums[i], factors[0], 2 * rounding, shift + 1);
            any |= levels[i] != 0;
        }
        return any;
    }

    /** Levels back to scaled coefficients of 4 blocks. */
    void scaleChromaDc(int[] levels, int[] dc) {
        System.arraycopy(levels, 0, dc, 0, 4);
        hadamardOf4(dc);
        for (int i = 0; i < 4; i++) {
            dc[i] = dc[i] * steps[0] >> 1;
        }
    }

    private static int level(int value, int factor, int rounding, int shift) {
        int level = (int) ((long) Math.abs(value) * factor + rounding >> shift);
        return value < 0 ? -level : level;
    }

    private static void hadamard(int[] block) {
        for (int i = 0; i < SIZE; i += 4) {
            hadamard(block, i, 1);
        }
        for (int i = 0; i < 4; i++) {
            hadamard(block, i, 4);
        }
    }

    private static void hadamard(int[] block, int at, int stride) {
        int outer = block[at] + block[at + 3 * stride];
        int inner = block[at + stride] + block[at + 2 * stride];
        int outerDifference = block[at] - block[at + 3 * stride];
        int innerDifference = block[at + stride] - block[at + 2 * stride];
        block[at] = outer + inner;
        block[at + stride] = outerDifference + innerDifference;
        block[at + 2 * stride] = outer - inner;
        block[at + 3 * stride] = outerDifference - innerDifference;
    }

    private static void hadamardOf4(int[] dc) {
        int top = dc[0] + dc[1];
        int topDifference = dc[0] - dc[1];
        int bottom = dc[2] + dc[3];
        int bottomDifference = dc[2] - dc[3];
        dc[0] = top + bottom;
        dc[1] = topDifference + bottomDifference;
        dc[2] = top - bottom;
        dc[3] = topDifference - bottomDifference;
    }
}
