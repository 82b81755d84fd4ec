package io.panatorch.tensor;

import io.panatorch.tensor.OperatorSchema.Parameter;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** Values that libtorch believes without a look, and that end the process or show its memory where they are wrong. */
final class TrustedValues {

    private static final Set<String> DIVISIONS = Set.of("aten::div", "aten::div_", "aten::divide", "aten::divide_");

    /** Sizes of windows and their steps, which are multiplied with each other. */
    private static final Set<String> WINDOWS =
            Set.of("kernel_size", "stride", "padding", "dilation", "output_padding");

    private TrustedValues() {}

    /** Refuses the wrong ones of a call. */
    static void check(OperatorSchema schema, Object[] values) {
        if (!schema.name().startsWith("aten::")) {
            return;
        }
        List<Parameter> parameters = schema.parameters();
        for (int i = 0; i < values.length; i++) {
            String name = parameters.get(i).name();
            if (WINDOWS.contains(name)) {
                long[] numbers = values[i] instanceof Long number ? new long[] {number}
                        : values[i] instanceof long[] list ? list : new long[0];
                for (long number : numbers) {
                    require(number == (int) number, schema, name, "a number of 32 bits", number);
                }
            } else if (name.equals("unsafe")) {
                require(!Boolean.TRUE.equals(values[i]), schema, name, "false, so that sizes are checked", true);
            }
        }
        if (schema.name().startsWith("aten::grid_sampler")) {
            requireWithin(schema, values, "interpolation_mode", 2);
            requireWithin(schema, values, "padding_mode", 2);
        }
        if (DIVISIONS.contains(schema.name()) && Arrays.asList(values).contains("trunc")) {
            checkQuotient(schema, (Tensor) values[0], (Tensor) values[1]);
        }
        if (schema.name().equals("aten::ctc_loss")) {
            checkLabels(schema, (Tensor) value(schema, values, "log_probs"), (Tensor) value(schema, values, "targets"));
        }
    }

    private static Object value(OperatorSchema schema, Object[] values, String name) {
        return values[IntStream.range(0, values.length).filter(i -> schema.parameters().get(i).name().equals(name))
                .findFirst().orElseThrow()];
    }

    private static void requireWithin(OperatorSchema schema, Object[] values, String name, long last) {
        long mode = (long) value(schema, values, name);
        require(mode >= 0 && mode <= last, schema, name, "0 to " + last, mode);
    }

    private static void require(boolean isRight, OperatorSchema schema, String name, String expected, Object found) {
        if (!isRight) {
            throw new IllegalArgumentException(
                    schema.fullName() + ": parameter " + name + ": expected " + expected + ", found " + found);
        }
    }

    /** Each label is a place in a row of {@code log_probs} (time, batch, classes). */
    private static void checkLabels(OperatorSchema schema, Tensor logProbs, Tensor targets) {
        if (targets.shape().numel() == 0) {
            return;
        }
        long classes = logProbs.size(-1);
        try (TensorScope _ = TensorScope.open()) {
            long least = targets.min().itemLong();
            long most = targets.max().itemLong();
            require(least >= 0 && most < classes, schema, "targets", "labels from 0 to " + (classes - 1),
                    least < 0 ? least : most);
        }
    }

    /**
     * On the CPU libtorch leaves a truncating division of whole numbers to the processor, which ends the process where the quotient
     * is no number of the dtype: that of the least number and -1. Its other divisions see to it.
     */
    private static void checkQuotient(OperatorSchema schema, Tensor self, Tensor other) {
        boolean isLong = self.dtype() == DType.INT64 || (other.dtype() == DType.INT64 && other.shape().dim() > 0);
        long least = isLong ? Long.MIN_VALUE : Integer.MIN_VALUE;
        if (self.device().kind() != Device.Kind.CPU || self.dtype() != (isLong ? DType.INT64 : DType.INT32)
                || (other.dtype() != DType.INT64 && other.dtype() != DType.INT32)) {
            return;
        }
        try (TensorScope _ = TensorScope.open()) {
            if (self.eq(least).logicalAnd(other.eq(-1)).any().toDoubleArray()[0] != 0) {
                throw new TorchException(TorchException.Kind.OTHER, schema.shortName() + " of " + self.describe() + ", "
                        + other.describe() + ": " + least + " / -1 is no number of " + self.dtype().torchName());
            }
        }
    }
}
