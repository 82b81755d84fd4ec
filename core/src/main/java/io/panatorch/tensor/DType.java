package io.panatorch.tensor;

/** The element types that tensors have here, with torch's names for them. */
public enum DType {

    /** IEEE 754 binary32. */
    FLOAT32("float32", 4, true),
    /** IEEE 754 binary64. */
    FLOAT64("float64", 8, true),
    /** The upper half of a binary32: 8 bits of exponent, 7 of fraction. */
    BFLOAT16("bfloat16", 2, true),
    /** IEEE 754 binary16. */
    FLOAT16("float16", 2, true),
    /** Signed 64 bits. */
    INT64("int64", 8, false),
    /** Signed 32 bits. */
    INT32("int32", 4, false),
    /** Unsigned 8 bits. */
    UINT8("uint8", 1, false),
    /** One byte, 0 or 1. */
    BOOL("bool", 1, false),
    /** Signed 8 bits. */
    INT8("int8", 1, false);

    private final String torchName;
    private final int byteSize;
    private final boolean floatingPoint;

    DType(String torchName, int byteSize, boolean floatingPoint) {
        this.torchName = torchName;
        this.byteSize = byteSize;
        this.floatingPoint = floatingPoint;
    }

    /** {@return the size of one element in bytes} */
    public int byteSize() {
        return byteSize;
    }

    /** {@return the name without {@code torch.}, such as {@code float32}} */
    public String torchName() {
        return torchName;
    }

    /** {@return whether elements are floating-point numbers} */
    public boolean isFloatingPoint() {
        return floatingPoint;
    }
}
