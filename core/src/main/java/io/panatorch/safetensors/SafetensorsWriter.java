package io.panatorch.safetensors;

import static io.panatorch.safetensors.StrictJson.quote;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import io.panatorch.io.AtomicFile;
import io.panatorch.tensor.Tensor;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Writes safetensors files, byte for byte as the reference implementation does. */
final class SafetensorsWriter {

    private static final JsonFactory FACTORY =
            JsonFactory.builder().disable(JsonWriteFeature.WRITE_HEX_UPPER_CASE).build();

    private static final int ALIGNMENT = 8;
    private static final int CHUNK = 1 << 20;

    private SafetensorsWriter() {}

    private record Named(String name, byte[] utf8, Tensor tensor) {

        StoredType type() {
            return StoredType.of(tensor.dtype());
        }
    }

    /**
     * Writes a file, which appears only when it is whole. Tensors with larger elements come first, so that all are
     * aligned; those of one type are in the order of their names.
     *
     * @param target the file; replaced if it exists
     * @param tensors the tensors by name
     * @param metadata free text pairs for the header; none if empty
     * @throws IllegalArgumentException if a name or text is not valid Unicode, or a tensor has a name that the format
     *     uses
     * @throws IOException if the file cannot be written
     */
    static void write(Path target, Map<String, Tensor> tensors, Map<String, String> metadata) throws IOException {
        List<Named> ordered = inOrder(tensors);
        ByteBuffer header = header(ordered, metadata);
        AtomicFile.write(target, temporary -> {
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                writeFully(channel, header);
                ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK);
                for (Named tensor : ordered) {
                    copy(tensor.tensor(), channel, chunk);
                }
            }
        });
    }

    private static List<Named> inOrder(Map<String, Tensor> tensors) {
        List<Named> ordered = new ArrayList<>();
        tensors.forEach((name, tensor) -> {
            if (name.equals(SafetensorsHeader.METADATA_KEY)) {
                throw new IllegalArgumentException("a tensor cannot have the name " + quote(name));
            }
            ordered.add(new Named(name, utf8(name), tensor));
        });
        ordered.sort(Comparator.comparing(Named::type)
                .reversed()
                .thenComparing(Named::utf8, Arrays::compareUnsigned));
        return ordered;
    }

    /** {@return the length and the JSON, padded so that the tensors begin at a multiple of 8} */
    private static ByteBuffer header(List<Named> ordered, Map<String, String> metadata) {
        byte[] json = utf8(json(ordered, metadata));
        int length = Math.ceilDiv(json.length, ALIGNMENT) * ALIGNMENT;
        if (length > SafetensorsHeader.LONGEST) {
            throw new IllegalArgumentException(
                    "the header takes " + length + " bytes, the format has at most " + SafetensorsHeader.LONGEST);
        }
        byte[] padded = Arrays.copyOf(json, length);
        Arrays.fill(padded, json.length, length, (byte) ' ');
        return ByteBuffer.allocate(Long.BYTES + length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(length)
                .put(padded)
                .flip();
    }

    private static String json(List<Named> ordered, Map<String, String> metadata) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = FACTORY.createGenerator(text)) {
            json.writeStartObject();
            if (!metadata.isEmpty()) {
                json.writeObjectFieldStart(SafetensorsHeader.METADATA_KEY);
                for (Map.Entry<String, String> pair : new TreeMap<>(metadata).entrySet()) {
                    json.writeStringField(pair.getKey(), pair.getValue());
                }
                json.writeEndObject();
            }
            long offset = 0;
            for (Named tensor : ordered) {
                long end = offset + tensor.tensor().byteSize();
                writeInfo(json, tensor, offset, end);
                offset = end;
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to a string cannot fail", e);
        }
        return text.toString();
    }

    private static void writeInfo(JsonGenerator json, Named tensor, long begin, long end) throws IOException {
        json.writeObjectFieldStart(tensor.name());
        json.writeStringField("dtype", tensor.type().name());
        json.writeFieldName("shape");
        long[] shape = tensor.tensor().shape().sizes();
        json.writeArray(shape, 0, shape.length);
        json.writeFieldName("data_offsets");
        json.writeArray(new long[] {begin, end}, 0, 2);
        json.writeEndObject();
    }

    private static byte[] utf8(String text) {
        try {
            ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
            return Arrays.copyOf(bytes.array(), bytes.limit());
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("not valid Unicode: " + quote(text), e);
        }
    }

    private static void copy(Tensor tensor, FileChannel channel, ByteBuffer chunk) throws IOException {
        try {
            tensor.readData(data -> {
                if (data.byteSize() != tensor.byteSize()) { // its place is in the header already
                    throw new IllegalStateException(tensor.describe() + " has changed while it was written");
                }
                copy(data, channel, chunk);
                return null;
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** By way of a buffer, because no segment of more than 2 GiB can be seen as one. */
    private static void copy(MemorySegment data, FileChannel channel, ByteBuffer chunk) {
        try {
            for (long done = 0; done < data.byteSize(); done += chunk.limit()) {
                chunk.clear().limit((int) Math.min(CHUNK, data.byteSize() - done));
                MemorySegment.copy(data, done, MemorySegment.ofBuffer(chunk), 0, chunk.limit());
                writeFully(channel, chunk);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void writeFully(FileChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }
}
