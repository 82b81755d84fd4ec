package io.panatorch.cogvideox.tokenizer;

import io.panatorch.io.InvalidFileException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * One protobuf message, read field by field: {@link #next()}, then exactly one of the value methods or {@link #skip()}.
 *
 * <p>Follows the <a href="https://protobuf.dev/programming-guides/encoding/">wire format</a>; groups, which no proto3
 * writer makes and sentencepiece_model.proto does not use, are refused. Every length is checked before anything is
 * allocated.
 */
final class ProtobufReader {

    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED32 = 5;

    private static final int MAX_VARINT_BITS = 64;
    private static final long MAX_TAG = 0xFFFF_FFFFL;

    private final Path file;
    private final byte[] bytes;
    private final int limit;
    private int position;
    private int fieldStart;
    private long tag;

    ProtobufReader(Path file, byte[] bytes) {
        this(file, bytes, 0, bytes.length);
    }

    private ProtobufReader(Path file, byte[] bytes, int from, int limit) {
        this.file = file;
        this.bytes = bytes;
        this.position = from;
        this.limit = limit;
    }

    /** Goes to the next field; false at the end of the message. */
    boolean next() throws InvalidFileException {
        if (position == limit) {
            return false;
        }
        fieldStart = position;
        tag = readVarint();
        if (Long.compareUnsigned(tag, MAX_TAG) > 0 || field() == 0) {
            throw damaged("a field tag", "0x" + Long.toHexString(tag));
        }
        return true;
    }

    /** The number of the field that {@link #next()} went to. */
    int field() {
        return (int) (tag >>> 3);
    }

    long varint() throws InvalidFileException {
        expectWireType(VARINT);
        return readVarint();
    }

    boolean bool() throws InvalidFileException {
        return varint() != 0;
    }

    float float32() throws InvalidFileException {
        expectWireType(FIXED32);
        int start = take(4);
        return ByteBuffer.wrap(bytes, start, 4).order(ByteOrder.LITTLE_ENDIAN).getFloat();
    }

    byte[] bytes() throws InvalidFileException {
        expectWireType(BYTES);
        int start = takeLengthDelimited();
        return Arrays.copyOfRange(bytes, start, position);
    }

    String string() throws InvalidFileException {
        expectWireType(BYTES);
        int start = takeLengthDelimited();
        try {
            ByteBuffer utf8 = ByteBuffer.wrap(bytes, start, position - start);
            return StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();
        } catch (CharacterCodingException e) {
            throw Problem.damaged(file, "byte " + start, "UTF-8 text", "other bytes", e);
        }
    }

    ProtobufReader message() throws InvalidFileException {
        expectWireType(BYTES);
        int start = takeLengthDelimited();
        return new ProtobufReader(file, bytes, start, position);
    }

    /** Passes over the value of a field that is not wanted. */
    void skip() throws InvalidFileException {
        switch (wireType()) {
            case VARINT -> readVarint();
            case FIXED64 -> take(8);
            case BYTES -> takeLengthDelimited();
            case FIXED32 -> take(4);
            default -> throw damaged("wire type 0, 1, 2 or 5", "" + wireType());
        }
    }

    private int wireType() {
        return (int) (tag & 7);
    }

    private void expectWireType(int expected) throws InvalidFileException {
        if (wireType() != expected) {
            throw damaged("wire type " + expected + " for field " + field(), "" + wireType());
        }
    }

    private int takeLengthDelimited() throws InvalidFileException {
        return take(readVarint());
    }

    /** Moves past {@code count} bytes (unsigned: a hostile length may look negative) and gives where they start. */
    private int take(long count) throws InvalidFileException {
        int left = limit - position;
        if (Long.compareUnsigned(count, left) > 0) {
            throw damaged(Long.toUnsignedString(count) + " bytes of value for field " + field(), left + " left");
        }
        int start = position;
        position += (int) count;
        return start;
    }

    private long readVarint() throws InvalidFileException {
        long value = 0;
        for (int shift = 0; shift < MAX_VARINT_BITS; shift += 7) {
            if (position == limit) {
                throw damaged("the rest of a varint", "the end of its message");
            }
            byte b = bytes[position++];
            value |= (b & 0x7FL) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw damaged("a varint of at most 10 bytes", "a longer one");
    }

    private InvalidFileException damaged(String expected, String found) {
        return Problem.damaged(file, "field at byte " + fieldStart, expected, found);
    }
}
