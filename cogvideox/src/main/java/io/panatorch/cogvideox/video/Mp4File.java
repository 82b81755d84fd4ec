package io.panatorch.cogvideox.video;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The boxes of an MP4 file with one H.264 track: ISO/IEC 14496-12, -14 and -15. A box is its length, its name and its content. The
 * index comes before the pictures, so that a browser plays the file while it loads.
 */
final class Mp4File {

    private static final int HEADER = 8;
    private static final int[] IDENTITY = {0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000};
    private static final short UNDETERMINED = 0x55c4; // "und", five bits a letter
    private static final int BITS_OF_DEPTH = 24;
    private static final int DOTS_PER_INCH = 72 << 16;
    private static final int TEXT = 1;

    private Mp4File() {}

    /** @param pictures in the order in which they are shown */
    static byte[] of(int width, int height, FrameRate rate, byte[] sequence, byte[] picture, List<H264Encoder.Encoded> pictures,
            VideoMetadata metadata) {
        byte[] type = box("ftyp", bytes("isom"), ints(0x200), bytes("isomiso2avc1mp41"));
        byte[][] samples = pictures.stream().map(sample -> join(ints(sample.unit().length), sample.unit())).toArray(byte[][]::new);
        byte[] data = box("mdat", samples);
        byte[] without = index(width, height, rate, sequence, picture, pictures, metadata, 0);
        int offset = type.length + without.length + HEADER;
        return join(type, index(width, height, rate, sequence, picture, pictures, metadata, offset), data);
    }

    private static byte[] index(int width, int height, FrameRate rate, byte[] sequence, byte[] picture,
            List<H264Encoder.Encoded> pictures, VideoMetadata metadata, int offset) {
        long duration = (long) pictures.size() * rate.denominator();
        byte[] movie = box("mvhd", ints(0x01000000), longs(0, 0), ints(rate.numerator()), longs(duration),
                ints(0x10000, 0x01000000, 0, 0), ints(IDENTITY), ints(0, 0, 0, 0, 0, 0, 2));
        byte[] track = box("tkhd", ints(0x01000003), longs(0, 0), ints(1, 0), longs(duration), ints(0, 0, 0, 0), ints(IDENTITY),
                ints(width << 16, height << 16));
        byte[] media = box("mdhd", ints(0x01000000), longs(0, 0), ints(rate.numerator()), longs(duration),
                shorts(UNDETERMINED, 0));
        byte[] handler = box("hdlr", ints(0, 0), bytes("vide"), ints(0, 0, 0), bytes("VideoHandler\0"));
        byte[] here = box("dinf", box("dref", ints(0, 1), box("url ", ints(1))));
        byte[] table = box("stbl",
                box("stsd", ints(0, 1), description(width, height, sequence, picture)),
                box("stts", ints(0, 1, pictures.size(), rate.denominator())),
                box("stss", keys(pictures)),
                box("stsc", ints(0, 1, 1, pictures.size(), 1)),
                box("stsz", ints(0, 0, pictures.size()), ints(pictures.stream().mapToInt(p -> p.unit().length + 4).toArray())),
                box("stco", ints(0, 1, offset)));
        byte[] information = box("minf", box("vmhd", ints(1, 0, 0)), here, table);
        return box("moov", movie, box("trak", track, box("mdia", media, handler, information)), texts(metadata));
    }

    private static byte[] description(int width, int height, byte[] sequence, byte[] picture) {
        byte[] decoder = box("avcC", new byte[] {1, sequence[1], sequence[2], sequence[3], (byte) 0xff, (byte) 0xe1},
                shorts(sequence.length), sequence, new byte[] {1}, shorts(picture.length), picture);
        byte[] colours = box("colr", bytes("nclx"), shorts(1, 1, 1), new byte[1]); // BT.709, narrow range
        return box("avc1", ints(0), shorts(0, 1), ints(0, 0, 0, 0), shorts(width, height), ints(DOTS_PER_INCH, DOTS_PER_INCH, 0),
                shorts(1), new byte[32], shorts(BITS_OF_DEPTH, -1), decoder, colours, box("pasp", ints(1, 1)));
    }

    private static byte[] keys(List<H264Encoder.Encoded> pictures) {
        int[] numbers = IntStream.range(0, pictures.size()).filter(i -> pictures.get(i).isKey()).map(i -> i + 1)
                .toArray();
        return join(ints(0, numbers.length), ints(numbers));
    }

    /** As iTunes writes them and everybody reads them; empty without any. */
    private static byte[] texts(VideoMetadata metadata) {
        byte[] list = box("ilst", text("©nam", metadata.title()), text("©cmt", metadata.comment()));
        if (list.length == HEADER) {
            return new byte[0];
        }
        byte[] handler = box("hdlr", ints(0, 0), bytes("mdirappl"), ints(0, 0), new byte[1]);
        return box("udta", box("meta", ints(0), handler, list));
    }

    private static byte[] text(String name, String text) {
        return text.isEmpty() ? new byte[0] : box(name, box("data", ints(TEXT, 0), text.getBytes(StandardCharsets.UTF_8)));
    }

    /**
     * Adds texts to a file that has none, and its index before its pictures.
     *
     * @throws IOException where the file is not so
     */
    static byte[] withTexts(byte[] file, VideoMetadata metadata) throws IOException {
        byte[] texts = texts(metadata);
        ByteBuffer boxes = ByteBuffer.wrap(file);
        int index = find(boxes, 0, file.length, "moov");
        int end = index + boxes.getInt(index);
        int table = index;
        for (String name : List.of("trak", "mdia", "minf", "stbl", "stco")) {
            table = find(boxes, table + HEADER, table + boxes.getInt(table), name);
        }
        for (int i = 0, at = table + HEADER + 8; i < boxes.getInt(table + HEADER + 4); i++, at += 4) {
            boxes.putInt(at, boxes.getInt(at) + texts.length);
        }
        boxes.putInt(index, end - index + texts.length);
        return join(Arrays.copyOf(file, end), texts, Arrays.copyOfRange(file, end, file.length));
    }

    private static int find(ByteBuffer boxes, int from, int to, String name) throws IOException {
        int wanted = ByteBuffer.wrap(bytes(name)).getInt();
        for (int at = from; at + HEADER <= to && boxes.getInt(at) >= HEADER; at += boxes.getInt(at)) {
            if (boxes.getInt(at + 4) == wanted) {
                return at;
            }
        }
        throw new IOException("the MP4 file has no box " + name + " where it was expected");
    }

    private static byte[] box(String name, byte[]... contents) {
        byte[] content = join(contents);
        return join(ints(HEADER + content.length), bytes(name), content);
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] ints(int... values) {
        ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES * values.length);
        bytes.asIntBuffer().put(values);
        return bytes.array();
    }

    private static byte[] longs(long... values) {
        ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES * values.length);
        bytes.asLongBuffer().put(values);
        return bytes.array();
    }

    private static byte[] shorts(int... values) {
        ByteBuffer bytes = ByteBuffer.allocate(Short.BYTES * values.length);
        for (int value : values) {
            bytes.putShort((short) value);
        }
        return bytes.array();
    }
}
