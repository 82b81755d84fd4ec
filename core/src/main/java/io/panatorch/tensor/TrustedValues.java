package io.panatorch.tensor;

import io.panatorch.tensor.OperatorSchema.Parameter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Values that libtorch believes without a look, and that end the process or show its memory where they are wrong. */
final class TrustedValues {

    /** Sizes of windows and their steps, which are multiplied with each other. */
    private static final Set<String> WINDOWS =
            Set.of("kernel_size", "stride", "padding", "dilation", "output_padding");

    /** What they trust is checked nowhere; for what inference needs of them there are others. */
    private static final Pattern REFUSED = Pattern.compile("aten::([a-z].*_backward|native_batch_norm|batch_norm_update_stats"
            + "|slow_conv3d|slow_conv3d_forward|slow_conv_transpose[23]d|mkldnn_rnn_layer|sparse_(csr|csc|bsr|bsc|compressed)_tensor)");

    private TrustedValues() {}

    /** {@return why an operator is not called at all; none where it is} */
    static Stream<String> refusal(OperatorSchema schema) {
        return Stream.of("it believes its arguments, and reads other memory where they do not fit each other")
                .filter(_ -> REFUSED.matcher(schema.name()).matches());
    }

    /** {@return what refuses wrong values of a call of an operator, given those in the order of its parameters; for most there is none} */
    static List<Consumer<Object[]>> checks(OperatorSchema schema) {
        if (!schema.name().startsWith("aten::")) {
            return List.of();
        }
        List<Consumer<Object[]>> checks = new ArrayList<>();
        List<Parameter> parameters = schema.parameters();
        boolean isOfWindows = schema.name().contains("conv")
                || parameters.stream().anyMatch(parameter -> parameter.name().equals("kernel_size"));
        for (int i = 0; i < parameters.size(); i++) {
            int place = i;
            String name = parameters.get(i).name();
            if (isOfWindows && WINDOWS.contains(name)) {
                checks.add(values -> requireSmall(schema, name, values[place]));
            } else if (name.equals("unsafe")) {
                checks.add(values -> require(!Boolean.TRUE.equals(values[place]), schema, name, "false, so that sizes are checked", true));
            } else if (name.equals("offsets") && schema.name().equals("aten::segment_reduce")) {
                checks.add(values -> require(values[place] == null, schema, name, "none, but lengths, which are checked", "a tensor"));
            }
        }
        if (schema.name().startsWith("aten::grid_sampler")) {
            checks.add(values -> requireWithin(schema, values, "interpolation_mode", 2));
            checks.add(values -> requireWithin(schema, values, "padding_mode", 2));
        }
        switch (schema.name()) {
            case "aten::div", "aten::div_", "aten::divide", "aten::divide_" ->
                checks.add(values -> checkQuotient(schema, values));
            case "aten::ctc_loss" -> checks.add(values -> checkLabels(schema, (Tensor) value(schema, values, "log_probs"),
                    (Tensor) value(schema, values, "targets"), value(schema, values, "target_lengths")));
            case "aten::embedding_bag" -> checks.add(values -> requireAscending(schema, (Tensor) values[2]));
            case "aten::linalg_matrix_power", "aten::matrix_power" -> checks.add(values -> requireSmall(schema, "n", values[1]));
            default -> { }
        }
        switch (schema.fullName()) {
            case "aten::repeat_interleave.Tensor" -> checks.add(values -> requireNumber(schema, "repeats", (Tensor) values[0]));
            case "aten::lstm.data", "aten::gru.data", "aten::rnn_tanh.data", "aten::rnn_relu.data" -> checks.add(values -> {
                Tensor sizes = (Tensor) value(schema, values, "batch_sizes");
                require(sizes.shape().numel() > 0, schema, "batch_sizes", "a size for each step", sizes.describe());
            });
            case "aten::sparse_coo_tensor.indices_size" -> checks.add(values ->
                    Operator.withSchema("aten::_validate_sparse_coo_tensor_args(Tensor indices, Tensor values, SymInt[] size) -> ()")
                            .call(values[0], values[1], values[2]));
            default -> { }
        }
        return List.copyOf(checks);
    }

    /** @param value a whole number or several; others are none of these */
    private static void requireSmall(OperatorSchema schema, String name, Object value) {
        long[] numbers = value instanceof Long number ? new long[] {number} : value instanceof long[] list ? list : new long[0];
        for (long number : numbers) {
            require(number == (int) number, schema, name, "a number of 32 bits", number);
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

    /** They are added up without a look. */
    private static void requireNumber(OperatorSchema schema, String name, Tensor repeats) {
        double sum = 0;
        for (long each : repeats.toLongArray()) {
            sum += each;
        }
        require(sum < Integer.MAX_VALUE * (double) Integer.MAX_VALUE, schema, name, "a sum below 2^62", sum);
    }

    private static void requireAscending(OperatorSchema schema, Tensor offsets) {
        long before = 0;
        for (long offset : offsets.toLongArray()) {
            require(offset >= before, schema, "offsets", "ascending ones from 0", offset + " after " + before);
            before = offset;
        }
    }

    /**
     * Each label is a place in a row of {@code log_probs} (time, batch, classes). Of targets (batch, longest) those beyond a length are
     * padding, which nobody reads.
     */
    private static void checkLabels(OperatorSchema schema, Tensor logProbs, Tensor targets, Object lengths) {
        long[] labels = targets.toLongArray();
        long[] counts = lengths instanceof Tensor tensor ? tensor.toLongArray() : (long[]) lengths;
        long classes = logProbs.size(-1);
        int row = targets.shape().dim() == 2 ? (int) targets.size(1) : 0;
        for (int i = 0; i < labels.length; i++) {
            boolean isPadding = row > 0 && i / row < counts.length && i % row >= counts[i / row];
            require(isPadding || labels[i] >= 0 && labels[i] < classes, schema, "targets", "labels from 0 to " + (classes - 1),
                    labels[i]);
        }
    }

    /**
     * On the CPU libtorch leaves a truncating division of whole numbers to the processor, which ends the process where the quotient
     * is no number of the dtype: that of the least number and -1. Its other divisions see to it.
     */
    private static void checkQuotient(OperatorSchema schema, Object[] values) {
        Tensor self = (Tensor) values[0];
        if (!Arrays.asList(values).contains("trunc") || self.device().kind() != Device.Kind.CPU) {
            return;
        }
        Tensor other = (Tensor) values[1];
        try (TensorScope _ = TensorScope.open()) {
            DType dtype = OperatorFormulas.resultType(self, other);
            if (dtype != DType.INT32 && dtype != DType.INT64) { // processors compute smaller ones in 32 bits
                return;
            }
            long least = dtype == DType.INT64 ? Long.MIN_VALUE : Integer.MIN_VALUE;
            if (self.to(dtype).eq(least).logicalAnd(other.to(dtype).eq(-1)).any().item() != 0) {
                throw new TorchException(TorchException.Kind.OTHER, schema.shortName() + " of " + self.describe() + ", "
                        + other.describe() + ": " + least + " / -1 is no number of " + dtype.torchName());
            }
        }
    }
}
