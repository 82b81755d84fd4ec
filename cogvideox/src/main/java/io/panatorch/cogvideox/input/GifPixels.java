package io.panatorch.cogvideox.input;

import io.panatorch.io.InvalidFileException;
import java.nio.file.Path;
import java.util.function.Supplier;

/** GIF's compression, undone: codes of up to 12 bits, the lowest first, for runs of pixels that came before (LZW). */
final class GifPixels {

    private static final int MOST_BITS = 12;

    private final Path file;
    private final int pixelBits;
    private final int clear;

    /** A run is another one and one more pixel. */
    private final short[] shorter = new short[1 << MOST_BITS];
    private final byte[] last = new byte[1 << MOST_BITS];
    private final int[] length = new int[1 << MOST_BITS];

    private int pending;
    private int pendingBits;

    GifPixels(Path file, int pixelBits) throws InvalidFileException {
        if (pixelBits < 1 || pixelBits >= MOST_BITS) {
            throw new InvalidFileException(file, "is damaged: expected codes of 2 to 12 bits, found " + (pixelBits + 1));
        }
        this.file = file;
        this.pixelBits = pixelBits;
        clear = 1 << pixelBits;
        for (int i = 0; i < clear; i++) {
            last[i] = (byte) i;
            length[i] = 1;
        }
    }

    /**
     * Reads all blocks of a picture.
     *
     * @param blocks gives the next one; an empty one is the last
     */
    byte[] decode(Supplier<byte[]> blocks, int count) throws InvalidFileException {
        byte[] pixels = new byte[count];
        int done = 0;
        int next = clear + 2;
        int bits = pixelBits + 1;
        int before = -1;
        boolean hasEnded = false;
        for (byte[] block = blocks.get(); block.length > 0; block = blocks.get()) {
            for (byte octet : block) {
                pending |= (octet & 0xff) << pendingBits;
                pendingBits += 8;
                while (pendingBits >= bits && !hasEnded && done < count) {
                    int code = pending & (1 << bits) - 1;
                    pending >>>= bits;
                    pendingBits -= bits;
                    if (code == clear) {
                        next = clear + 2;
                        bits = pixelBits + 1;
                        before = -1;
                    } else if (code == clear + 1) {
                        hasEnded = true;
                    } else {
                        if (before < 0 ? code > clear : code > next) {
                            throw new InvalidFileException(file, "is damaged: a picture has a code that says nothing");
                        }
                        if (before >= 0 && next < 1 << MOST_BITS) {
                            learn(next, before, code == next ? before : code);
                            next++;
                            bits = next == 1 << bits && bits < MOST_BITS ? bits + 1 : bits;
                        }
                        done = write(code, pixels, done);
                        before = code;
                    }
                }
                if (hasEnded || done == count) {
                    pendingBits = 0;
                    pending = 0;
                }
            }
        }
        if (done < count) {
            throw new InvalidFileException(file, "is cut off: a picture has " + done + " of " + count + " pixels");
        }
        return pixels;
    }

    /** @param firstOf the run whose first pixel is the new one's last */
    private void learn(int run, int before, int firstOf) {
        int first = firstOf;
        while (length[first] > 1) {
            first = shorter[first];
        }
        shorter[run] = (short) before;
        last[run] = last[first];
        length[run] = length[before] + 1;
    }

    /** {@return where the next run is to be written} */
    private int write(int code, byte[] pixels, int start) {
        int run = code;
        for (int at = start + length[code] - 1; at >= start; at--) {
            if (at < pixels.length) {
                pixels[at] = last[run];
            }
            run = shorter[run];
        }
        return Math.min(start + length[code], pixels.length);
    }
}
