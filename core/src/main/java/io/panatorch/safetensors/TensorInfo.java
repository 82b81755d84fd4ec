package io.panatorch.safetensors;

import java.util.Arrays;

/**
 * What a header says about one tensor.
 *
 * @param name the tensor's key in the file
 * @param type the type of its elements
 * @param shape its sizes, in elements, outermost first; empty for a scalar
 * @param begin where its first byte is, counted from the end of the header
 * @param end where the byte after its last is, counted from the end of the header
 */
public record TensorInfo(String name, StoredType type, long[] shape, long begin, long end) {

    /** Copies the shape. */
    public TensorInfo {
        shape = shape.clone();
    }

    /** {@return a copy of the shape} */
    @Override
    public long[] shape() {
        return shape.clone();
    }

    /** {@return the size in bytes} */
    public long byteSize() {
        return end - begin;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TensorInfo that
                && name.equals(that.name)
                && type == that.type
                && Arrays.equals(shape, that.shape)
                && begin == that.begin
                && end == that.end;
    }

    @Override
    public int hashCode() {
        return 31 * name.hashCode() + Arrays.hashCode(shape);
    }

    @Override
    public String toString() {
        return StrictJson.quote(name) + " " + type + " " + Arrays.toString(shape) + " bytes " + begin + " to " + end;
    }
}
