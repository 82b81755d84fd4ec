package io.panatorch.cogvideox.video;

import java.util.Arrays;

/**
 * Writes the coefficients of a block of H.264: context-adaptive variable-length codes, chapter 9.2 of ITU-T H.264.
 *
 * <p>A block is a list of levels from the lowest frequency to the highest. First comes how many of them are not 0 and how many
 * of the last ones are 1 or −1, by a code that depends on the number in the blocks around it; then the levels and the zeros
 * between them, from the last to the first.
 */
final class Cavlc {

    /** In place of the number of coefficients around: the block has the four DC coefficients of a plane of chroma. */
    static final int CHROMA_DC = -1;

    /** Table 9-5: for each number of coefficients a line, in it a code for each number of trailing ones. */
    private static final Code[][] FEW_AROUND = codes("""
            1
            000101 01
            00000111 000100 001
            000000111 00000110 0000101 00011
            0000000111 000000110 00000101 000011
            00000000111 0000000110 000000101 0000100
            0000000001111 00000000110 0000000101 00000100
            0000000001011 0000000001110 00000000101 000000100
            0000000001000 0000000001010 0000000001101 0000000100
            00000000001111 00000000001110 0000000001001 00000000100
            00000000001011 00000000001010 00000000001101 0000000001100
            000000000001111 000000000001110 00000000001001 00000000001100
            000000000001011 000000000001010 000000000001101 00000000001000
            0000000000001111 000000000000001 000000000001001 000000000001100
            0000000000001011 0000000000001110 0000000000001101 000000000001000
            0000000000000111 0000000000001010 0000000000001001 0000000000001100
            0000000000000100 0000000000000110 0000000000000101 0000000000001000
            """);

    private static final Code[][] SOME_AROUND = codes("""
            11
            001011 10
            000111 00111 011
            0000111 001010 001001 0101
            00000111 000110 000101 0100
            00000100 0000110 0000101 00110
            000000111 00000110 00000101 001000
            00000001111 000000110 000000101 000100
            00000001011 00000001110 00000001101 0000100
            000000001111 00000001010 00000001001 000000100
            000000001011 000000001110 000000001101 00000001100
            000000001000 000000001010 000000001001 00000001000
            0000000001111 0000000001110 0000000001101 000000001100
            0000000001011 0000000001010 0000000001001 0000000001100
            0000000000111 00000000001011 0000000000110 0000000001000
            00000000001001 00000000001000 00000000001010 0000000000001
            00000000000111 00000000000110 00000000000101 00000000000100
            """);

    private static final Code[][] MANY_AROUND = codes("""
            1111
            001111 1110
            001011 01111 1101
            001000 01100 01110 1100
            0001111 01010 01011 1011
            0001011 01000 01001 1010
            0001001 001110 001101 1001
            0001000 001010 001001 1000
            00001111 0001110 0001101 01101
            00001011 00001110 0001010 001100
            000001111 00001010 00001101 0001100
            000001011 000001110 00001001 00001100
            000001000 000001010 000001101 00001000
            0000001101 000000111 000001001 000001100
            0000001001 0000001100 0000001011 0000001010
            0000000101 0000001000 0000000111 0000000110
            0000000001 0000000100 0000000011 0000000010
            """);

    private static final Code[][] IN_CHROMA_DC = codes("""
            01
            000111 1
            000100 000110 001
            000011 0000011 0000010 000101
            000010 00000011 00000010 0000000
            """);

    /** Tables 9-7 and 9-8: for each number of coefficients from 1 a line, in it a code for each number of zeros among them. */
    private static final Code[][] ZEROS = codes("""
            1 011 010 0011 0010 00011 00010 000011 000010 0000011 0000010 00000011 00000010 000000011 000000010 000000001
            111 110 101 100 011 0101 0100 0011 0010 00011 00010 000011 000010 000001 000000
            0101 111 110 101 0100 0011 100 011 0010 00011 00010 000001 00001 000000
            00011 111 0101 0100 110 101 100 0011 011 0010 00010 00001 00000
            0101 0100 0011 111 110 101 100 011 0010 00001 0001 00000
            000001 00001 111 110 101 100 011 010 0001 001 000000
            000001 00001 101 100 011 11 010 0001 001 000000
            000001 0001 00001 011 11 10 010 001 000000
            000001 000000 0001 11 10 001 01 00001
            00001 00000 001 11 10 01 0001
            0000 0001 001 010 1 011
            0000 0001 01 1 001
            000 001 1 01
            00 01 1
            0 1
            """);

    /** Table 9-9. */
    private static final Code[][] CHROMA_DC_ZEROS = codes("""
            1 01 001 000
            1 01 00
            1 0
            """);

    /** Table 9-10: for each number of zeros left from 1 a line, the last for all above; in it a code for each run of zeros. */
    private static final Code[][] RUNS = codes("""
            1 0
            1 01 00
            11 10 01 00
            11 10 01 001 000
            11 10 011 010 001 000
            11 000 001 011 010 101 100
            111 110 101 100 011 010 001 0001 00001 000001 0000001 00000001 000000001 0000000001 00000000001
            """);

    private static final int MOST_TRAILING_ONES = 3;
    private static final int LONGEST_SUFFIX = 6;
    /** The prefix after which a suffix of 12 bits has the rest of a level. */
    private static final int ESCAPE = 15;
    private static final int ESCAPED_BITS = 12;

    private Cavlc() {}

    private record Code(int bits, int length) {

        void write(BitWriter out) {
            out.bits(bits, length);
        }
    }

    private static Code[][] codes(String table) {
        return table.lines().map(line -> Arrays.stream(line.split(" "))
                .map(code -> new Code(Integer.parseInt(code, 2), code.length())).toArray(Code[]::new)).toArray(Code[][]::new);
    }

    /**
     * Writes a block.
     *
     * @param levels those of the block from index 0 on, lowest frequency first
     * @param size how many levels the block has: 16, 15 or 4
     * @param around the mean number of coefficients in the blocks to the left and above, or {@link #CHROMA_DC}
     * @return how many levels are not 0
     */
    static int write(BitWriter out, int[] levels, int size, int around) {
        int[] values = new int[size];
        int[] runs = new int[size];
        int count = 0;
        int zeros = 0;
        for (int i = 0, run = 0; i < size; i++) {
            if (levels[i] == 0) {
                run++;
            } else {
                values[count] = levels[i];
                runs[count++] = run;
                zeros += run;
                run = 0;
            }
        }
        int ones = 0;
        while (ones < Math.min(count, MOST_TRAILING_ONES) && Math.abs(values[count - 1 - ones]) == 1) {
            ones++;
        }
        writeToken(out, count, ones, around);
        writeLevels(out, values, count, ones);
        if (count > 0 && count < size) {
            (around == CHROMA_DC ? CHROMA_DC_ZEROS : ZEROS)[count - 1][zeros].write(out);
            for (int i = count - 1; i > 0 && zeros > 0; i--) {
                RUNS[Math.min(zeros, RUNS.length) - 1][runs[i]].write(out);
                zeros -= runs[i];
            }
        }
        return count;
    }

    private static void writeToken(BitWriter out, int count, int ones, int around) {
        if (around >= 8) {
            out.bits(count == 0 ? 3 : count - 1 << 2 | ones, 6);
            return;
        }
        Code[][] table = around == CHROMA_DC ? IN_CHROMA_DC : around < 2 ? FEW_AROUND : around < 4 ? SOME_AROUND : MANY_AROUND;
        table[count][ones].write(out);
    }

    private static void writeLevels(BitWriter out, int[] values, int count, int ones) {
        for (int i = count - 1; i >= count - ones; i--) {
            out.bits(values[i] < 0 ? 1 : 0, 1);
        }
        int suffix = count > 10 && ones < MOST_TRAILING_ONES ? 1 : 0;
        for (int i = count - 1 - ones; i >= 0; i--) {
            int value = Math.abs(values[i]);
            int code = 2 * value - (values[i] > 0 ? 2 : 1);
            // A first level after fewer than three ones cannot be one itself.
            writeLevel(out, i == count - 1 - ones && ones < MOST_TRAILING_ONES ? code - 2 : code, suffix);
            suffix = Math.max(1, suffix);
            if (value > 3 << suffix - 1 && suffix < LONGEST_SUFFIX) {
                suffix++;
            }
        }
    }

    private static void writeLevel(BitWriter out, int code, int suffix) {
        if (suffix == 0 && code >= 14) {
            out.bits(1, code < 30 ? 15 : ESCAPE + 1);
            out.bits(code < 30 ? code - 14 : code - 30, code < 30 ? 4 : ESCAPED_BITS);
        } else if (code < ESCAPE << suffix) {
            out.bits(1, (code >> suffix) + 1);
            out.bits(code & (1 << suffix) - 1, suffix);
        } else {
            out.bits(1, ESCAPE + 1);
            out.bits(code - (ESCAPE << suffix), ESCAPED_BITS);
        }
    }
}
