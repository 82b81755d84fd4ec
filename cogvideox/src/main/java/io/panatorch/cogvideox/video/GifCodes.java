package io.panatorch.cogvideox.video;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/** GIF's compression: codes of 9 to 12 bits, the lowest first, for ever longer runs of pixels that came before (LZW). */
final class GifCodes {

    private static final int CLEAR = 256;
    private static final int END = 257;
    private static final int FIRST = 258;
    private static final int LEAST_BITS = 9;
    private static final int MOST = 4096;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    /** The code of a known run and one more pixel, or 0. */
    private final short[] longer = new short[MOST << 8];
    private int next = FIRST;
    private int bits = LEAST_BITS;
    private int pending;
    private int pendingBits;

    private GifCodes() {}

    /** @param indices one pixel or more */
    static byte[] of(byte[] indices) {
        GifCodes codes = new GifCodes();
        codes.write(CLEAR);
        int run = indices[0] & 0xff;
        for (int i = 1; i < indices.length; i++) {
            run = codes.take(run, indices[i] & 0xff);
        }
        codes.write(run);
        codes.grow();
        codes.write(END);
        if (codes.pendingBits > 0) {
            codes.out.write(codes.pending);
        }
        return codes.out.toByteArray();
    }

    private int take(int run, int pixel) {
        int at = run << 8 | pixel;
        if (longer[at] != 0) {
            return longer[at];
        }
        write(run);
        if (next == MOST) {
            write(CLEAR);
            Arrays.fill(longer, (short) 0);
            next = FIRST;
            bits = LEAST_BITS;
        } else {
            longer[at] = (short) next;
            grow();
        }
        return pixel;
    }

    /** A reader knows a code one later than the writer does. */
    private void grow() {
        if (next == 1 << bits && next < MOST) {
            bits++;
        }
        next++;
    }

    private void write(int code) {
        pending |= code << pendingBits;
        pendingBits += bits;
        while (pendingBits >= 8) {
            out.write(pending);
            pending >>>= 8;
            pendingBits -= 8;
        }
    }
}
