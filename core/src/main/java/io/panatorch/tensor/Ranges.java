package io.panatorch.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Numbers at equal distances, written in Java: torch's {@code arange} takes Scalars, which its C interface cannot pass. */
final class Ranges {

    private Ranges() {}

    static Tensor of(long start, long end, long step) {
        if (step > 0 ? start > end : step == 0 || start < end) {
            throw refused(start, end, step);
        }
        long number;
        try {
            number = Math.ceilDiv(Math.subtractExact(end, start), step);
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("arange: from " + start + " to " + end + " it is 2^63 numbers or more", e);
        }
        Tensor tensor = Tensor.empty("arange", Shape.of(number), DType.INT64, Device.CPU);
        MemorySegment memory = tensor.memory();
        for (long i = 0; i < number; i++) {
            memory.setAtIndex(ValueLayout.JAVA_LONG, i, start + i * step);
        }
        return tensor;
    }

    static Tensor of(double start, double end, double step) {
        double number = Math.ceil((end - start) / step);
        if (!(number >= 0 && number < Long.MAX_VALUE) || !Double.isFinite(step)) {
            throw refused(start, end, step);
        }
        Tensor tensor = Tensor.empty("arange", Shape.of((long) number), DType.FLOAT32, Device.CPU);
        MemorySegment memory = tensor.memory();
        for (long i = 0; i < (long) number; i++) {
            memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (start + i * step));
        }
        return tensor;
    }

    private static IllegalArgumentException refused(Number start, Number end, Number step) {
        return new IllegalArgumentException(
                "arange: expected a step that leads to the end, found start " + start + ", end " + end + ", step " + step);
    }
}
