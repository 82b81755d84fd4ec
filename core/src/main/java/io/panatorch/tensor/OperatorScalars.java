package io.panatorch.tensor;

import io.panatorch.bindings.generated.Panatorch;
import io.panatorch.tensor.OperatorSchema.Kind;
import io.panatorch.tensor.OperatorSchema.Parameter;
import io.panatorch.tensor.OperatorSchema.Type;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Ways round what libtorch's C interface cannot pass: a number for a parameter of type {@code Scalar}. */
final class OperatorScalars {

    private static final Set<String> COMPARISONS =
            Set.of("aten::eq", "aten::ne", "aten::lt", "aten::le", "aten::gt", "aten::ge");
    private static final Set<String> CLAMPS = inPlaceToo("aten::clamp", "aten::clamp_min", "aten::clamp_max", "aten::clip");
    private static final Set<String> FILLS = inPlaceToo("aten::fill");
    private static final Set<String> MASKED_FILLS = inPlaceToo("aten::masked_fill", "aten::index_fill");

    /** Methods that do what cannot be called by its name. */
    private static final Map<String, String> METHODS = Map.of("aten::full", "Tensor.full", "aten::full_like", "Tensor.full",
            "aten::new_full", "Tensor.full", "aten::arange", "Tensor.arange", "aten::range", "Tensor.arange",
            "aten::scalar_tensor", "Tensor.of", "aten::constant_pad_nd", "Tensor.pad", "aten::norm", "Tensor.norm",
            "aten::linalg_vector_norm", "Tensor.norm");

    private OperatorScalars() {}

    static String refusal(OperatorSchema schema, Parameter parameter) {
        String method = METHODS.get(schema.name());
        return "parameter " + parameter.name() + " is of type " + parameter.type().text()
                + ", which libtorch's C interface cannot pass, and no overload takes a tensor for it"
                + (method == null ? "" : "; " + method + " does it");
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
    static OperatorResult call(OperatorSchema schema, OperatorArguments given, Supplier<Optional<Operator>> forTensors) {
        if (OperatorFormulas.has(schema)) {
            return OperatorFormulas.call(schema, given.values);
        }
        Operator other = forTensors.get().orElseThrow(() -> unsupported(schema,
                "cannot be called: " + refusal(schema, schema.parameters().get(given.numbers().findFirst().getAsInt()))));
        Tensor like = IntStream.range(0, given.values.length)
                .filter(i -> given.values[i] instanceof Tensor && !schema.parameters().get(i).name().equals("condition"))
                .mapToObj(i -> (Tensor) given.values[i]).findFirst()
                .orElseThrow(() -> unsupported(schema, "cannot be called without a tensor"));
        CallState.requireScope(schema.shortName());
        given.numbers().forEach(i -> requireNumberOf(schema.name(), like, given.values[i]));
        return withTensors(schema.shortName(), like, given.values, given::isNumber,
                values -> other.run(OperatorArguments.of(other.parsed(), values)));
    }

    /** Calls something with tensors in the place of numbers, which are freed then. */
    private static <T> T withTensors(String name, Tensor like, Object[] given, IntPredicate isNumber, Function<Object[], T> call) {
        Object[] values = given.clone();
        List<Tensor> numbers = new ArrayList<>();
        try {
            for (int i = 0; i < values.length; i++) {
                if (isNumber.test(i)) {
                    numbers.add(number(name, like, values[i]));
                    values[i] = numbers.getLast();
                }
            }
            return call.apply(values);
        } finally {
            numbers.forEach(Tensor::close);
        }
    }

    /**
     * Refuses a number that the tensor's dtype has not where it is to be an element, as PyTorch does, and whole ones in comparisons,
     * where PyTorch compares with what is left of them. Of sums whole numbers wrap around. What fills float16 may be infinite, and
     * what bounds whole numbers, and is none, makes float32 of them.
     */
    private static void requireNumberOf(String operator, Tensor like, Object number) {
        boolean isBound = CLAMPS.contains(operator);
        boolean isElement = isBound || FILLS.contains(operator) || MASKED_FILLS.contains(operator);
        if (!isElement && !COMPARISONS.contains(operator) || !(number instanceof Number)) {
            return;
        }
        Supplier<String> what = () -> operator.substring("aten::".length()) + " of " + like.describe();
        DType dtype = like.dtype();
        if (number instanceof Long whole) {
            requireFits(what, dtype, whole);
        } else if (isElement && !(FILLS.contains(operator) && isHalf(dtype))) {
            requireFits(what, isBound && !dtype.isFloatingPoint() ? DType.FLOAT32 : dtype, (double) number);
        }
    }

    private static Set<String> inPlaceToo(String... operators) {
        return Stream.of(operators).flatMap(name -> Stream.of(name, name + "_")).collect(Collectors.toUnmodifiableSet());
    }

    static boolean isHalf(DType dtype) {
        return dtype == DType.FLOAT16 || dtype == DType.BFLOAT16;
    }

    /** The same for a tensor that is filled with a number when it is made. */
    static void requireFill(DType dtype, Number number) {
        if (number instanceof Long whole) {
            requireFits(() -> "full", dtype, whole);
        } else if (!isHalf(dtype)) {
            requireFits(() -> "full", dtype, number.doubleValue());
        }
    }

    /** Below 0, whole numbers of uint8 wrap around. */
    static void requireFits(Supplier<String> what, DType dtype, long number) {
        boolean fits = switch (dtype) {
            case UINT8 -> Math.abs(number) <= 255 && number != Long.MIN_VALUE;
            case INT32 -> number == (int) number;
            default -> true;
        };
        require(fits, what, dtype, number);
    }

    private static void requireFits(Supplier<String> what, DType dtype, double number) {
        boolean fits = switch (dtype) {
            case UINT8 -> number >= 0 && number < 256;
            case INT32 -> number >= Integer.MIN_VALUE && number < 0x1p31;
            case INT64 -> number >= -0x1p63 && number < 0x1p63;
            case FLOAT16 -> !(Double.isFinite(number) && Math.abs(number) > 65504);
            case BFLOAT16 -> !(Double.isFinite(number) && Math.abs(number) > 0x1.FEp127);
            case FLOAT32 -> !(Double.isFinite(number) && Math.abs(number) > Float.MAX_VALUE);
            default -> true;
        };
        require(fits, what, dtype, number);
    }

    private static void require(boolean fits, Supplier<String> what, DType dtype, Number number) {
        if (!fits) {
            throw new TorchException(TorchException.Kind.DTYPE, what.get() + ": " + number + " is no number of " + dtype.torchName());
        }
    }

    private static TorchException unsupported(OperatorSchema schema, String reason) {
        return TorchException.unsupported("operator " + schema.fullName() + " " + reason);
    }

    /** {@return a number as the tensor that does with another what a number does in Python} */
    static Tensor number(String operator, Tensor like, Object number) {
        CallState state = CallState.begin(operator, like);
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
        return withTensors(operator.name().substring("aten::".length()), like, arguments,
                i -> arguments[i] instanceof Number, tensors -> operator.call(tensors).tensor());
    }
}
