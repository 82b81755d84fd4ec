package io.panatorch.testing;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;

/** Writes safetensors files of any size that take no room on the disk, for {@link io.panatorch.tensor.Device#META}. */
public final class SparseCheckpoint {

    private static final int BFLOAT16_BYTES = 2;

    private SparseCheckpoint() {}

    /**
     * Writes a header, and a hole where the tensors would be.
     *
     * @param file is replaced where it exists
     * @param shapes of the tensors by name, in their order; all are bfloat16
     */
    public static void write(Path file, Map<String, long[]> shapes) throws IOException {
        long[] end = {0};
        String tensors = shapes.entrySet().stream().map(tensor -> {
            long begin = end[0];
            end[0] += Arrays.stream(tensor.getValue()).reduce(BFLOAT16_BYTES, Math::multiplyExact);
            return "\"%s\":{\"dtype\":\"BF16\",\"shape\":%s,\"data_offsets\":[%d,%d]}".formatted(
                    tensor.getKey(), Arrays.toString(tensor.getValue()), begin, end[0]);
        }).collect(Collectors.joining(",", "{", "}"));
        byte[] header = tensors.getBytes(StandardCharsets.UTF_8);
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.setLength(0);
            out.write(ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).array());
            out.write(header);
            out.setLength(out.getFilePointer() + end[0]);
        }
    }
}
