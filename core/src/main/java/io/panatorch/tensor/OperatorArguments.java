package io.panatorch.tensor;

import io.panatorch.bindings.NativeFrame;
import io.panatorch.bindings.generated.Panatorch;
import io.panatorch.bindings.generated.pt_value;
import io.panatorch.tensor.OperatorSchema.Kind;
import io.panatorch.tensor.OperatorSchema.Parameter;
import io.panatorch.tensor.OperatorSchema.Type;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The values of one call in the order of a schema's parameters: checked, with defaults filled in, and each in the one form that
 * its type has here.
 *
 * <table>
 * <caption>Forms</caption>
 * <tr><td>Tensor, Tensor[], Tensor?[]</td><td>{@link Tensor}, array of them</td></tr>
 * <tr><td>int, int[]</td><td>{@link Long}, array of long</td></tr>
 * <tr><td>float, float[]</td><td>{@link Double}, array of double</td></tr>
 * <tr><td>bool, bool[]</td><td>{@link Boolean}, array of long</td></tr>
 * <tr><td>Scalar</td><td>{@link Long}, {@link Double} or {@link Boolean}</td></tr>
 * <tr><td>str, ScalarType, Device</td><td>{@link String}, {@link DType}, {@link Device}</td></tr>
 * <tr><td>Layout, MemoryFormat</td><td>{@link Integer}, the shim's number</td></tr>
 * <tr><td>None</td><td>null</td></tr>
 * </table>
 */
final class OperatorArguments {

    private static final List<String> MEMORY_FORMATS =
            List.of("contiguous_format", "preserve_format", "channels_last", "channels_last_3d");

    /** Parameters that say whether statistics are taken of the input, and running ones written, of which schemas say nothing. */
    private static final List<String> TRAINING = List.of("training", "train", "use_input_stats");

    /** Of libtorch's numbers of element types those that are types here, by number. */
    private static final Map<String, DType> DTYPES = Map.of("0", DType.UINT8, "1", DType.INT8, "3", DType.INT32, "4",
            DType.INT64, "5", DType.FLOAT16, "6", DType.FLOAT32, "7", DType.FLOAT64, "11", DType.BOOL, "15", DType.BFLOAT16);

    private final OperatorSchema schema;
    final Object[] values;

    private OperatorArguments(OperatorSchema schema, Object[] values) {
        this.schema = schema;
        this.values = values;
    }

    /**
     * @param positional as a caller gives them
     * @param keywords by the names of parameters
     * @throws IllegalArgumentException where they do not fit the schema
     */
    static OperatorArguments bind(OperatorSchema schema, Object[] positional, Map<String, Object> keywords) {
        List<Parameter> parameters = schema.parameters();
        long places = parameters.stream().filter(parameter -> !parameter.isKeywordOnly()).count();
        if (positional.length > places) {
            throw new IllegalArgumentException(schema.fullName() + ": " + positional.length + " arguments, expected at most "
                    + places + (places < parameters.size() ? " and the others by name" : "") + ": " + schema);
        }
        List<String> known = parameters.stream().map(Parameter::name).toList();
        for (String name : keywords.keySet()) {
            if (!known.contains(name)) {
                throw new IllegalArgumentException(
                        schema.fullName() + ": no parameter " + name + "; it has " + String.join(", ", known));
            }
        }
        Map<String, Object> named = new HashMap<>(keywords); // one goes to one parameter: libtorch has names that stand twice
        Object[] values = new Object[parameters.size()];
        for (int i = 0; i < values.length; i++) {
            Parameter parameter = parameters.get(i);
            if (i < positional.length && named.containsKey(parameter.name())) {
                throw new IllegalArgumentException(where(schema, parameter) + ": given twice, in its place and by name");
            }
            if (i < positional.length) {
                values[i] = convert(schema, parameter, positional[i]);
            } else if (named.containsKey(parameter.name())) {
                values[i] = convert(schema, parameter, named.remove(parameter.name()));
            } else {
                values[i] = standard(schema, parameter);
            }
        }
        return new OperatorArguments(schema, values);
    }

    /** The same values, of which some were replaced, for another overload. */
    static OperatorArguments of(OperatorSchema schema, Object[] values) {
        return new OperatorArguments(schema, values);
    }

    /** Why no call of an operator can be made because of a parameter; null where one can, for numbers perhaps in another way. */
    static String refusal(Parameter parameter) {
        boolean isLeftOut = parameter.type().isOptional() || "None".equals(parameter.standard());
        return isLeftOut || isPassable(parameter.type()) ? null : notPassable(parameter);
    }

    private static String notPassable(Parameter parameter) {
        return "parameter " + parameter.name() + " is of type " + parameter.type().text()
                + ", which libtorch's C interface cannot pass";
    }

    private static boolean isPassable(Type type) {
        return type.kind() != Kind.OTHER && type.kind() != Kind.GENERATOR && (!type.isList() || isListed(type));
    }

    private static boolean isListed(Type type) {
        return switch (type.kind()) {
            case TENSOR -> true;
            case INT, FLOAT, BOOL -> !type.hasOptionalElements();
            default -> false;
        };
    }

    private static String where(OperatorSchema schema, Parameter parameter) {
        return schema.fullName() + ": parameter " + parameter.name() + " (" + parameter.type().text() + ")";
    }

    // ---- defaults -------------------------------------------------------------------------------------------------

    private static Object standard(OperatorSchema schema, Parameter parameter) {
        String text = parameter.standard();
        if (text == null) {
            throw new IllegalArgumentException(where(schema, parameter) + ": missing: " + schema);
        }
        if (text.equals("None")) {
            return null;
        }
        Type type = parameter.type();
        if (!type.isList()) {
            return switch (type.kind()) {
                case DTYPE -> DTYPES.get(text);
                case MEMORY_FORMAT -> Integer.valueOf(text);
                case STR -> text.substring(1, text.length() - 1);
                default -> number(type.kind(), text);
            };
        }
        String[] elements = text.replaceAll("[\\[\\] ]", "").split(",");
        Object[] list = Arrays.stream(elements).filter(element -> !element.isEmpty())
                .map(element -> number(type.kind(), element)).toArray();
        return convert(schema, parameter, text.startsWith("[") ? Arrays.asList(list) : list[0]);
    }

    private static Object number(Kind kind, String text) {
        return switch (kind) {
            case BOOL -> text.equals("True");
            case FLOAT -> Double.valueOf(text.replace("inf", "Infinity"));
            case SCALAR -> text.matches("-?\\d+") ? (Object) Long.valueOf(text) : Double.valueOf(text);
            default -> Long.valueOf(text);
        };
    }

    // ---- what the caller gives ------------------------------------------------------------------------------------

    private static Object convert(OperatorSchema schema, Parameter parameter, Object value) {
        Type type = parameter.type();
        if (value == null && type.isOptional()) {
            return null;
        }
        if (!isPassable(type)) {
            throw new IllegalArgumentException(schema.fullName() + ": " + notPassable(parameter));
        }
        Object converted = value == null ? null : type.isList() ? list(type, value) : single(type.kind(), value);
        if (converted == null) {
            throw new IllegalArgumentException(
                    where(schema, parameter) + ": expected " + expected(type) + ", found " + found(value));
        }
        return converted;
    }

    /** Null where it is of another kind. */
    private static Object single(Kind kind, Object value) {
        return switch (kind) {
            case TENSOR -> value instanceof Tensor ? value : null;
            case INT -> isWhole(value) ? (Object) ((Number) value).longValue() : null;
            case FLOAT -> isNumber(value) ? (Object) ((Number) value).doubleValue() : null;
            case BOOL -> value instanceof Boolean ? value : null;
            case SCALAR -> value instanceof Boolean ? value
                    : isWhole(value) ? (Object) ((Number) value).longValue()
                    : isNumber(value) ? (Object) ((Number) value).doubleValue() : null;
            case STR -> value instanceof String ? value : null;
            case DTYPE -> value instanceof DType ? value : null;
            case DEVICE -> value instanceof Device ? value : null;
            case LAYOUT -> "strided".equals(value) ? 0 : null;
            case MEMORY_FORMAT -> MEMORY_FORMATS.contains(value) ? (Object) MEMORY_FORMATS.indexOf(value) : null;
            default -> null;
        };
    }

    private static boolean isWhole(Object value) {
        return value instanceof Long || value instanceof Integer || value instanceof Short || value instanceof Byte;
    }

    private static boolean isNumber(Object value) {
        return isWhole(value) || value instanceof Double || value instanceof Float;
    }

    /** Null where an element is of another kind. One value stands for as many as the type says. */
    private static Object list(Type type, Object value) {
        List<?> elements = elements(type, value);
        if (elements == null) {
            return null;
        }
        List<Object> converted = new ArrayList<>();
        for (Object element : elements) {
            Object one = element == null ? null : single(type.kind(), element);
            if (one == null && (element != null || !type.hasOptionalElements())) {
                return null;
            }
            converted.add(one);
        }
        return switch (type.kind()) {
            case TENSOR -> converted.toArray(Tensor[]::new);
            case FLOAT -> converted.stream().mapToDouble(Double.class::cast).toArray();
            case BOOL -> converted.stream().mapToLong(flag -> (boolean) flag ? 1 : 0).toArray();
            default -> converted.stream().mapToLong(Long.class::cast).toArray();
        };
    }

    private static List<?> elements(Type type, Object value) {
        return switch (value) {
            case List<?> list -> list;
            case Object[] array -> Arrays.asList(array);
            case long[] array -> Arrays.stream(array).boxed().toList();
            case int[] array -> Arrays.stream(array).boxed().toList();
            case double[] array -> Arrays.stream(array).boxed().toList();
            case boolean[] array -> {
                List<Boolean> flags = new ArrayList<>();
                for (boolean flag : array) {
                    flags.add(flag);
                }
                yield flags;
            }
            default -> type.size() > 0 ? Stream.generate(() -> value).limit(type.size()).toList() : null;
        };
    }

    private static String expected(Type type) {
        String one = switch (type.kind()) {
            case TENSOR -> "tensor";
            case INT -> "whole number";
            case FLOAT, SCALAR -> "number";
            case BOOL -> "boolean";
            case STR -> "string";
            case DTYPE -> "DType";
            case DEVICE -> "Device";
            case LAYOUT -> "\"strided\"";
            case MEMORY_FORMAT -> "one of " + MEMORY_FORMATS;
            default -> type.text();
        };
        String none = type.isOptional() ? " or null" : "";
        return (type.isList() ? "a list or an array of " + one + "s" : one) + none;
    }

    private static String found(Object value) {
        return switch (value) {
            case null -> "null";
            case Tensor tensor -> "the tensor " + tensor.describe();
            case String text -> "\"" + text + "\"";
            case Object[] array -> found(Arrays.asList(array));
            case List<?> list -> list.stream()
                    .map(element -> element instanceof Tensor tensor ? tensor.describe() : String.valueOf(element))
                    .collect(Collectors.joining(", ", "[", "]"));
            case long[] array -> Arrays.toString(array);
            case int[] array -> Arrays.toString(array);
            case double[] array -> Arrays.toString(array);
            default -> (value.getClass().isArray() ? "an array" : value) + " (" + value.getClass().getSimpleName() + ")";
        };
    }

    // ---- what libtorch gets ---------------------------------------------------------------------------------------

    /** Whether there is a number at a place where libtorch's C interface has no way for one. */
    boolean isNumber(int index) {
        return values[index] != null && schema.parameters().get(index).type().kind() == Kind.SCALAR;
    }

    /** The places of such numbers. */
    IntStream numbers() {
        return IntStream.range(0, values.length).filter(this::isNumber);
    }

    /** The tensors among the values, those in lists too. */
    Tensor[] operands() {
        return Arrays.stream(values).flatMap(value -> switch (value) {
            case Tensor tensor -> Stream.of(tensor);
            case Tensor[] tensors -> Arrays.stream(tensors);
            case null, default -> Stream.<Tensor>empty();
        }).toArray(Tensor[]::new);
    }

    /** The values as the shim takes them. */
    MemorySegment write(NativeFrame frame) {
        MemorySegment target = frame.allocate(pt_value.sizeof() * Math.max(values.length, 1));
        for (int i = 0; i < values.length; i++) {
            Parameter parameter = schema.parameters().get(i);
            MemorySegment place = pt_value.asSlice(target, i);
            int kind = write(parameter.type(), values[i], place, frame);
            int optional = values[i] != null && parameter.type().isOptional() ? Panatorch.PT_OPTIONAL() : 0;
            int written = values[i] != null && isWritten(parameter) ? Panatorch.PT_WRITTEN() : 0;
            pt_value.kind(place, kind | optional | written);
        }
        return target;
    }

    /** To come after the call: what an operator of another library has written to may have another shape. */
    void forgetWritten() {
        for (int i = 0; i < values.length; i++) {
            if (schema.parameters().get(i).type().isWritten()) {
                switch (values[i]) {
                    case Tensor tensor -> tensor.forgetDescription();
                    case Tensor[] tensors -> Arrays.stream(tensors).forEach(Tensor::forgetDescription);
                    case null, default -> { }
                }
            }
        }
    }

    private boolean isWritten(Parameter parameter) {
        return parameter.type().isWritten() || parameter.name().startsWith("running_") && isTraining();
    }

    private boolean isTraining() {
        for (int i = 0; i < values.length; i++) {
            if (Boolean.TRUE.equals(values[i]) && TRAINING.contains(schema.parameters().get(i).name())) {
                return true;
            }
        }
        return schema.name().contains("update");
    }

    private static int write(Type type, Object value, MemorySegment place, NativeFrame frame) {
        pt_value.length(place, 0);
        pt_value.integer(place, 0);
        return switch (value) {
            case null -> Panatorch.PT_NONE();
            case Tensor tensor -> {
                pt_value.tensor(place, tensor.handle());
                yield Panatorch.PT_TENSOR();
            }
            case Tensor[] tensors -> {
                array(place, frame.pointers(Tensor.handles(tensors)), tensors.length);
                yield type.hasOptionalElements() ? Panatorch.PT_OPTIONAL_TENSORS() : Panatorch.PT_TENSORS();
            }
            case Boolean flag -> integer(place, flag ? 1 : 0, Panatorch.PT_BOOLEAN());
            case Long number -> integer(place, number, Panatorch.PT_INT());
            case DType dtype -> integer(place, dtype.ordinal(), Panatorch.PT_DTYPE());
            case Integer number ->
                integer(place, number, type.kind() == Kind.LAYOUT ? Panatorch.PT_LAYOUT() : Panatorch.PT_MEMORY_FORMAT());
            case Device device -> {
                pt_value.length(place, device.index());
                yield integer(place, device.kind().ordinal(), Panatorch.PT_DEVICE());
            }
            case Double number -> {
                pt_value.number(place, number);
                yield Panatorch.PT_DOUBLE();
            }
            case String text -> {
                MemorySegment terminated = frame.string(text);
                array(place, terminated, terminated.byteSize() - 1);
                yield Panatorch.PT_STRING();
            }
            case long[] numbers -> {
                array(place, frame.longs(numbers), numbers.length);
                yield type.kind() == Kind.BOOL ? Panatorch.PT_BOOLEANS() : Panatorch.PT_INTS();
            }
            case double[] numbers -> {
                array(place, frame.doubles(numbers), numbers.length);
                yield Panatorch.PT_DOUBLES();
            }
            default -> throw new AssertionError(value.getClass());
        };
    }

    private static int integer(MemorySegment place, long value, int kind) {
        pt_value.integer(place, value);
        return kind;
    }

    private static void array(MemorySegment place, MemorySegment data, long length) {
        pt_value.data(place, data);
        pt_value.length(place, length);
    }
}
