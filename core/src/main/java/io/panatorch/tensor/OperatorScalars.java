package io.panatorch.tensor;

import io.panatorch.bindings.generated.Panatorch;
import io.panatorch.tensor.OperatorSchema.Kind;
import io.panatorch.tensor.OperatorSchema.Parameter;
import io.panatorch.tensor.OperatorSchema.Type;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** Ways round what libtorch's C interface cannot pass: a number for a parameter of type {@code Scalar}. */
final class OperatorScalars {

    private static final Set<String> COMPARISONS = Set.of("aten::eq", "aten::ne", "aten::lt", "aten::le", "aten::gt", "aten::ge",
            "aten::clamp", "aten::clamp_min", "aten::clamp_max", "aten::fill_", "aten::fill");

    private static final List<String> ADDITIONS =
            List.of("aten::add.Tensor", "aten::add.Scalar", "aten::sub.Tensor", "aten::sub.Scalar");

    private OperatorScalars() {}

    /** {@return whether it is an addition, whose factor {@code alpha} is a Scalar and which {@link Tensor} has of itself} */
    static boolean isAddition(OperatorSchema schema) {
        return ADDITIONS.contains(schema.fullName());
    }

    static String refusal(Parameter parameter) {
        return "parameter " + parameter.name() + " is of type " + parameter.type().text()
                + ", which libtorch's C interface cannot pass, and no overload takes a tensor for it";
    }

    /** {@return whether another overload is the same but for tensors in the place of numbers} */
    static boolean takesTensorsFor(OperatorSchema schema, OperatorSchema other) {
        List<Parameter> mine = schema.parameters();
        List<Parameter> its = other.parameters();
        // Of float_power the number decides the precision, which a tensor in its place would not.
        boolean isSame = mine.size() == its.size() && !other.overload().equals(schema.overload())
                && !schema.name().startsWith("aten::float_power");
        for (int i = 0; isSame && i < mine.size(); i++) {
            Type type = mine.get(i).type();
            Type otherType = its.get(i).type();
            isSame = mine.get(i).name().equals(its.get(i).name())
                    && (type.kind() == Kind.SCALAR && !type.isList()
                            ? otherType.kind() == Kind.TENSOR && !otherType.isList()
                            : type.text().equals(otherType.text()));
        }
        return isSame;
    }

    /** Calls an operator to which numbers were given for parameters of that type. */
    static OperatorResult call(OperatorSchema schema, OperatorArguments given, Supplier<Optional<OperatorSchema>> forTensors) {
        if (isAddition(schema)) {
            return add(schema, given.values);
        }
        OperatorSchema other = forTensors.get().orElseThrow(() -> unsupported(schema,
                "cannot be called: " + refusal(schema.parameters().get(given.numbers().findFirst().getAsInt()))));
        Tensor like = IntStream.range(0, given.values.length)
                .filter(i -> given.values[i] instanceof Tensor && !schema.parameters().get(i).name().equals("condition"))
                .mapToObj(i -> (Tensor) given.values[i]).findFirst()
                .orElseThrow(() -> unsupported(schema, "cannot be called without a tensor"));
        CallState.requireScope(schema.shortName());
        given.numbers().forEach(i -> requireNumberOf(schema.name(), like, given.values[i]));
        return withTensors(like, given.values, given::isNumber, values -> Operator.run(other, OperatorArguments.of(other, values)));
    }

    /** Calls something with tensors in the place of numbers, which are freed then. */
    private static <T> T withTensors(Tensor like, Object[] given, IntPredicate isNumber, Function<Object[], T> call) {
        Object[] values = given.clone();
        List<Tensor> numbers = new ArrayList<>();
        try {
            for (int i = 0; i < values.length; i++) {
                if (isNumber.test(i)) {
                    numbers.add(number(like, values[i]));
                    values[i] = numbers.getLast();
                }
            }
            return call.apply(values);
        } finally {
            numbers.forEach(Tensor::close);
        }
    }

    /**
     * What compares with a number, bounds by one or is filled with one refuses a whole one that the tensor's dtype has not; sums
     * wrap around.
     */
    private static void requireNumberOf(String operator, Tensor like, Object number) {
        if (COMPARISONS.contains(operator) && number instanceof Long whole) {
            requireFits(operator.substring("aten::".length()) + " of " + like.describe(), like.dtype(), whole);
        }
    }

    /**
     * Refuses a whole number that a dtype of whole numbers has not, as PyTorch does. Below 0, those of uint8 wrap around.
     *
     * @param what was attempted
     */
    static void requireFits(String what, DType dtype, long number) {
        boolean fits = switch (dtype) {
            case UINT8 -> Math.abs(number) <= 255 && number != Long.MIN_VALUE;
            case INT32 -> number == (int) number;
            default -> true;
        };
        if (!fits) {
            throw new TorchException(TorchException.Kind.DTYPE, what + ": " + number + " is no number of " + dtype.torchName());
        }
    }

    private static TorchException unsupported(OperatorSchema schema, String reason) {
        return TorchException.unsupported("operator " + schema.fullName() + " " + reason);
    }

    /** {@return a number as the tensor that does with another what a number does in Python} */
    static Tensor number(Tensor like, Object number) {
        CallState state = CallState.begin("number", like);
        MemorySegment value = switch (number) {
            case Long whole -> state.frame.value(whole);
            case Boolean flag -> state.frame.value(flag);
            default -> state.frame.value((double) number);
        };
        return state.finish(Panatorch.pt_number(like.handle(), value, state.error()));
    }

    /**
     * {@return the tensor that an overload for tensors makes, with tensors for the numbers among the arguments}
     *
     * @param schema of an overload that takes tensors and nothing else
     * @param arguments the first of them a tensor, with which the numbers are to do what they do in Python
     */
    static Tensor tensor(String schema, Object... arguments) {
        Operator operator = Operator.withSchema(schema);
        Tensor like = (Tensor) arguments[0];
        for (Object number : arguments) {
            requireNumberOf(operator.name(), like, number);
        }
        return withTensors(like, arguments, i -> arguments[i] instanceof Number, tensors -> operator.call(tensors).tensor());
    }

    private static OperatorResult add(OperatorSchema schema, Object[] values) {
        Tensor self = (Tensor) values[0];
        Object alpha = plain(values[2]);
        try (TensorScope scope = TensorScope.openFor(schema.shortName())) {
            Object other = alpha.equals(1L) ? plain(values[1]) : times(self, plain(values[1]), alpha);
            boolean isAdded = schema.name().equals("aten::add");
            return OperatorResult.of(schema, scope.promote(switch (other) {
                case Tensor tensor -> isAdded ? self.add(tensor) : self.sub(tensor);
                case Long number -> isAdded ? self.add(number) : self.sub(number);
                default -> isAdded ? self.add((double) other) : self.sub((double) other);
            }));
        }
    }

    /** True is 1. */
    private static Object plain(Object value) {
        return value instanceof Boolean flag ? (Object) (flag ? 1L : 0L) : value;
    }

    private static Object times(Tensor self, Object other, Object alpha) {
        return switch (other) {
            case Tensor tensor -> times(promoted(self, tensor), alpha);
            case Long number when alpha instanceof Long factor -> number * factor;
            default -> ((Number) other).doubleValue() * ((Number) alpha).doubleValue();
        };
    }

    private static Tensor times(Tensor other, Object alpha) {
        if (alpha instanceof Long number) {
            return other.mul(number);
        }
        if (!other.dtype().isFloatingPoint()) {
            throw new IllegalArgumentException("alpha: expected a whole number with tensors of whole numbers, found " + alpha);
        }
        return other.mul((double) alpha);
    }

    /** In the dtype of the sum: in its own the product may not fit. */
    private static Tensor promoted(Tensor self, Tensor other) {
        Object dtype = Operator.withSchema("aten::result_type.Tensor(Tensor tensor, Tensor other) -> ScalarType")
                .call(self, other).get(0);
        return dtype == null ? other : other.to((DType) dtype);
    }
}
