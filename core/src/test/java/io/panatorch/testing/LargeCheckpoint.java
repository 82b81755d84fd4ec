package io.panatorch.testing;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Writes safetensors files of any size without having them in memory; all tensors are bfloat16. */
public final class LargeCheckpoint {

    private static final int BFLOAT16_BYTES = 2;

    /** Not a multiple of any row, so that rows differ. */
    private static final int BLOCK = (8 << 20) + 6;

    private static final double DEVIATION = 0.02;
    private static final short ONE = 0x3f80;

    private LargeCheckpoint() {}

    /**
     * Writes a header, and a hole where the tensors would be, which takes no room on the disk: zeros, or for {@link
     * io.panatorch.tensor.Device#META}.
     *
     * @param file is replaced where it exists
     * @param shapes of the tensors by name, in their order
     */
    public static void writeSparse(Path file, Map<String, long[]> shapes) throws IOException {
        write(file, shapes, (_, _) -> {});
    }

    /**
     * Writes numbers with which a model computes finite ones: factors of norms are 1, all else is normally distributed with a
     * deviation of 0.02. They repeat, but not soon.
     *
     * @param file is replaced where it exists
     * @param shapes of the tensors by name, in their order
     */
    public static void writeRandom(Path file, Map<String, long[]> shapes, long seed) throws IOException {
        byte[] noise = noise(new Random(seed));
        byte[] ones = bytes(() -> ONE);
        write(file, shapes, (channel, offset) -> {
            for (Map.Entry<String, long[]> tensor : shapes.entrySet()) {
                boolean isFactor = tensor.getValue().length == 1 && tensor.getKey().endsWith("weight");
                long size = byteSize(tensor.getValue());
                fill(channel, offset, size, isFactor ? ones : noise);
                offset += size;
            }
        });
    }

    private static byte[] noise(Random random) {
        return bytes(() -> (short) (Float.floatToIntBits((float) (DEVIATION * random.nextGaussian())) >> Short.SIZE));
    }

    private static byte[] bytes(Supplier<Short> numbers) {
        ByteBuffer buffer = ByteBuffer.allocate(BLOCK).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining()) {
            buffer.putShort(numbers.get());
        }
        return buffer.array();
    }

    private static void fill(FileChannel channel, long offset, long size, byte[] block) throws IOException {
        for (long done = 0; done < size;) {
            done += channel.write(ByteBuffer.wrap(block, 0, (int) Math.min(block.length, size - done)), offset + done);
        }
    }

    private static long byteSize(long[] shape) {
        return Arrays.stream(shape).reduce(BFLOAT16_BYTES, Math::multiplyExact);
    }

    private interface Filling {

        void fill(FileChannel channel, long offset) throws IOException;
    }

    private static void write(Path file, Map<String, long[]> shapes, Filling filling) throws IOException {
        long[] end = {0};
        String tensors = shapes.entrySet().stream().map(tensor -> {
            long begin = end[0];
            end[0] += byteSize(tensor.getValue());
            return "\"%s\":{\"dtype\":\"BF16\",\"shape\":%s,\"data_offsets\":[%d,%d]}".formatted(
                    tensor.getKey(), Arrays.toString(tensor.getValue()), begin, end[0]);
        }).collect(Collectors.joining(",", "{", "}"));
        // As the reference writes them: data begin at a multiple of 8, so that they can be mapped.
        byte[] header = (tensors + " ".repeat(-tensors.length() & 7)).getBytes(StandardCharsets.UTF_8);
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.setLength(0);
            out.write(ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).array());
            out.write(header);
            long start = out.getFilePointer();
            out.setLength(start + end[0]);
            filling.fill(out.getChannel(), start);
        }
    }
}
