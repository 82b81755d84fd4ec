package io.panatorch.safetensors;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;

/** Elements of the tensors in a file as numbers, for tests. */
public final class StoredTensors {

    private static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private StoredTensors() {}

    /** {@return a copy of a tensor's bytes as they lie in the file} */
    static MemorySegment data(Safetensors file, String name) {
        TensorInfo info = file.info(name);
        try (FileChannel channel = FileChannel.open(file.file(name))) {
            ByteBuffer bytes = ByteBuffer.allocate((int) info.byteSize());
            channel.read(bytes, SafetensorsHeader.read(file.file(name), channel).dataStart() + info.begin());
            return MemorySegment.ofArray(bytes.array());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return the elements of a tensor of any of the types that tests use, none of which a double would round} */
    public static double[] doubles(Safetensors file, String name) {
        TensorInfo info = file.info(name);
        MemorySegment data = data(file, name);
        double[] out = new double[Math.toIntExact(8 * info.byteSize() / info.type().bits())];
        for (int i = 0; i < out.length; i++) {
            out[i] = switch (info.type()) {
                case F64 -> data.get(DOUBLE, 8L * i);
                case F32 -> data.get(FLOAT, 4L * i);
                case I64 -> data.get(LONG, 8L * i);
                case F16 -> Float.float16ToFloat(data.get(SHORT, 2L * i));
                case BF16 -> Float.intBitsToFloat(data.get(SHORT, 2L * i) << 16);
                default -> throw new IllegalArgumentException(name + " is " + info.type());
            };
        }
        return out;
    }
}
