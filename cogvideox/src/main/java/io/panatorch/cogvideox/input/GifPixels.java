package io.panatorch.cogvideox.input;

import io.panatorch.io.InvalidFileException;
import java.nio.file.Path;
import java.util.function.Supplier;

/** GIF's compression, undone: codes of up to 12 bits, the lowest first, for runs of pixels that came before (LZW). */
final class GifPixels {

    private static final int MOST_BITS = 12;
    private static final int NONE = -1;

    private final Path file;
    private final int pixelBits;
    private final int clear;

    /** A run is another one and one more pixel. */
    private final short[] shorter = new short[1 << MOST_BITS];
    private final byte[] last = new byte[1 << MOST_BITS];
    private final int[] length = new int[1 << MOST_BITS];

    private int next;
    private int bits;
    private int before;

    private int pending;
    private int pendingBits;
    private int done;
    private boolean hasEnded;

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
        forget();
    }

    /**
     * Reads all blocks of a picture.
     *
     * @param blocks gives the next one; an empty one is the last
     */
    byte[] decode(Supplier<byte[]> blocks, int count) throws InvalidFileException {
        byte[] pixels = new byte[count];
        for (byte[] block = blocks.get(); block.length > 0; block = blocks.get()) {
            for (int i = 0; i < block.length && !hasEnded && done < count; i++) {
                pending |= (block[i] & 0xff) << pendingBits;
                pendingBits += Byte.SIZE;
                while (pendingBits >= bits && !hasEnded && done < count) {
                    int code = pending & (1 << bits) - 1;
                    pending >>>= bits;
                    pendingBits -= bits;
                    take(code, pixels);
                }
            }
        }
        if (done < count) {
            throw new InvalidFileException(file, "is cut off: a picture has " + done + " of " + count + " pixels");
        }
        return pixels;
    }

    private void take(int code, byte[] pixels) throws InvalidFileException {
        if (code == clear) {
            forget();
        } else if (code == clear + 1) {
            hasEnded = true;
        } else if (before == NONE ? code > clear : code > next) {
            throw new InvalidFileException(file, "is damaged: a picture has a code that says nothing");
        } else {
            if (before != NONE && next < 1 << MOST_BITS) {
                learn(code == next ? before : code);
            }
            write(code, pixels);
            before = code;
        }
    }

    private void forget() {
        next = clear + 2;
        bits = pixelBits + 1;
        before = NONE;
    }

    /**
     * Makes a run of the one before and a pixel more.
     *
     * @param firstOf the run whose first pixel that is
     */
    private void learn(int firstOf) {
        int first = firstOf;
        while (length[first] > 1) {
            first = shorter[first];
        }
        shorter[next] = (short) before;
        last[next] = last[first];
        length[next] = length[before] + 1;
        next++;
        if (next == 1 << bits && bits < MOST_BITS) {
            bits++;
        }
    }

    private void write(int code, byte[] pixels) {
        int run = code;
        for (int at = done + length[code] - 1; at >= done; at--) {
            if (at < pixels.length) {
                pixels[at] = last[run];
            }
            run = shorter[run];
        }
        done = Math.min(done + length[code], pixels.length);
    }
}
