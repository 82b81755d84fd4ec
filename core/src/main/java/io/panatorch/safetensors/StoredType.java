package io.panatorch.safetensors;

import io.panatorch.tensor.DType;
import java.util.Optional;

/**
 * The element types of the format, under the names that headers use, in the order of the reference implementation:
 * files hold their tensors from the last of these to the first. Not every type is one that tensors can have here.
 */
public enum StoredType {
    /** One byte, 0 or 1. */
    BOOL(8, DType.BOOL),
    /** Four bits. */
    F4(4, null),
    /** Six bits, two of exponent. */
    F6_E2M3(6, null),
    /** Six bits, three of exponent. */
    F6_E3M2(6, null),
    /** Unsigned 8 bits. */
    U8(8, DType.UINT8),
    /** Signed 8 bits. */
    I8(8, DType.INT8),
    /** Eight bits, five of exponent. */
    F8_E5M2(8, null),
    /** Eight bits, four of exponent. */
    F8_E4M3(8, null),
    /** Eight bits, all exponent. */
    F8_E8M0(8, null),
    /** Eight bits, four of exponent, no infinities and no negative zero. */
    F8_E4M3FNUZ(8, null),
    /** Eight bits, five of exponent, no infinities and no negative zero. */
    F8_E5M2FNUZ(8, null),
    /** Signed 16 bits. */
    I16(16, null),
    /** Unsigned 16 bits. */
    U16(16, null),
    /** IEEE 754 binary16. */
    F16(16, DType.FLOAT16),
    /** The upper half of a binary32. */
    BF16(16, DType.BFLOAT16),
    /** Signed 32 bits. */
    I32(32, DType.INT32),
    /** Unsigned 32 bits. */
    U32(32, null),
    /** IEEE 754 binary32. */
    F32(32, DType.FLOAT32),
    /** Two binary32: a complex number. */
    C64(64, null),
    /** IEEE 754 binary64. */
    F64(64, DType.FLOAT64),
    /** Signed 64 bits. */
    I64(64, DType.INT64),
    /** Unsigned 64 bits. */
    U64(64, null);

    private final int bits;
    private final DType dtype;

    StoredType(int bits, DType dtype) {
        this.bits = bits;
        this.dtype = dtype;
    }

    /** {@return the size of one element in bits} */
    public int bits() {
        return bits;
    }

    /** {@return the type of such elements in a tensor; empty if tensors here have no such type} */
    public Optional<DType> dtype() {
        return Optional.ofNullable(dtype);
    }

    /** {@return the type under which elements are stored} */
    static StoredType of(DType dtype) {
        for (StoredType type : values()) {
            if (type.dtype == dtype) {
                return type;
            }
        }
        throw new IllegalArgumentException("no stored type for " + dtype);
    }

    /** {@return the type with that name in a header; empty if the format has none} */
    static Optional<StoredType> named(String name) {
        for (StoredType type : values()) {
            if (type.name().equals(name)) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }

    /**
     * {@return how many bytes a tensor of this type takes}
     *
     * @throws ArithmeticException if that does not fit in a long or is not a whole number; nor may the product of the sizes
     *     that are not 0, since strides are such products
     */
    long byteSize(long[] shape) {
        long elements = 1;
        boolean empty = false;
        for (long size : shape) {
            elements = Math.multiplyExact(elements, Math.max(size, 1));
            empty |= size == 0;
        }
        long total = empty ? 0 : Math.multiplyExact(elements, (long) bits);
        if (total % Byte.SIZE != 0) {
            throw new ArithmeticException(elements + " elements of " + bits + " bits are not whole bytes");
        }
        return total / Byte.SIZE;
    }
}
