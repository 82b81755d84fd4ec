package io.panatorch.safetensors;

import static io.panatorch.safetensors.StrictJson.quote;

import io.panatorch.io.FileContent;
import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The header of a safetensors file, checked: tensors cover the bytes after it from the first to the last, without
 * overlaps and holes, each with as many as its type and shape need.
 *
 * @param metadata the free text pairs of the header
 * @param tensors the tensors by name, in the order of their bytes
 * @param dataStart where the tensors' bytes begin in the file
 * @param fileSize the size of the file in bytes
 */
record SafetensorsHeader(
        Map<String, String> metadata, Map<String, TensorInfo> tensors, long dataStart, long fileSize) {

    static final String METADATA_KEY = "__metadata__";

    /** The limit of the reference implementation, against headers that are made to fill the memory. */
    static final int LONGEST = 100_000_000;

    /** What a tensor of libtorch can have. */
    private static final int MOST_DIMENSIONS = 64;

    /**
     * Reads and checks the header at the beginning of a file.
     *
     * @param file the file's name in error messages
     */
    static SafetensorsHeader read(Path file, FileChannel channel) throws IOException {
        long fileSize = channel.size();
        FileContent.requireReal(file, bytes(file, channel, 0, (int) Math.min(fileSize, FileContent.START)));
        if (fileSize < Long.BYTES) {
            throw new InvalidFileException(
                    file, "is " + fileSize + " bytes long, a header needs at least " + Long.BYTES);
        }
        long length = littleEndian(bytes(file, channel, 0, Long.BYTES)).getLong();
        checkLength(file, length, fileSize - Long.BYTES);
        byte[] json = bytes(file, channel, Long.BYTES, (int) length);
        if (length == 0 || json[0] != '{') {
            throw new InvalidFileException(file, "header must begin with {; this is no safetensors file");
        }
        Map<String, String> metadata = new LinkedHashMap<>();
        List<TensorInfo> tensors = new ArrayList<>();
        try (StrictJson header = new StrictJson(file, "header", json)) {
            header.document(key -> {
                if (key.equals(METADATA_KEY)) {
                    readMetadata(header, metadata);
                } else {
                    tensors.add(readTensor(header, key));
                }
            });
        }
        long dataStart = Long.BYTES + length;
        Map<String, TensorInfo> ordered = inOrder(file, tensors, fileSize - dataStart);
        return new SafetensorsHeader(Collections.unmodifiableMap(metadata), ordered, dataStart, fileSize);
    }

    private static void checkLength(Path file, long length, long available) throws InvalidFileException {
        String found = "header length is " + Long.toUnsignedString(length) + " bytes, ";
        if (length < 0 || length > LONGEST) {
            throw new InvalidFileException(
                    file, found + "expected at most " + LONGEST + "; this is no safetensors file");
        }
        if (length > available) {
            throw new InvalidFileException(
                    file,
                    found + "but the file has only " + available + " after it; it is cut off or no safetensors file");
        }
    }

    private static byte[] bytes(Path file, FileChannel channel, long position, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position()) < 0) {
                throw new InvalidFileException(file, "was cut off while it was read");
            }
        }
        return buffer.array();
    }

    private static ByteBuffer littleEndian(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static void readMetadata(StrictJson header, Map<String, String> metadata) throws IOException {
        if (header.isNull()) {
            return;
        }
        header.object(METADATA_KEY, key -> metadata.put(key, header.string(METADATA_KEY + " " + quote(key))));
    }

    /** The fields of one tensor, null while missing; fields that are not known are passed over. */
    private static final class Fields {
        String type;
        long[] shape;
        long[] offsets;
    }

    private static TensorInfo readTensor(StrictJson header, String name) throws IOException {
        String tensor = "tensor " + quote(name);
        Fields fields = new Fields();
        header.object(tensor, key -> {
            switch (key) {
                case "dtype" -> fields.type = header.string(tensor + " dtype");
                case "shape" -> fields.shape = header.sizes(tensor + " shape");
                case "data_offsets" -> fields.offsets = header.sizes(tensor + " data_offsets");
                default -> header.skip();
            }
        });
        if (fields.type == null || fields.shape == null || fields.offsets == null) {
            throw header.invalid(tensor + " must have dtype, shape and data_offsets");
        }
        if (fields.shape.length > MOST_DIMENSIONS) {
            throw header.invalid(
                    tensor + " has " + fields.shape.length + " dimensions, expected at most " + MOST_DIMENSIONS);
        }
        if (fields.offsets.length != 2) {
            throw header.invalid(tensor + " data_offsets must be 2 numbers, found " + fields.offsets.length);
        }
        StoredType type = StoredType.named(fields.type)
                .orElseThrow(() -> header.invalid(tensor + " has the unknown dtype " + quote(fields.type)
                        + ", expected one of " + Arrays.toString(StoredType.values())));
        return new TensorInfo(name, type, fields.shape, fields.offsets[0], fields.offsets[1]);
    }

    private static Map<String, TensorInfo> inOrder(Path file, List<TensorInfo> tensors, long dataSize)
            throws InvalidFileException {
        tensors.sort(Comparator.comparingLong(TensorInfo::begin).thenComparingLong(TensorInfo::end));
        Map<String, TensorInfo> ordered = new LinkedHashMap<>();
        long covered = 0;
        for (TensorInfo tensor : tensors) {
            String problem = problem(tensor, covered, dataSize);
            if (problem != null) {
                throw new InvalidFileException(file, "header: tensor " + quote(tensor.name()) + " " + problem);
            }
            covered = tensor.end();
            ordered.put(tensor.name(), tensor);
        }
        if (covered != dataSize) {
            throw new InvalidFileException(
                    file,
                    "header: tensors take " + covered + " bytes, but the file has " + dataSize + " after the header");
        }
        return Collections.unmodifiableMap(ordered);
    }

    /** {@return what is wrong with the place of a tensor whose predecessor ends at covered; null if nothing is} */
    private static String problem(TensorInfo tensor, long covered, long dataSize) {
        String offsets = "data_offsets [" + tensor.begin() + ", " + tensor.end() + "] ";
        if (tensor.end() < tensor.begin()) {
            return offsets + "end before they begin";
        }
        if (tensor.end() > dataSize) {
            return offsets + "reach past the end of the file, which has " + dataSize
                    + " bytes after the header; it may be cut off";
        }
        String elements = tensor.type() + " " + Arrays.toString(tensor.shape());
        try {
            long expected = tensor.type().byteSize(tensor.shape());
            if (expected != tensor.byteSize()) {
                return offsets + "are " + tensor.byteSize() + " bytes, but " + elements + " needs " + expected;
            }
        } catch (ArithmeticException e) {
            return elements + " has no size in bytes: " + e.getMessage();
        }
        if (tensor.begin() < covered) {
            return offsets + "overlap the tensor before, which ends at " + covered;
        }
        if (tensor.begin() > covered) {
            return offsets + "leave a hole after the tensor before, which ends at " + covered;
        }
        return null;
    }
}
