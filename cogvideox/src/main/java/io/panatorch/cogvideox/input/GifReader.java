package io.panatorch.cogvideox.input;

import io.panatorch.io.FileContent;
import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Reads all pictures of a GIF file (GIF89a), each drawn over what the one before has left. What the format leaves open is as in
 * Pillow's {@code GifImagePlugin.py}.
 */
final class GifReader {

    private static final int MOST_BYTES = 1 << 30;
    private static final int SIGNATURE_LENGTH = 6;
    /** Pixels of a byte: a code of 12 bits says 4096 at the most. */
    private static final long MOST_PER_BYTE = 4096 * 8 / 12 + 1;
    private static final int MOST_COLOURS = 256;

    private static final int EXTENSION = '!';
    private static final int PICTURE = ',';
    private static final int END = ';';
    private static final int CONTROL = 0xf9;

    private static final int TO_BACKGROUND = 2;

    private static final int NO_COLOUR = -1;
    private static final int BLACK = 0;

    /** Where the four passes of an interlaced picture begin, and how far their rows are apart. */
    private static final int[][] PASSES = {{0, 8}, {4, 8}, {2, 4}, {1, 2}};

    private final Path file;
    private final ByteBuffer in;
    private final FrameList frames;
    private final BytePixels canvas;
    private final int[] globalPalette;
    private final int background;

    /** Of the next picture; what becomes of it holds for later ones too that do not say. */
    private int transparent = NO_COLOUR;
    private int disposal;

    private GifReader(Path file, ByteBuffer in) throws InvalidFileException {
        this.file = file;
        this.in = in;
        frames = new FrameList(file);
        int width = number();
        int height = number();
        int flags = octet();
        int colour = octet();
        octet(); // the pixels' ratio
        if ((long) width * height > MOST_PER_BYTE * in.limit()) {
            throw invalid("is cut off or damaged: its bytes cannot hold " + width + "x" + height + " pixels");
        }
        canvas = BytePixels.allocate(file, width, height);
        boolean hasPalette = (flags & 0x80) != 0;
        globalPalette = hasPalette ? palette(flags) : greys();
        background = hasPalette ? colour : 0;
    }

    static List<InputImage> read(Path file) throws IOException {
        byte[] content = FileContent.read(file, MOST_BYTES, "a GIF file");
        ByteBuffer in = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        try {
            in.get(new byte[SIGNATURE_LENGTH]);
            GifReader reader = new GifReader(file, in);
            reader.readBlocks();
            return reader.frames.whole();
        } catch (BufferUnderflowException e) {
            throw new InvalidFileException(file, "is cut off: GIF data end at byte " + content.length + ", in the middle", e);
        }
    }

    private void readBlocks() throws IOException {
        Runnable dispose = () -> {};
        while (in.hasRemaining()) {
            int block = octet();
            switch (block) {
                case EXTENSION -> readExtension();
                case PICTURE -> {
                    dispose.run();
                    dispose = readPicture();
                    transparent = NO_COLOUR;
                    BytePixels frame = new BytePixels(canvas.width(), canvas.height(), canvas.rgb().clone());
                    frames.add(new InputImage(frame), "frame " + frames.size());
                }
                case END -> {
                    return;
                }
                default -> {} // as Pillow, and browsers, pass over what lies between
            }
        }
    }

    private void readExtension() {
        int kind = octet();
        byte[] first = subBlock();
        if (kind == CONTROL && first.length >= 4) {
            transparent = (first[0] & 1) != 0 ? first[3] & 0xff : NO_COLOUR;
            int method = first[0] >> 2 & 7;
            disposal = method == 0 ? disposal : method;
        }
        for (byte[] more = first; more.length > 0; more = subBlock()) {
            // what it says is not about pictures
        }
    }

    /** {@return what is to be done before the next picture} */
    private Runnable readPicture() throws InvalidFileException {
        int left = number();
        int top = number();
        int width = number();
        int height = number();
        int flags = octet();
        if (left + width > canvas.width() || top + height > canvas.height()) {
            throw invalid("expected a picture within the %dx%d of the file, found one of %dx%d at %d,%d".formatted(
                    canvas.width(), canvas.height(), width, height, left, top));
        }
        int[] palette = (flags & 0x80) != 0 ? palette(flags) : globalPalette;
        byte[] before = disposal > TO_BACKGROUND ? canvas.rgb().clone() : null;
        boolean isFirst = frames.size() == 0;
        int clear = colour(palette, transparent == NO_COLOUR ? background : transparent, isFirst ? BLACK : palette[0]);
        if (isFirst) { // which need not cover all
            fill(0, 0, canvas.width(), canvas.height(), colour(palette, Math.max(transparent, 0), BLACK));
        }
        byte[] indices = new GifPixels(file, octet()).decode(this::subBlock, width * height);
        draw(left, top, width, height, rows(height, (flags & 0x40) != 0), indices, palette, isFirst ? NO_COLOUR : transparent);
        if (disposal < TO_BACKGROUND || disposal > TO_BACKGROUND && isFirst && transparent == NO_COLOUR) {
            return () -> {};
        }
        if (disposal == TO_BACKGROUND || isFirst) {
            return () -> fill(left, top, width, height, clear);
        }
        return () -> System.arraycopy(before, 0, canvas.rgb(), 0, before.length);
    }

    private void draw(int left, int top, int width, int height, int[] rows, byte[] indices, int[] palette, int skipped) {
        for (int row = 0; row < height; row++) {
            for (int x = 0; x < width; x++) {
                int index = indices[row * width + x] & 0xff;
                if (index != skipped) {
                    set(left + x, top + rows[row], colour(palette, index, BLACK));
                }
            }
        }
    }

    /** @param otherwise where the palette is too short */
    private static int colour(int[] palette, int index, int otherwise) {
        return index < palette.length ? palette[index] : otherwise;
    }

    private void fill(int left, int top, int width, int height, int colour) {
        for (int y = top; y < top + height; y++) {
            for (int x = left; x < left + width; x++) {
                set(x, y, colour);
            }
        }
    }

    private void set(int x, int y, int colour) {
        canvas.set(x, y, colour >> 16, colour >> 8, colour);
    }

    /** {@return where each of a picture's rows stands, in the order of the file} */
    private static int[] rows(int height, boolean isInterlaced) {
        int[] rows = new int[height];
        int next = 0;
        for (int[] pass : isInterlaced ? PASSES : new int[][] {{0, 1}}) {
            for (int row = pass[0]; row < height; row += pass[1]) {
                rows[next++] = row;
            }
        }
        return rows;
    }

    /** {@return the colours, the first byte the highest; to Pillow, which knows pictures in grey, a beginning of all greys is all greys} */
    private int[] palette(int flags) {
        int[] palette = new int[2 << (flags & 7)];
        Arrays.setAll(palette, _ -> octet() << 16 | octet() << 8 | octet());
        int[] greys = greys();
        return Arrays.equals(palette, Arrays.copyOf(greys, palette.length)) ? greys : palette;
    }

    private static int[] greys() {
        int[] palette = new int[MOST_COLOURS];
        Arrays.setAll(palette, grey -> grey * 0x010101);
        return palette;
    }

    private byte[] subBlock() {
        byte[] block = new byte[octet()];
        in.get(block);
        return block;
    }

    private int octet() {
        return Byte.toUnsignedInt(in.get());
    }

    private int number() {
        return Short.toUnsignedInt(in.getShort());
    }

    private InvalidFileException invalid(String problem) {
        return new InvalidFileException(file, problem);
    }
}
