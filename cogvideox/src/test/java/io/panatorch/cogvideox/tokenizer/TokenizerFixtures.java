package io.panatorch.cogvideox.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The small trained tokenizer of the test resources, and hand-made protobuf messages. */
final class TokenizerFixtures {

    /** A character map without keys: every unit of the double array is empty. */
    static final byte[] EMPTY_CHARSMAP = charsmap(new int[256], new byte[1]);

    private TokenizerFixtures() {}

    static byte[] resource(String name) throws IOException {
        try (InputStream in = TokenizerFixtures.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        }
    }

    /** A folder with copies of the named resources. */
    static Path folder(Path parent, String... names) throws IOException {
        Path folder = Files.createTempDirectory(parent, "tokenizer");
        for (String name : names) {
            Files.write(folder.resolve(name), resource(name));
        }
        return folder;
    }

    static List<Row> rows() throws IOException {
        List<Row> rows = new ArrayList<>();
        ObjectMapper mapper = new ObjectMapper();
        for (JsonNode row : mapper.readTree(resource("strings.json")).get("rows")) {
            int[] cut = row.has("ids226") ? mapper.convertValue(row.get("ids226"), int[].class) : null;
            int[] ids = mapper.convertValue(row.get("ids"), int[].class);
            rows.add(new Row(row.get("text").textValue(), ids, row.get("normalized").textValue(), cut));
        }
        return rows;
    }

    /**
     * @param text what is encoded
     * @param ids its ids with the end token
     * @param normalized what SentencePiece makes of the text, special tokens left as text
     * @param ids226 the ids cut to 226, where there are more
     */
    record Row(String text, int[] ids, String normalized, int[] ids226) {}

    static byte[] charsmap(int[] units, byte[] replacements) {
        ByteBuffer map = ByteBuffer.allocate(4 + 4 * units.length + replacements.length);
        map.order(ByteOrder.LITTLE_ENDIAN).putInt(4 * units.length);
        for (int unit : units) {
            map.putInt(unit);
        }
        return map.put(replacements).array();
    }

    static byte[] piece(String text, float score, int type) {
        ByteBuffer value = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(0, score);
        byte[] scoreField = concat(new byte[] {0x15}, value.array());
        return delimited(
                1, concat(delimited(1, text.getBytes(StandardCharsets.UTF_8)), scoreField, varint(3, type)));
    }

    /** The four pieces without which there is no tokenizer: padding, end, unknown and one normal piece. */
    static byte[] basePieces() {
        return concat(piece("<pad>", 0, 3), piece("</s>", 0, 3), piece("<unk>", 0, 2), piece("a", -1, 1));
    }

    static byte[] normalizerSpec(byte[] charsmap) {
        return delimited(3, delimited(2, charsmap));
    }

    /** A field of wire type 2. */
    static byte[] delimited(int field, byte[] value) {
        return concat(rawVarint(field << 3 | 2), rawVarint(value.length), value);
    }

    /** A field of wire type 0. */
    static byte[] varint(int field, long value) {
        return concat(rawVarint(field << 3), rawVarint(value));
    }

    static byte[] rawVarint(long value) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            out.write((int) (rest & 0x7F | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
        return out.toByteArray();
    }

    static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
