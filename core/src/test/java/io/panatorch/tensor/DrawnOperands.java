package io.panatorch.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.LongStream;

/**
 * Draws the operands of one call from a seed: each lies in memory in any way that there is (transposed, with gaps, from an offset,
 * expanded, overlapping itself, without elements, with signs that libtorch has put off), or has the same values one after another.
 * Two draws from one seed differ in nothing else, so an operator has to make the same of them.
 */
final class DrawnOperands {

    private static final String AS_STRIDED =
            "aten::as_strided(Tensor(a) self, SymInt[] size, SymInt[] stride, SymInt? storage_offset=None) -> Tensor(a)";

    private static final String NEG_VIEW = "aten::_neg_view(Tensor(a) self) -> Tensor(a)";

    final Random random;
    final DType dtype;
    private final boolean isPlain;
    private double[] last;
    private Supplier<double[]> formula;

    DrawnOperands(long seed, List<DType> dtypes, boolean isPlain) {
        random = new Random(seed);
        dtype = dtypes.get(random.nextInt(dtypes.size()));
        this.isPlain = isPlain;
    }

    /** {@return a whole number from low to high} */
    int number(int low, int high) {
        return low + random.nextInt(high - low + 1);
    }

    /** {@return a shape of so many dimensions at least and at most, seldom without elements} */
    long[] shape(int least, int most) {
        long[] shape = full(least, most);
        if (shape.length > 0 && random.nextInt(25) == 0) {
            shape[random.nextInt(shape.length)] = 0;
        }
        return shape;
    }

    /** {@return the same with elements} */
    long[] full(int least, int most) {
        return LongStream.generate(() -> number(1, 4)).limit(number(least, most)).toArray();
    }

    /** {@return a shape that broadcasting makes into this one: without its first dimensions, or with ones in it} */
    long[] broadcast(long[] shape) {
        long[] fewer = Arrays.copyOfRange(shape, number(0, shape.length), shape.length);
        for (int i = 0; i < fewer.length; i++) {
            fewer[i] = random.nextInt(3) == 0 ? 1 : fewer[i];
        }
        return fewer;
    }

    /** {@return an operand of the call's dtype} */
    Tensor tensor(long... shape) {
        return tensor(dtype, shape);
    }

    Tensor tensor(DType type, long... shape) {
        return switch (type) {
            case BOOL -> whole(type, 0, 1, shape);
            case UINT8 -> whole(type, 0, 11, shape);
            case INT64, INT32, INT8 -> whole(type, -5, 6, shape);
            default -> place(type, shape, () -> random.nextDouble(-2, 2));
        };
    }

    /** {@return an operand of whole numbers from low to high} */
    Tensor whole(DType type, int low, int high, long... shape) {
        return place(type, shape, () -> number(low, high));
    }

    /** {@return int64 indices of places below a size} */
    Tensor indices(long size, long... shape) {
        return whole(DType.INT64, 0, (int) size - 1, shape);
    }

    /** {@return an operand above 0} */
    Tensor positive(long... shape) {
        return place(dtype, shape, () -> dtype.isFloatingPoint() ? random.nextDouble(0.1, 2) : number(1, 3));
    }

    /** {@return the values of the operand that was drawn last, in row-major order, as they are in its dtype} */
    double[] values() {
        return last;
    }

    /** What the call gives by its formula, computed in Java; asked once. */
    <T> T expect(T result, Supplier<double[]> byFormula) {
        formula = byFormula;
        return result;
    }

    Supplier<double[]> formula() {
        return formula;
    }

    private Tensor place(DType type, long[] shape, Supplier<Number> values) {
        long[] strides = strides(shape);
        int offset = random.nextInt(3) == 0 ? number(1, 5) : 0;
        int end = offset + 1;
        for (int i = 0; i < shape.length; i++) {
            end += (int) (Math.max(shape[i] - 1, 0) * strides[i]);
        }
        double[] storage = new double[end];
        Arrays.setAll(storage, _ -> values.get().doubleValue());
        boolean isNegated = type.isFloatingPoint() && random.nextInt(8) == 0;
        Tensor memory = Tensor.of(storage, end).to(type);
        double[] held = memory.toDoubleArray();
        last = new double[(int) Shape.of(shape).numel()];
        long[] place = new long[shape.length];
        for (int i = 0; i < last.length; i++) {
            int at = offset;
            for (int d = 0; d < shape.length; d++) {
                at += (int) (place[d] * strides[d]);
            }
            last[i] = held[at];
            for (int d = shape.length - 1; d >= 0 && ++place[d] == shape[d]; d--) {
                place[d] = 0;
            }
        }
        if (isPlain) {
            return Tensor.of(last, shape).to(type);
        }
        Tensor view = Operator.tensor(AS_STRIDED, isNegated ? memory.mul(-1) : memory, shape, strides, offset);
        return isNegated ? Operator.tensor(NEG_VIEW, view) : view;
    }

    private long[] strides(long[] shape) {
        List<Integer> order = new ArrayList<>();
        for (int i = shape.length - 1; i >= 0; i--) {
            order.add(i);
        }
        if (random.nextInt(3) > 0) {
            Collections.shuffle(order, random);
        }
        boolean hasGaps = random.nextInt(2) == 0;
        boolean isExpanded = random.nextInt(4) == 0;
        long[] strides = new long[shape.length];
        long next = 1;
        for (int dimension : order) {
            long stride = hasGaps && random.nextInt(3) == 0 ? next * number(2, 3) : next;
            boolean repeats = isExpanded && random.nextInt(2) == 0;
            strides[dimension] = repeats ? random.nextInt(4) == 0 ? 1 : 0 : stride;
            next = repeats ? next : stride * Math.max(shape[dimension], 1);
        }
        return strides;
    }
}
