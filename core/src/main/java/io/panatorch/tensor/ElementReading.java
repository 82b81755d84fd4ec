package io.panatorch.tensor;

import io.panatorch.bindings.NativeFrame;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Function;

/**
 * A tensor's elements for Java: as one number, as an array, as bytes. What is on a GPU is waited for and copied; what is made on
 * the way is freed. On the meta device there are no elements, and asking for them is an {@link IllegalStateException}.
 */
public sealed interface ElementReading permits Tensor {

    /**
     * {@return the one element, converted to double}
     *
     * @throws IllegalStateException where there is not exactly one
     */
    default double item() {
        requireOneElement();
        return toDoubleArray()[0];
    }

    /**
     * {@return the one element, converted to long, which a double is not exact enough for}
     *
     * @throws IllegalStateException where there is not exactly one
     */
    default long itemLong() {
        requireOneElement();
        return toLongArray()[0];
    }

    private void requireOneElement() {
        self().requireElements("item");
        if (self().shape().numel() != 1) {
            throw new IllegalStateException("item: " + self().describe() + " has not exactly one element");
        }
    }

    /** {@return a copy of the elements in row-major order, converted to float} */
    default float[] toFloatArray() {
        try (var _ = reading("toFloatArray")) {
            return elements(DType.FLOAT32).toArray(ValueLayout.JAVA_FLOAT);
        }
    }

    /** {@return a copy of the elements in row-major order, converted to double} */
    default double[] toDoubleArray() {
        try (var _ = reading("toDoubleArray")) {
            return elements(DType.FLOAT64).toArray(ValueLayout.JAVA_DOUBLE);
        }
    }

    /** {@return a copy of the elements in row-major order, converted to long} */
    default long[] toLongArray() {
        try (var _ = reading("toLongArray")) {
            return elements(DType.INT64).toArray(ValueLayout.JAVA_LONG);
        }
    }

    /** {@return a copy of the elements in row-major order, converted to int} */
    default int[] toIntArray() {
        try (var _ = reading("toIntArray")) {
            return elements(DType.INT32).toArray(ValueLayout.JAVA_INT);
        }
    }

    /** {@return for each element in row-major order whether it is not 0} */
    default boolean[] toBooleanArray() {
        byte[] bytes;
        try (var _ = reading("toBooleanArray")) {
            bytes = elements(DType.BOOL).toArray(ValueLayout.JAVA_BYTE);
        }
        boolean[] values = new boolean[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            values[i] = bytes[i] != 0;
        }
        return values;
    }

    /** {@return a copy of the elements in row-major order, converted to bytes in [0, 255]} */
    default byte[] toByteArray() {
        try (var _ = reading("toByteArray")) {
            return elements(DType.UINT8).toArray(ValueLayout.JAVA_BYTE);
        }
    }

    /**
     * Lets somebody see the bytes of the elements, whatever their dtype, in row-major order and the machine's byte order. They
     * are those of this tensor where it is contiguous and on the CPU, else of a copy.
     *
     * @param reader gets a read-only segment that is valid until it returns; tensors that it makes are freed then, unless a
     *     {@link TensorOwner} adopts them
     * @return what the reader returns
     */
    default <T> T readData(Function<? super MemorySegment, T> reader) {
        try (var _ = reading("readData"); Arena arena = Arena.ofConfined()) {
            return reader.apply(NativeFrame.readOnly(readable(self().dtype()).memory(), arena));
        }
    }

    private TensorScope reading(String operator) {
        self().requireElements(operator);
        return TensorScope.open();
    }

    /** The elements for an array, which Java has no longer ones of. */
    private MemorySegment elements(DType dtype) {
        long number = self().shape().numel();
        if (number > Integer.MAX_VALUE - 8) {
            throw new IllegalStateException("an array of the elements of " + self().describe() + ": expected at most "
                    + (Integer.MAX_VALUE - 8) + ", found " + number + "; read parts of it, or use readData");
        }
        return readable(dtype).memory();
    }

    private Tensor readable(DType dtype) {
        Tensor plain = self().to(dtype, Device.CPU).contiguous();
        return Operator.tensor("aten::resolve_neg(Tensor(a) self) -> Tensor(a)", plain); // torch may have put off a sign
    }

    private Tensor self() {
        return (Tensor) this;
    }
}
