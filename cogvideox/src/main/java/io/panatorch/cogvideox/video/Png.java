package io.panatorch.cogvideox.video;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;

/** Writes one 8-bit RGB picture as a PNG file (ISO/IEC 15948). */
final class Png {

    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    private static final int BYTES_PER_PIXEL = 3;
    private static final byte BIT_DEPTH = 8;
    private static final byte TRUECOLOUR = 2;
    /** The one row filter used: the best single choice for pictures with smooth areas. */
    private static final int PAETH = 4;

    /** Where programs that draw look for how a picture was made. */
    private static final String PARAMETERS = "parameters";

    /** Before all else, so that a file of this writer is told by its beginning. */
    private static final String SOFTWARE = "Software";

    private static final String OWN = "Panatorch";
    private static final int BEGINNING = 64;

    private Png() {}

    /** {@return whether a file was written by this writer} */
    static boolean isOwn(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return new String(in.readNBytes(BEGINNING), StandardCharsets.ISO_8859_1).contains(SOFTWARE + "\0\0\0\0\0" + OWN);
        }
    }

    static byte[] encode(int width, int height, byte[] rgb, VideoMetadata metadata) throws IOException {
        ByteArrayOutputStream file = new ByteArrayOutputStream(rgb.length / 2);
        file.write(SIGNATURE);
        chunk(file, "IHDR", ByteBuffer.allocate(13)
                .putInt(width).putInt(height).put(BIT_DEPTH).put(TRUECOLOUR).array());
        text(file, SOFTWARE, OWN);
        text(file, "Title", metadata.title());
        text(file, PARAMETERS, metadata.comment());
        ByteArrayOutputStream packed = new ByteArrayOutputStream(rgb.length / 2);
        try (DeflaterOutputStream deflater = new DeflaterOutputStream(packed)) {
            deflater.write(filter(width * BYTES_PER_PIXEL, height, rgb));
        }
        chunk(file, "IDAT", packed.toByteArray());
        chunk(file, "IEND", new byte[0]);
        return file.toByteArray();
    }

    /** Of international text: not compressed, of no language, in UTF-8. */
    private static void text(OutputStream file, String keyword, String text) throws IOException {
        if (!text.isEmpty()) {
            chunk(file, "iTXt", (keyword + "\0\0\0\0\0" + text).getBytes(StandardCharsets.UTF_8));
        }
    }

    private static void chunk(OutputStream file, String type, byte[] data) throws IOException {
        byte[] typeAndData = ByteBuffer.allocate(4 + data.length)
                .put(type.getBytes(StandardCharsets.US_ASCII)).put(data).array();
        CRC32 crc = new CRC32();
        crc.update(typeAndData);
        file.write(ByteBuffer.allocate(4).putInt(data.length).array());
        file.write(typeAndData);
        file.write(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    }

    /** Replaces bytes by their difference from what their neighbours predict; rows begin with the filter's number. */
    private static byte[] filter(int stride, int height, byte[] rgb) {
        byte[] filtered = new byte[(stride + 1) * height];
        int to = 0;
        for (int row = 0; row < height; row++) {
            filtered[to++] = PAETH;
            for (int column = 0; column < stride; column++) {
                int at = row * stride + column;
                boolean hasLeft = column >= BYTES_PER_PIXEL;
                int left = hasLeft ? rgb[at - BYTES_PER_PIXEL] & 0xff : 0;
                int above = row > 0 ? rgb[at - stride] & 0xff : 0;
                int aboveLeft = hasLeft && row > 0 ? rgb[at - stride - BYTES_PER_PIXEL] & 0xff : 0;
                filtered[to++] = (byte) (rgb[at] - predict(left, above, aboveLeft));
            }
        }
        return filtered;
    }

    private static int predict(int left, int above, int aboveLeft) {
        int estimate = left + above - aboveLeft;
        int toLeft = Math.abs(estimate - left);
        int toAbove = Math.abs(estimate - above);
        int toAboveLeft = Math.abs(estimate - aboveLeft);
        if (toLeft <= toAbove && toLeft <= toAboveLeft) {
            return left;
        }
        return toAbove <= toAboveLeft ? above : aboveLeft;
    }
}
