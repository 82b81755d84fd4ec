package io.panatorch.cogvideox.video;

import java.util.Arrays;

/** Bits, the highest of a number first, and the codes of numbers that H.264's headers are made of. */
final class BitWriter {

    private byte[] bytes = new byte[1024];
    private int length;
    /** The lowest {@link #pendingBits} of it are not in {@link #bytes} yet; fewer than eight. */
    private long pending;
    private int pendingBits;

    /** Writes the lowest bits of a value, 0 to 32 of them. */
    void bits(int value, int count) {
        pending = pending << count | value & (1L << count) - 1;
        pendingBits += count;
        while (pendingBits >= 8) {
            pendingBits -= 8;
            if (length == bytes.length) {
                bytes = Arrays.copyOf(bytes, 2 * length);
            }
            bytes[length++] = (byte) (pending >> pendingBits);
        }
    }

    /** Writes a number from 0 on: ue(v), an Exp-Golomb code. */
    void unsigned(int value) {
        int bits = 32 - Integer.numberOfLeadingZeros(value + 1);
        bits(0, bits - 1);
        bits(value + 1, bits);
    }

    /** Writes a number: se(v), 1, −1, 2, −2, … being 1, 2, 3, 4, … of an unsigned one. */
    void signed(int value) {
        unsigned(value > 0 ? 2 * value - 1 : -2 * value);
    }

    /** Ends with a bit 1 and zeros up to a whole byte, and returns all. */
    byte[] end() {
        bits(1, 1);
        bits(0, (8 - pendingBits) % 8);
        return Arrays.copyOf(bytes, length);
    }
}
