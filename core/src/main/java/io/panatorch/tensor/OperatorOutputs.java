package io.panatorch.tensor;

import io.panatorch.tensor.OperatorSchema.Parameter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * libtorch's operators that write what they make to tensors given for it, such as {@code aten::add.out}. libtorch would give those the result's
 * shape, and with it memory that others may be reading; so the overload that makes tensors is called, and its results are copied to
 * where they are to go, if they have that shape.
 */
final class OperatorOutputs {

    /** What is added up is of the output's dtype from the beginning, where none is said. */
    private static final Set<String> COMPUTED_IN_DTYPE_OF_OUTPUT =
            Set.of("aten::sum", "aten::nansum", "aten::mean", "aten::prod", "aten::cumsum", "aten::cumprod");

    private OperatorOutputs() {}

    private static boolean isOutput(Parameter parameter) {
        return parameter.isKeywordOnly() && parameter.type().isWritten();
    }

    /** {@return whether an operator of libtorch's own takes tensors to write its results to} */
    static boolean areIn(OperatorSchema schema) {
        return schema.name().startsWith("aten::") && schema.parameters().stream().anyMatch(OperatorOutputs::isOutput);
    }

    /** {@return whether another overload takes the same, but makes its results; what it takes in addition can be left out} */
    static boolean makesResultsOf(OperatorSchema schema, OperatorSchema other) {
        List<String> given = schema.parameters().stream().filter(each -> !isOutput(each)).map(OperatorOutputs::text).toList();
        List<String> needed = other.parameters().stream()
                .filter(each -> given.contains(text(each)) || !canBeLeftOut(each)).map(OperatorOutputs::text).toList();
        return !schema.name().startsWith("aten::empty") && given.equals(needed)
                && other.parameters().stream().noneMatch(each -> each.type().isWritten())
                && other.results().stream().map(result -> result.type().plain()).toList()
                        .equals(schema.parameters().stream().filter(OperatorOutputs::isOutput).map(each -> each.type().plain()).toList());
    }

    private static boolean canBeLeftOut(Parameter parameter) {
        return "None".equals(parameter.standard()) || parameter.name().equals("dtype");
    }

    private static String text(Parameter parameter) {
        return parameter.name() + " " + parameter.type().plain();
    }

    private record Output(int parameter, Tensor tensor) {}

    /** @param maker the operator of an overload that makes the results */
    static OperatorResult call(OperatorSchema schema, Object[] values, Operator maker) {
        List<Output> outputs = IntStream.range(0, values.length)
                .filter(i -> isOutput(schema.parameters().get(i))).boxed()
                .flatMap(i -> values[i] instanceof Tensor[] list
                        ? Arrays.stream(list).map(each -> new Output(i, each)) : Stream.of(new Output(i, (Tensor) values[i])))
                .toList();
        try (TensorScope scope = TensorScope.openFor(schema.shortName())) {
            Tensor first = outputs.isEmpty() ? null : outputs.getFirst().tensor;
            List<Tensor> results = maker.callBound(valuesFor(maker.parsed(), schema, values, first)).tensors();
            if (results.size() != outputs.size()) {
                throw new IllegalArgumentException(
                        schema.fullName() + ": expected " + results.size() + " tensors for the results, found " + outputs.size());
            }
            for (int i = 0; i < results.size(); i++) {
                requirePlace(schema, outputs.get(i).parameter, outputs.get(i).tensor, results.get(i));
            }
            for (int i = 0; i < results.size(); i++) {
                outputs.get(i).tensor.copy_(results.get(i));
            }
            List<Object> written = new ArrayList<>();
            for (Output output : schema.results().isEmpty() ? List.<Output>of() : outputs) {
                written.add(scope.promote(output.tensor.alias()));
            }
            return OperatorResult.of(schema, written);
        }
    }

    /** What the other overload takes in addition is left out, but for what a new tensor must have in common with an output. */
    private static Object[] valuesFor(OperatorSchema maker, OperatorSchema schema, Object[] values, Tensor output) {
        List<String> names = schema.parameters().stream().map(Parameter::name).toList();
        return maker.parameters().stream().map(Parameter::name).map(name -> switch (name) {
            case String dtype when dtype.equals("dtype") && names.contains(dtype)
                    && COMPUTED_IN_DTYPE_OF_OUTPUT.contains(maker.name()) ->
                Optional.ofNullable(values[names.indexOf(dtype)]).orElse(output.dtype());
            case String known when names.contains(known) -> values[names.indexOf(known)];
            case "dtype" -> output.dtype();
            case "device" -> output.device();
            default -> null;
        }).toArray();
    }

    /** Refuses a tensor that is not of a result's shape, or whose dtype loses what that is. */
    static void requirePlace(OperatorSchema schema, int index, Tensor output, Tensor result) {
        if (!output.shape().equals(result.shape()) || !takes(output.ownDType(), result.ownDType())) {
            throw new IllegalArgumentException(schema.fullName() + ": parameter " + schema.parameters().get(index).name()
                    + ": expected a tensor that can hold " + result.describe() + ", found " + output.describe());
        }
    }

    /**
     * Numbers may become others, but no whole ones of others, and no booleans of numbers, as in torch's pointwise operators. Of a dtype
     * that this library has not, copying decides.
     */
    private static boolean takes(Optional<DType> output, Optional<DType> result) {
        return output.isEmpty() || result.isPresent()
                && (output.get().isFloatingPoint() || !result.get().isFloatingPoint())
                && (output.get() != DType.BOOL || result.get() == DType.BOOL);
    }
}
