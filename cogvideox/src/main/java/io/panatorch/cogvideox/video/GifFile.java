package io.panatorch.cogvideox.video;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Animated GIF files (GIF89a): one palette for all pictures, each of which says only what has changed since the one before.
 */
final class GifFile implements VideoEncoder {

    private static final int EXTENSION = 0x21;
    private static final int COMMENT = 0xfe;
    private static final int LONGEST_BLOCK = 255;
    private static final int CENTISECONDS = 100;
    private static final int CODE_BITS = 8;

    @Override
    public String name() {
        return "GIF in Java";
    }

    @Override
    public void encode(Frames frames, VideoMetadata metadata, Path file) throws IOException {
        GifPalette.Builder colours = new GifPalette.Builder();
        for (int i = 0; i < frames.count(); i++) {
            colours.add(frames.rgb(i));
            VideoEncoder.checkInterrupt();
        }
        GifPalette palette = colours.build();
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
            header(out, frames, palette);
            comment(out, metadata.title());
            comment(out, metadata.comment());
            pictures(out, frames, palette);
            out.write(0x3b);
        }
    }

    private static void header(OutputStream out, Frames frames, GifPalette palette) throws IOException {
        out.write("GIF89a".getBytes(StandardCharsets.US_ASCII));
        pairs(out, frames.width(), frames.height());
        out.write(0xf7); // a palette of 256, of 8 bits
        out.write(0);
        out.write(0);
        out.write(palette.bytes());
        if (frames.count() > 1) {
            out.write(EXTENSION);
            out.write(0xff);
            blocks(out, "NETSCAPE2.0".getBytes(StandardCharsets.US_ASCII), false);
            blocks(out, new byte[] {1, 0, 0}, true); // for ever
        }
    }

    private static void comment(OutputStream out, String text) throws IOException {
        if (!text.isEmpty()) {
            out.write(EXTENSION);
            out.write(COMMENT);
            blocks(out, text.getBytes(StandardCharsets.UTF_8), true);
        }
    }

    private static void pictures(OutputStream out, Frames frames, GifPalette palette) throws IOException {
        byte[] shown = null;
        long begin = 0;
        for (int i = 0; i < frames.count(); i++) {
            byte[] indices = palette.indices(frames.rgb(i), frames.width());
            long end = Math.round((i + 1) * CENTISECONDS / frames.fps());
            picture(out, indices, shown, frames.width(), (int) (end - begin));
            shown = indices;
            begin = end;
            VideoEncoder.checkInterrupt();
        }
    }

    /** @param shown the picture before, or null */
    private static void picture(OutputStream out, byte[] indices, byte[] shown, int width, int delay) throws IOException {
        Area area = Area.changed(indices, shown, width);
        out.write(EXTENSION);
        out.write(0xf9);
        out.write(4);
        out.write(0b101); // stays where nothing covers it; one colour is transparent
        pairs(out, delay);
        out.write(GifPalette.TRANSPARENT);
        out.write(0);
        out.write(0x2c);
        pairs(out, area.left, area.top, area.right - area.left, area.bottom - area.top);
        out.write(0);
        byte[] changed = new byte[(area.right - area.left) * (area.bottom - area.top)];
        for (int y = area.top, to = 0; y < area.bottom; y++) {
            for (int at = y * width + area.left; at < y * width + area.right; at++, to++) {
                changed[to] = shown != null && indices[at] == shown[at] ? (byte) GifPalette.TRANSPARENT : indices[at];
            }
        }
        out.write(CODE_BITS);
        blocks(out, GifCodes.of(changed), true);
    }

    /** A part of a picture, one pixel at least. */
    private record Area(int left, int top, int right, int bottom) {

        static Area changed(byte[] indices, byte[] shown, int width) {
            int right = width;
            int bottom = indices.length / width;
            int left = 0;
            int top = 0;
            if (shown == null) {
                return new Area(left, top, right, bottom);
            }
            int height = bottom;
            while (top < height - 1 && isSame(indices, shown, top * width, 1, width)) {
                top++;
            }
            while (bottom > top + 1 && isSame(indices, shown, (bottom - 1) * width, 1, width)) {
                bottom--;
            }
            while (left < width - 1 && isSame(indices, shown, left, width, height)) {
                left++;
            }
            while (right > left + 1 && isSame(indices, shown, right - 1, width, height)) {
                right--;
            }
            return new Area(left, top, right, bottom);
        }
    }

    private static boolean isSame(byte[] a, byte[] b, int from, int step, int count) {
        for (int i = 0, at = from; i < count; i++, at += step) {
            if (a[at] != b[at]) {
                return false;
            }
        }
        return true;
    }

    private static void blocks(OutputStream out, byte[] bytes, boolean end) throws IOException {
        for (int at = 0; at < bytes.length; at += LONGEST_BLOCK) {
            int length = Math.min(LONGEST_BLOCK, bytes.length - at);
            out.write(length);
            out.write(bytes, at, length);
        }
        if (end) {
            out.write(0);
        }
    }

    private static void pairs(OutputStream out, int... values) throws IOException {
        for (int value : values) {
            out.write(value);
            out.write(value >> 8);
        }
    }
}
