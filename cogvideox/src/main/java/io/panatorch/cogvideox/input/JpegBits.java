package io.panatorch.cogvideox.input;

import io.panatorch.io.InvalidFileException;
import java.nio.file.Path;

/** The bits of a scan: the highest of a byte first, with a 0 after each byte 0xff, up to the next marker. */
final class JpegBits {

    private static final int LONGEST_CODE = 16;
    private static final int MARKER = 0xff;
    private static final int FIRST_RESTART = 0xd0;

    private final Path file;
    private final byte[] content;
    private int position;

    private long buffer;
    private int count;
    /** Of them at the end, how many are not from the file. */
    private int padding;

    JpegBits(Path file, byte[] content, int position) {
        this.file = file;
        this.content = content;
        this.position = position;
    }

    /** {@return where the bytes that were looked at end: at a marker, once all was read} */
    int position() {
        return position;
    }

    /** {@return the next bits as a number} */
    int get(int bits) throws InvalidFileException {
        int value = peek(bits);
        skip(bits);
        return value;
    }

    /** {@return the next symbol of a code} */
    int symbol(JpegCode code) throws InvalidFileException {
        int entry = code.find(peek(LONGEST_CODE));
        if (entry == JpegCode.NONE) {
            throw new InvalidFileException(file, "is damaged: no code of its table stands before byte " + position);
        }
        skip(entry >> Byte.SIZE);
        return entry & 0xff;
    }

    /** {@return a number that is stored with so many bits: its lower half of values are negative} */
    int signed(int bits) throws InvalidFileException {
        int value = get(bits);
        return bits > 0 && value < 1 << bits - 1 ? value - (1 << bits) + 1 : value;
    }

    /** Passes over a restart marker, which stands at the next byte. */
    void restart(int index) throws InvalidFileException {
        buffer = 0;
        count = 0;
        padding = 0;
        int at = position;
        while (at + 1 < content.length && content[at] == (byte) MARKER && content[at + 1] == (byte) MARKER) {
            at++;
        }
        if (at + 1 >= content.length || content[at] != (byte) MARKER || (content[at + 1] & 0xff) != FIRST_RESTART + index % 8) {
            throw new InvalidFileException(file, "is cut off or damaged: expected a restart marker at byte " + at);
        }
        position = at + 2;
    }

    private int peek(int bits) {
        while (count < bits) {
            boolean isEnd = position >= content.length;
            int next = isEnd ? 0 : content[position] & 0xff;
            if (next == MARKER) {
                isEnd = position + 1 >= content.length || content[position + 1] != 0;
            }
            if (isEnd) {
                padding += Byte.SIZE;
                next = 0;
            } else {
                position += next == MARKER ? 2 : 1;
            }
            buffer = buffer << Byte.SIZE | next;
            count += Byte.SIZE;
        }
        return (int) (buffer >>> count - bits) & (1 << bits) - 1;
    }

    private void skip(int bits) throws InvalidFileException {
        count -= bits;
        if (count < padding) {
            throw new InvalidFileException(file, "is cut off: its pixels end at byte " + position);
        }
    }
}
