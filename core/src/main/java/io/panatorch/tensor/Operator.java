package io.panatorch.tensor;

import io.panatorch.bindings.LibtorchLoadException;
import io.panatorch.bindings.NativeFrame;
import io.panatorch.bindings.generated.Panatorch;
import io.panatorch.bindings.generated.pt_value;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A call of any operator that libtorch has registered, by its name: one without a method on {@link Tensor}, or one of
 * another native library that is loaded into the process.
 *
 * <pre>{@code
 * Tensor sums = Operator.named("aten::cumsum").tensor(x).integer(1).none().call();
 * }</pre>
 *
 * <p>All parameters of the operator's schema are given in order, defaults included (the schemas are in PyTorch's
 * {@code native_functions.yaml}). The caller must match them, and the number of results: libtorch checks neither, so an
 * integer in the place of a tensor can end the process. Parameters of type {@code Scalar} are not supported; use the
 * overload that takes a tensor.
 */
public final class Operator {

    private static final int MAX_RESULTS = 64;

    private record Argument(int kind, long integer, double number, Object object) {}

    private final String name;
    private final String overload;
    private final List<Argument> arguments = new ArrayList<>();

    private Operator(String name, String overload) {
        this.name = name;
        this.overload = overload;
    }

    /**
     * Loads a library that registers operators with libtorch, as {@code torch.ops.load_library} does. It stays loaded.
     *
     * @param library a shared library that needs no other libraries of libtorch than those that are loaded
     * @throws TorchException where it does not open
     */
    public static void loadLibrary(Path library) {
        try {
            CallState.load().open(library);
        } catch (LibtorchLoadException e) {
            throw new TorchException(TorchException.Kind.LOADING, e.getMessage(), e);
        }
    }

    /** @param name with its namespace and, after a dot, the overload: {@code aten::cumsum}, {@code aten::add.Tensor} */
    public static Operator named(String name) {
        int dot = name.lastIndexOf('.');
        return dot < 0 ? new Operator(name, "") : new Operator(name.substring(0, dot), name.substring(dot + 1));
    }

    /** None, for an optional parameter. */
    public Operator none() {
        return add(Panatorch.PT_NONE(), 0, 0, null);
    }

    /** A {@code Tensor}. */
    public Operator tensor(Tensor value) {
        if (value != null) {
            value.requireMemory(name);
        }
        return add(Panatorch.PT_TENSOR(), 0, 0, value);
    }

    /** An {@code int} or {@code SymInt}. */
    public Operator integer(long value) {
        return add(Panatorch.PT_INT(), value, 0, null);
    }

    /** A {@code float}. */
    public Operator number(double value) {
        return add(Panatorch.PT_DOUBLE(), 0, value, null);
    }

    /** A {@code bool}. */
    public Operator bool(boolean value) {
        return add(Panatorch.PT_BOOLEAN(), value ? 1 : 0, 0, null);
    }

    /** A {@code str}. */
    public Operator string(String value) {
        return add(Panatorch.PT_STRING(), 0, 0, value);
    }

    /** An {@code int[]} or {@code SymInt[]}. */
    public Operator integers(long... values) {
        return add(Panatorch.PT_INTS(), 0, 0, values.clone());
    }

    /** A {@code float[]}. */
    public Operator numbers(double... values) {
        return add(Panatorch.PT_DOUBLES(), 0, 0, values.clone());
    }

    /** A {@code Tensor[]}. */
    public Operator tensors(Tensor... values) {
        return add(Panatorch.PT_TENSORS(), 0, 0, values.clone());
    }

    /** A {@code ScalarType}. */
    public Operator dtype(DType value) {
        return add(Panatorch.PT_DTYPE(), value.ordinal(), 0, null);
    }

    /** Says that the parameter given last is optional in the schema (its type ends with a question mark). */
    public Operator optional() {
        Argument last = arguments.removeLast();
        return add(last.kind | Panatorch.PT_OPTIONAL(), last.integer, last.number, last.object);
    }

    private Operator add(int kind, long integer, double number, Object object) {
        arguments.add(new Argument(kind, integer, number, object));
        return this;
    }

    /**
     * Runs an operator that returns one tensor.
     *
     * @throws TorchException where libtorch refuses
     */
    public Tensor call() {
        return run(1).getFirst();
    }

    /**
     * Runs an operator that returns a tuple of {@code count} tensors.
     *
     * @throws IllegalArgumentException for a negative count
     * @throws TorchException where libtorch refuses
     */
    public List<Tensor> call(int count) {
        if (count < 0) { // the shim would take the result for a list, which is something else in memory
            throw new IllegalArgumentException("results of " + name + ": expected 0 or more, found " + count);
        }
        return run(count);
    }

    /** Runs an operator that returns one list of at most {@value #MAX_RESULTS} tensors. */
    public List<Tensor> callForList() {
        return run(-1);
    }

    private List<Tensor> run(int resultCount) {
        String operator = name.startsWith("aten::") ? name.substring("aten::".length()) : name;
        CallState state = CallState.begin(operator);
        requireWritable(operator);
        NativeFrame frame = state.frame;
        MemorySegment values = frame.allocate(pt_value.sizeof() * Math.max(arguments.size(), 1));
        for (int i = 0; i < arguments.size(); i++) {
            write(arguments.get(i), pt_value.asSlice(values, i), frame);
        }
        MemorySegment results = frame.pointers(MAX_RESULTS);
        long count = Panatorch.pt_call(frame.string(name), frame.string(overload), values, arguments.size(), results,
                MAX_RESULTS, resultCount, state.error());
        if (count < 0) {
            throw state.failure(operator, operands());
        }
        Tensor[] operands = operands();
        List<Tensor> tensors = new ArrayList<>();
        for (long handle : results.asSlice(0, count * Long.BYTES).toArray(ValueLayout.JAVA_LONG)) { // a trace writes over the frame
            tensors.add(state.finish(operator, MemorySegment.ofAddress(handle), operands));
        }
        return List.copyOf(tensors);
    }

    /** In torch the name of what works in place ends with an underscore, and an overload {@code out} has its result as last tensor. */
    private void requireWritable(String operator) {
        Tensor[] operands = operands();
        if (operands.length > 0 && operator.endsWith("_") && !operator.endsWith("__")) {
            operands[0].requireWritable(operator);
        }
        if (operands.length > 0 && overload.endsWith("out")) {
            operands[operands.length - 1].requireWritable(operator);
        }
    }

    private Tensor[] operands() {
        return arguments.stream().map(Argument::object).flatMap(object -> switch (object) {
            case Tensor tensor -> Stream.of(tensor);
            case Tensor[] tensors -> Stream.of(tensors);
            case null, default -> Stream.<Tensor>empty();
        }).toArray(Tensor[]::new);
    }

    private static void write(Argument argument, MemorySegment target, NativeFrame frame) {
        pt_value.kind(target, argument.kind);
        pt_value.length(target, 0);
        pt_value.integer(target, argument.integer);
        switch (argument.object) {
            case null -> {
                if ((argument.kind & ~Panatorch.PT_OPTIONAL()) == Panatorch.PT_DOUBLE()) {
                    pt_value.number(target, argument.number);
                }
            }
            case Tensor tensor -> pt_value.tensor(target, tensor.handle());
            case String text -> {
                MemorySegment terminated = frame.string(text);
                array(target, terminated, terminated.byteSize() - 1);
            }
            case long[] numbers -> array(target, frame.longs(numbers), numbers.length);
            case double[] numbers -> array(target, frame.doubles(numbers), numbers.length);
            case Tensor[] tensors -> array(target, frame.pointers(Tensor.handles(tensors)), tensors.length);
            default -> throw new AssertionError(argument.object.getClass());
        }
    }

    private static void array(MemorySegment target, MemorySegment data, long length) {
        pt_value.data(target, data);
        pt_value.length(target, length);
    }
}
