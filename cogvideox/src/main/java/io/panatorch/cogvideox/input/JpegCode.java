package io.panatorch.cogvideox.input;

import java.util.Arrays;

/** A Huffman code of JPEG (ITU-T T.81, annex C). */
final class JpegCode {

    static final int NONE = 0;

    private static final int LONGEST = 16;

    /** What the next 16 bits begin with: the number of its bits, times 256, and the symbol. */
    private final short[] found = new short[1 << LONGEST];

    /**
     * @param counts how many codes there are of 1 to 16 bits
     * @param symbols one for each code, the shortest first
     * @throws IllegalArgumentException if there are more codes than a length has
     */
    JpegCode(int[] counts, byte[] symbols) {
        int from = 0;
        int symbol = 0;
        for (int bits = 1; bits <= LONGEST; bits++) {
            for (int i = 0; i < counts[bits - 1]; i++) {
                int to = from + (1 << LONGEST - bits);
                if (to > found.length) {
                    throw new IllegalArgumentException("a Huffman table has too many codes of " + bits + " bits");
                }
                Arrays.fill(found, from, to, (short) (bits << Byte.SIZE | symbols[symbol] & 0xff));
                symbol++;
                from = to;
            }
        }
    }

    /** {@return what 16 bits begin with; {@link #NONE} if it is none of the codes} */
    int find(int bits) {
        return found[bits];
    }
}
