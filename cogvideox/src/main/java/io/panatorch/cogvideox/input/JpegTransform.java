package io.panatorch.cogvideox.input;

/**
 * The inverse cosine transform of 8 × 8 coefficients in whole numbers, after Loeffler, Ligtenberg and Moschytz (1989), with the
 * precision and the rounding of libjpeg's accurate one, which Pillow uses: 13 bits of a constant's fraction, and 2 more bits
 * between the passes.
 */
final class JpegTransform {

    private static final int BITS = 13;
    private static final int EXTRA_BITS = 2;
    private static final int SIDE = JpegComponent.SIDE;

    private static final int C_0_298 = fixed(0.298631336);
    private static final int C_0_390 = fixed(0.390180644);
    private static final int C_0_541 = fixed(0.541196100);
    private static final int C_0_765 = fixed(0.765366865);
    private static final int C_0_899 = fixed(0.899976223);
    private static final int C_1_175 = fixed(1.175875602);
    private static final int C_1_501 = fixed(1.501321110);
    private static final int C_1_847 = fixed(1.847759065);
    private static final int C_1_961 = fixed(1.961570560);
    private static final int C_2_053 = fixed(2.053119869);
    private static final int C_2_562 = fixed(2.562915447);
    private static final int C_3_072 = fixed(3.072711026);

    private JpegTransform() {}

    private static int fixed(double constant) {
        return (int) (constant * (1 << BITS) + 0.5);
    }

    /** Replaces coefficients by samples around 0. */
    static void invert(int[] block) {
        for (int column = 0; column < SIDE; column++) {
            pass(block, column, SIDE, BITS - EXTRA_BITS);
        }
        for (int row = 0; row < SIDE; row++) {
            pass(block, row * SIDE, 1, BITS + EXTRA_BITS + 3); // 3: the transform's own factor of 8
        }
    }

    private static void pass(int[] v, int at, int step, int shift) {
        int in0 = v[at];
        int in2 = v[at + 2 * step];
        int in4 = v[at + 4 * step];
        int in6 = v[at + 6 * step];
        int turned = (in2 + in6) * C_0_541;
        int low = turned - in6 * C_1_847;
        int high = turned + in2 * C_0_765;
        int sum = in0 + in4 << BITS;
        int difference = in0 - in4 << BITS;
        int even0 = sum + high;
        int even1 = difference + low;
        int even2 = difference - low;
        int even3 = sum - high;

        int in1 = v[at + step];
        int in3 = v[at + 3 * step];
        int in5 = v[at + 5 * step];
        int in7 = v[at + 7 * step];
        int all = (in7 + in3 + in5 + in1) * C_1_175;
        int outer = (in7 + in1) * -C_0_899;
        int inner = (in5 + in3) * -C_2_562;
        int upper = (in7 + in3) * -C_1_961 + all;
        int lower = (in5 + in1) * -C_0_390 + all;
        int odd3 = in7 * C_0_298 + outer + upper;
        int odd2 = in5 * C_2_053 + inner + lower;
        int odd1 = in3 * C_3_072 + inner + upper;
        int odd0 = in1 * C_1_501 + outer + lower;

        int half = 1 << shift - 1;
        v[at] = even0 + odd0 + half >> shift;
        v[at + 7 * step] = even0 - odd0 + half >> shift;
        v[at + step] = even1 + odd1 + half >> shift;
        v[at + 6 * step] = even1 - odd1 + half >> shift;
        v[at + 2 * step] = even2 + odd2 + half >> shift;
        v[at + 5 * step] = even2 - odd2 + half >> shift;
        v[at + 3 * step] = even3 + odd3 + half >> shift;
        v[at + 4 * step] = even3 - odd3 + half >> shift;
    }
}
