package io.panatorch.cogvideox.input;

import io.panatorch.io.InvalidFileException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** Reads PNG files (ISO/IEC 15948) of all colour types and depths; of an animated one the first picture. */
final class PngReader {

    private static final int SIGNATURE_LENGTH = 8;
    private static final int MOST_PALETTE_BYTES = 256 * 3;
    /** What deflate makes of one byte at the most. */
    private static final long MOST_PER_BYTE = 1032;
    private static final String XMP = "XML:com.adobe.xmp";

    /** Where the passes of an interlaced picture begin and how far their pixels are apart: x, y, step of x, step of y. */
    private static final int[][] ADAM7 = {
        {0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}
    };
    private static final int[][] ONE_PASS = {{0, 0, 1, 1}};

    private enum Colour {
        GREY(0, 1), RGB(2, 3), PALETTE(3, 1), GREY_ALPHA(4, 2), RGB_ALPHA(6, 4);

        final int code;
        final int channels;

        Colour(int code, int channels) {
            this.code = code;
            this.channels = channels;
        }

        boolean hasDepth(int bits) {
            return switch (this) {
                case GREY -> bits <= 16;
                case PALETTE -> bits <= 8;
                case RGB, GREY_ALPHA, RGB_ALPHA -> bits == 8 || bits == 16;
            } && Integer.bitCount(bits) == 1;
        }
    }

    private final Path file;
    private final ByteArrayOutputStream packed = new ByteArrayOutputStream();
    private byte[] header;
    private byte[] palette;
    private int orientation = Orientation.UPRIGHT;

    private Colour colour;
    private int bits;

    private PngReader(Path file) {
        this.file = file;
    }

    /** @param content begins with the signature */
    static BytePixels read(Path file, byte[] content) throws InvalidFileException {
        PngReader reader = new PngReader(file);
        reader.readChunks(ByteBuffer.wrap(content).position(SIGNATURE_LENGTH));
        return Orientation.upright(reader.decode(), reader.orientation);
    }

    private void readChunks(ByteBuffer in) throws InvalidFileException {
        String type = "";
        while (in.hasRemaining() && !type.equals("IEND")) {
            int start = in.position();
            if (in.remaining() < 12 || in.getInt(start) < 0 || in.getInt(start) > in.remaining() - 12) {
                throw invalid("is cut off, in the chunk at byte " + start);
            }
            byte[] data = new byte[in.getInt()];
            byte[] name = new byte[4];
            in.get(name).get(data);
            type = new String(name, StandardCharsets.ISO_8859_1);
            CRC32 crc = new CRC32();
            crc.update(name);
            crc.update(data);
            if ((int) crc.getValue() != in.getInt()) {
                throw invalid("is damaged: the chunk at byte " + start + " has another checksum");
            }
            take(type, data);
        }
    }

    private void take(String type, byte[] data) throws InvalidFileException {
        if (header == null && !type.equals("IHDR")) {
            throw invalid("expected the chunk IHDR first, found another");
        }
        switch (type) {
            case "IHDR" -> header = data;
            case "PLTE" -> palette = Arrays.copyOf(data, MOST_PALETTE_BYTES); // what it lacks is black, as Pillow has it
            case "IDAT" -> packed.writeBytes(data);
            case "eXIf" -> orientation = Orientation.ofExif(data, 0);
            case "iTXt" -> {
                String text = new String(data, StandardCharsets.ISO_8859_1);
                if (text.startsWith(XMP) && orientation == Orientation.UPRIGHT) {
                    orientation = Orientation.ofXmp(text);
                }
            }
            default -> {}
        }
    }

    private BytePixels decode() throws InvalidFileException {
        if (header == null || header.length != 13) {
            throw invalid("expected the chunk IHDR of 13 bytes, found none");
        }
        ByteBuffer fields = ByteBuffer.wrap(header);
        long width = Integer.toUnsignedLong(fields.getInt());
        long height = Integer.toUnsignedLong(fields.getInt());
        bits = fields.get();
        int code = fields.get();
        colour = Arrays.stream(Colour.values()).filter(known -> known.code == code).findFirst().orElse(null);
        boolean isKnown = fields.get() == 0 && fields.get() == 0;
        int interlace = fields.get();
        if (colour == null || !colour.hasDepth(bits) || !isKnown || interlace < 0 || interlace > 1) {
            throw invalid("IHDR: expected a depth, a colour type and methods that PNG has, found "
                    + HexFormat.ofDelimiter(" ").formatHex(header, 8, 13));
        }
        if (colour == Colour.PALETTE && palette == null) {
            throw invalid("expected the chunk PLTE with the colours, found none");
        }
        BytePixels.requireSize(file, width, height);
        if (width * height * bits * colour.channels / 8 > MOST_PER_BYTE * packed.size()) {
            throw invalid("is cut off or damaged: its bytes cannot hold " + width + "x" + height + " pixels");
        }
        BytePixels picture = BytePixels.allocate(file, width, height);
        Inflater inflater = new Inflater();
        try {
            inflater.setInput(packed.toByteArray());
            for (int[] pass : interlace == 1 ? ADAM7 : ONE_PASS) {
                readPass(inflater, picture, pass[0], pass[1], pass[2], pass[3]);
            }
        } catch (DataFormatException e) {
            throw new InvalidFileException(file, "is damaged: IDAT: " + e.getMessage(), e);
        } finally {
            inflater.end();
        }
        return picture;
    }

    private void readPass(Inflater inflater, BytePixels picture, int left, int top, int stepX, int stepY)
            throws DataFormatException, InvalidFileException {
        int columns = Math.ceilDiv(picture.width() - left, stepX);
        if (columns <= 0) {
            return;
        }
        byte[] row = new byte[(int) Math.ceilDiv((long) columns * bits * colour.channels, 8)];
        byte[] above = new byte[row.length];
        byte[] filter = new byte[1];
        for (int y = top; y < picture.height(); y += stepY) {
            inflate(inflater, filter);
            inflate(inflater, row);
            unfilter(filter[0], row, above);
            for (int column = 0; column < columns; column++) {
                set(picture, left + column * stepX, y, row, column);
            }
            byte[] last = above;
            above = row;
            row = last;
        }
    }

    private void inflate(Inflater inflater, byte[] to) throws DataFormatException, InvalidFileException {
        int done = 0;
        while (done < to.length) {
            int count = inflater.inflate(to, done, to.length - done);
            if (count == 0) {
                throw invalid("is cut off: IDAT ends before the last row");
            }
            done += count;
        }
    }

    /** Adds what the neighbours predict: of the byte of the same place in the pixel before, above, and before that. */
    private void unfilter(int filter, byte[] row, byte[] above) throws InvalidFileException {
        if (filter < 0 || filter > 4) {
            throw invalid("is damaged: expected a row filter from 0 to 4, found " + filter);
        }
        int step = Math.max(1, bits * colour.channels / 8);
        for (int i = 0; i < row.length; i++) {
            int left = i < step ? 0 : row[i - step] & 0xff;
            int up = above[i] & 0xff;
            int upLeft = i < step ? 0 : above[i - step] & 0xff;
            row[i] += (byte) switch (filter) {
                case 0 -> 0;
                case 1 -> left;
                case 2 -> up;
                case 3 -> (left + up) / 2;
                default -> paeth(left, up, upLeft);
            };
        }
    }

    private static int paeth(int left, int up, int upLeft) {
        int toLeft = Math.abs(up - upLeft);
        int toUp = Math.abs(left - upLeft);
        int toUpLeft = Math.abs(left + up - 2 * upLeft);
        if (toLeft <= toUp && toLeft <= toUpLeft) {
            return left;
        }
        return toUp <= toUpLeft ? up : upLeft;
    }

    private void set(BytePixels picture, int x, int y, byte[] row, int column) {
        int at = column * colour.channels;
        switch (colour) {
            case PALETTE -> {
                int entry = sample(row, at) * BytePixels.CHANNELS;
                picture.set(x, y, palette[entry], palette[entry + 1], palette[entry + 2]);
            }
            case GREY, GREY_ALPHA -> {
                int grey = sample(row, at) * (bits < 8 ? 255 / ((1 << bits) - 1) : 1);
                picture.set(x, y, grey, grey, grey);
            }
            case RGB, RGB_ALPHA -> picture.set(x, y, sample(row, at), sample(row, at + 1), sample(row, at + 2));
        }
    }

    /** {@return one value of a row; of 16 bits the upper 8} */
    private int sample(byte[] row, int index) {
        if (bits >= 8) {
            return row[index * bits / 8] & 0xff;
        }
        int shift = 8 - bits - index * bits % 8;
        return row[index * bits / 8] >> shift & (1 << bits) - 1;
    }

    private InvalidFileException invalid(String problem) {
        return new InvalidFileException(file, problem);
    }
}
