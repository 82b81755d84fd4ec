package io.panatorch.internal;

import io.panatorch.tensor.DType;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * Lets this module's other packages meet the memory under a tensor, which the public API keeps out of its signatures.
 * {@link Tensor} installs the implementation when it is initialised.
 */
public abstract class TensorMemory {

    private static TensorMemory instance;

    /** For the one implementation. */
    protected TensorMemory() {}

    /** Called once, by {@link Tensor}. */
    public static void install(TensorMemory implementation) {
        instance = implementation;
    }

    private static TensorMemory instance() {
        if (instance == null) {
            try {
                Class.forName(Tensor.class.getName(), true, Tensor.class.getClassLoader());
            } catch (ClassNotFoundException e) {
                throw new AssertionError(e);
            }
        }
        return instance;
    }

    /**
     * A CPU tensor over the segment, which is not copied. The segment stays reachable as long as the tensor and everything
     * made of it, so memory of an automatic arena stays valid.
     */
    public static Tensor wrap(MemorySegment memory, DType dtype, Shape shape) {
        return instance().wrapMemory(memory, dtype, shape);
    }

    /** The elements of a contiguous CPU tensor, in place; valid while the tensor is open. */
    public static MemorySegment of(Tensor tensor) {
        return instance().memoryOf(tensor);
    }

    /** See {@link #wrap}. */
    protected abstract Tensor wrapMemory(MemorySegment memory, DType dtype, Shape shape);

    /** See {@link #of}. */
    protected abstract MemorySegment memoryOf(Tensor tensor);
}
