package io.panatorch.tensor;

import io.panatorch.bindings.NativeFrame;
import io.panatorch.bindings.generated.Panatorch;
import io.panatorch.bindings.generated.pt_value;
import io.panatorch.tensor.OperatorSchema.Kind;
import io.panatorch.tensor.OperatorSchema.Result;
import io.panatorch.tensor.OperatorSchema.Type;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * What an {@link Operator} has returned: nothing, one value, or several that may have names.
 *
 * <p>A value is a {@link Tensor}, a {@link List} of tensors, a {@link Long}, {@link Double}, {@link Boolean}, {@link String} or
 * {@link DType}, an array of long, double or boolean; or null for None. Tensors belong to the innermost open scope.
 */
public final class OperatorResult {

    private final OperatorSchema schema;
    private final List<Object> values;

    private OperatorResult(OperatorSchema schema, List<Object> values) {
        this.schema = schema;
        this.values = values;
    }

    /** {@return how many values there are} */
    public int size() {
        return values.size();
    }

    /** {@return a value, counted from 0} */
    public Object get(int index) {
        return values.get(index);
    }

    /**
     * {@return the value of a name}
     *
     * @throws IllegalArgumentException where no result has that name
     */
    public Object get(String name) {
        List<String> names = schema.results().stream().map(Result::name).toList();
        if (name.isEmpty() || !names.contains(name)) {
            throw new IllegalArgumentException("result " + name + " of " + schema.fullName() + ": expected one of " + names);
        }
        return values.get(names.indexOf(name));
    }

    /** {@return the one tensor of an operator that returns that and nothing else} */
    public Tensor tensor() {
        return only(Tensor.class, "a tensor");
    }

    /** {@return all tensors: of a tuple, of a list, or the one there is} */
    public List<Tensor> tensors() {
        return values.stream().flatMap(value -> switch (value) {
            case Tensor tensor -> Stream.of(tensor);
            case List<?> list -> list.stream().map(Tensor.class::cast);
            case null, default -> Stream.<Tensor>empty();
        }).toList();
    }

    /** {@return the one whole number} */
    public long integer() {
        return only(Long.class, "a whole number");
    }

    /** {@return the one floating-point number} */
    public double number() {
        return only(Double.class, "a number");
    }

    /** {@return the one boolean} */
    public boolean bool() {
        return only(Boolean.class, "a boolean");
    }

    private <T> T only(Class<T> type, String what) {
        if (values.size() != 1 || !type.isInstance(values.getFirst())) {
            throw new IllegalStateException("result of " + schema.fullName() + ": expected " + what + ", found "
                    + (values.isEmpty() ? "nothing" : values.size() > 1 ? values.size() + " values" : "" + values.getFirst()));
        }
        return type.cast(values.getFirst());
    }

    // ---- how they come --------------------------------------------------------------------------------------------

    /** Of an operator that was computed in another way. */
    static OperatorResult of(OperatorSchema schema, List<Object> values) {
        return new OperatorResult(schema, values);
    }

    /** Why results of a type cannot be taken; null where they can. */
    static String refusal(Type type) {
        boolean isKnown = switch (type.kind()) {
            case TENSOR, INT, FLOAT, BOOL -> !type.hasOptionalElements();
            case STR, DTYPE -> !type.isList();
            default -> false;
        };
        return isKnown ? null : "it returns " + type.text() + ", which libtorch's C interface cannot pass";
    }

    /** Places for the results of a call, their kinds set. */
    static MemorySegment prepare(OperatorSchema schema, NativeFrame frame) {
        List<Result> results = schema.results();
        MemorySegment places = frame.allocate(pt_value.sizeof() * Math.max(results.size(), 1));
        for (int i = 0; i < results.size(); i++) {
            Type type = results.get(i).type();
            pt_value.kind(pt_value.asSlice(places, i), kind(type) | (type.isOptional() ? Panatorch.PT_OPTIONAL() : 0));
        }
        return places;
    }

    private static int kind(Type type) {
        return switch (type.kind()) {
            case TENSOR -> type.isList() ? Panatorch.PT_TENSORS() : Panatorch.PT_TENSOR();
            case INT -> type.isList() ? Panatorch.PT_INTS() : Panatorch.PT_INT();
            case FLOAT -> type.isList() ? Panatorch.PT_DOUBLES() : Panatorch.PT_DOUBLE();
            case BOOL -> type.isList() ? Panatorch.PT_BOOLEANS() : Panatorch.PT_BOOLEAN();
            case STR -> Panatorch.PT_STRING();
            case DTYPE -> Panatorch.PT_DTYPE();
            default -> throw new AssertionError(type.text());
        };
    }

    /** Takes the results of a call. All are copied before the first becomes a tensor, which may use the frame. */
    static OperatorResult take(OperatorSchema schema, MemorySegment places, CallState state) {
        List<Object> values = new ArrayList<>();
        for (int i = 0; i < schema.results().size(); i++) {
            values.add(raw(pt_value.asSlice(places, i)));
        }
        values.replaceAll(value -> switch (value) {
            case MemorySegment handle -> own(state, handle);
            case MemorySegment[] handles -> Arrays.stream(handles).map(handle -> own(state, handle)).toList();
            case null, default -> value;
        });
        return new OperatorResult(schema, values);
    }

    /** C++ says by an undefined tensor that there is none. */
    private static Tensor own(CallState state, MemorySegment handle) {
        return handle.address() == 0 ? null : state.own(handle);
    }

    private static Object raw(MemorySegment place) {
        int kind = (int) pt_value.kind(place);
        if (kind == Panatorch.PT_NONE()) {
            return null;
        }
        if (kind == Panatorch.PT_TENSOR()) {
            return pt_value.tensor(place);
        }
        if (kind == Panatorch.PT_INT()) {
            return pt_value.integer(place);
        }
        if (kind == Panatorch.PT_DOUBLE()) {
            return pt_value.number(place);
        }
        if (kind == Panatorch.PT_BOOLEAN()) {
            return pt_value.integer(place) != 0;
        }
        if (kind == Panatorch.PT_DTYPE()) {
            long number = pt_value.integer(place);
            return number < 0 ? null : DType.values()[(int) number];
        }
        return array(kind, pt_value.data(place), pt_value.length(place));
    }

    /** The array goes when it has been copied. */
    private static Object array(int kind, MemorySegment data, long length) {
        if (length < 0) {
            throw new OutOfMemoryError("no memory for the results of an operator");
        }
        try {
            if (kind == Panatorch.PT_STRING()) {
                return NativeFrame.text(data);
            }
            MemorySegment elements = NativeFrame.view(data, length * Long.BYTES);
            if (kind == Panatorch.PT_DOUBLES()) {
                return elements.toArray(ValueLayout.JAVA_DOUBLE);
            }
            long[] numbers = elements.toArray(ValueLayout.JAVA_LONG);
            if (kind == Panatorch.PT_TENSORS()) {
                return Arrays.stream(numbers).mapToObj(MemorySegment::ofAddress).toArray(MemorySegment[]::new);
            }
            return kind == Panatorch.PT_INTS() ? numbers : booleans(numbers);
        } finally {
            Panatorch.pt_free(data);
        }
    }

    private static boolean[] booleans(long[] numbers) {
        boolean[] flags = new boolean[numbers.length];
        for (int i = 0; i < flags.length; i++) {
            flags[i] = numbers[i] != 0;
        }
        return flags;
    }
}
