package io.panatorch.tensor;

import io.panatorch.bindings.NativeFrame;
import io.panatorch.bindings.generated.Panatorch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * An n-dimensional array in libtorch's memory.
 *
 * <p>Operators have PyTorch's names and meaning; each returns a new tensor that belongs to the innermost open
 * {@link TensorScope} of the calling thread, whatever its operands belong to. Operands are only read, except by
 * {@link #copy_}. Views ({@code reshape}, {@code narrow}, {@code permute} and their like) share memory with the tensor they
 * are made of, and keep that memory alive by themselves.
 *
 * <p>This class makes, describes, moves and frees tensors. What they compute is in the interfaces that it implements, one for
 * each chapter of PyTorch's documentation, and is called as if it were here: {@link PointwiseOperators} (arithmetic, comparisons,
 * activations), {@link ReductionOperators} (sum, max, topk, sort), {@link ShapeOperators} (reshape, slice, index, split) and
 * {@link LayerOperators} (linear, convolutions, norms); {@link ElementReading} gets elements out. Operators of several tensors
 * alike are static here. What has no method, {@link Operator} calls.
 *
 * <p>Errors: a {@link TorchException} with the operands' shapes, dtypes and devices where libtorch refuses; an
 * {@link ClosedTensorException} for a closed tensor; an {@link IllegalStateException} where no scope is open. Gradients are
 * never recorded.
 *
 * <p>Threads: any thread may compute with an open tensor, several at once too. A tensor of a {@link TensorScope} is closed by the
 * thread of that scope alone, one of a {@link TensorOwner} by any. Who closes a tensor need not know who computes with it: a call
 * that runs comes out right, the next one is refused by a {@link ClosedTensorException}, and the memory goes with the last call.
 * What writes to memory ({@link #copy_} and operators whose names end with an underscore) must not meet others that read it at
 * the same time: nothing breaks, but nobody can tell which elements they get.
 */
public final class Tensor
        implements PointwiseOperators, ReductionOperators, ShapeOperators, LayerOperators, ElementReading, AutoCloseable {

    private static final int HEADER = 5;
    private static final int MAX_DIM = 64;
    private static final Object STAND_IN = new Object();

    /** In {@link #uses}: closed, so that nobody may begin to use it. */
    private static final int CLOSED = Integer.MIN_VALUE;

    private static final VarHandle USES;

    static {
        try {
            USES = MethodHandles.lookup().findVarHandle(Tensor.class, "uses", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** The scope or {@link TensorOwner} that frees this tensor; for a stand-in a mark. */
    Object owner;

    private final MemorySegment handle;
    private Description description;

    /**
     * How many calls on other threads than the owner's use this tensor now, and {@link #CLOSED} where no more may begin. The
     * native reference goes when it is closed and not in use.
     */
    private volatile int uses;

    /** A result of {@link Operator} may be of a type that torch has and this library has not. */
    private static final class NoCounterpart extends UnsupportedOperationException {

        private static final long serialVersionUID = 1L;

        NoCounterpart(Shape shape) {
            super("the dtype or device of this tensor " + shape
                    + " has no counterpart in Panatorch; convert it with an Operator");
        }
    }

    /** The dtype, and the device, are null where this library has no such. */
    private record Description(Shape shape, DType dtype, Device device, boolean contiguous) {

        @Override
        public String toString() {
            return shape + (dtype == null || device == null
                    ? " of a dtype or device without a counterpart in Panatorch" : " " + dtype.torchName() + " " + device);
        }
    }

    /** Whoever makes one gives it an owner first, and then counts it: the counting may fail. */
    Tensor(MemorySegment handle) {
        this.handle = handle;
    }

    private Tensor(Description description) {
        this.handle = null;
        this.description = description;
        this.owner = STAND_IN;
    }

    // ---- making ---------------------------------------------------------------------------------------------------

    /** {@return a float32 CPU tensor with a copy of the values, in row-major order} */
    public static Tensor of(float[] values, long... shape) {
        return of(values.length, MemorySegment.ofArray(values), DType.FLOAT32, Shape.of(shape));
    }

    /** {@return a float64 CPU tensor with a copy of the values, in row-major order} */
    public static Tensor of(double[] values, long... shape) {
        return of(values.length, MemorySegment.ofArray(values), DType.FLOAT64, Shape.of(shape));
    }

    /** {@return an int64 CPU tensor with a copy of the values, in row-major order} */
    public static Tensor of(long[] values, long... shape) {
        return of(values.length, MemorySegment.ofArray(values), DType.INT64, Shape.of(shape));
    }

    /** {@return an int32 CPU tensor with a copy of the values, in row-major order} */
    public static Tensor of(int[] values, long... shape) {
        return of(values.length, MemorySegment.ofArray(values), DType.INT32, Shape.of(shape));
    }

    /** {@return a uint8 CPU tensor with a copy of the values, which count as 0 to 255, in row-major order} */
    public static Tensor of(byte[] values, long... shape) {
        return of(values.length, MemorySegment.ofArray(values), DType.UINT8, Shape.of(shape));
    }

    /** {@return a boolean CPU tensor with a copy of the values, in row-major order} */
    public static Tensor of(boolean[] values, long... shape) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) (values[i] ? 1 : 0);
        }
        return of(values.length, MemorySegment.ofArray(bytes), DType.BOOL, Shape.of(shape));
    }

    private static Tensor of(int number, MemorySegment values, DType dtype, Shape shape) {
        if (number != shape.numel()) {
            throw new IllegalArgumentException("shape " + shape + " of " + dtype.torchName() + " needs " + shape.numel()
                    + " values, found " + number);
        }
        return of(values, dtype, shape);
    }

    /** {@return a contiguous tensor with undefined content} */
    public static Tensor empty(Shape shape, DType dtype, Device device) {
        return empty("empty", shape, dtype, device);
    }

    /** @param purpose what it is for, which stands in the message where there is no scope */
    static Tensor empty(String purpose, Shape shape, DType dtype, Device device) {
        device.requirePresent();
        CallState.requireScope(purpose);
        CallState state = CallState.begin("empty");
        return state.finish(Panatorch.pt_empty(state.frame.longs(shape.sizes()), shape.dim(), dtype.ordinal(),
                device.kind().ordinal(), device.index(), state.error()));
    }

    /** {@return a contiguous tensor of zeros} */
    public static Tensor zeros(Shape shape, DType dtype, Device device) {
        try (TensorScope scope = TensorScope.openFor("zeros")) {
            return scope.promote(Operator.tensor("aten::zero_(Tensor(a!) self) -> Tensor(a!)", empty("zeros", shape, dtype, device)));
        }
    }

    /** {@return a contiguous tensor of ones} */
    public static Tensor ones(Shape shape, DType dtype, Device device) {
        return full(shape, 1, dtype, device);
    }

    /**
     * {@return a contiguous tensor with a whole number everywhere}
     *
     * @throws TorchException for a number that the dtype has not
     */
    public static Tensor full(Shape shape, long value, DType dtype, Device device) {
        OperatorScalars.requireFill(dtype, value);
        try (TensorScope scope = TensorScope.openFor("full")) {
            return scope.promote(fill(empty("full", shape, dtype, device), of(new long[] {value})));
        }
    }

    /**
     * {@return a contiguous tensor with a number everywhere, towards 0 for whole numbers}
     *
     * @throws TorchException for a number that the dtype has not; in float16 and bfloat16 it is infinite, as in torch
     */
    public static Tensor full(Shape shape, double value, DType dtype, Device device) {
        OperatorScalars.requireFill(dtype, value);
        try (TensorScope scope = TensorScope.openFor("full")) {
            return scope.promote(fill(empty("full", shape, dtype, device), of(new double[] {value})));
        }
    }

    private static Tensor fill(Tensor tensor, Tensor value) {
        return Operator.tensor("aten::fill_.Tensor(Tensor(a!) self, Tensor value) -> Tensor(a!)", tensor, value);
    }

    /** {@return the whole numbers from 0 to before {@code end}, int64 on the CPU} */
    public static Tensor arange(long end) {
        return arange(0, end, 1);
    }

    /** {@return the whole numbers from {@code start} to before {@code end}, int64 on the CPU} */
    public static Tensor arange(long start, long end) {
        return arange(start, end, 1);
    }

    /**
     * {@return each {@code step}-th whole number from {@code start} to before {@code end}, int64 on the CPU}
     *
     * @throws IllegalArgumentException where the step is 0 or leads away from the end
     */
    public static Tensor arange(long start, long end, long step) {
        return Ranges.of(start, end, step);
    }

    /**
     * {@return the numbers from {@code start} to before {@code end} at a distance of {@code step}, float32 on the CPU}
     *
     * @throws IllegalArgumentException where the step is 0 or leads away from the end, or a number is not finite
     */
    public static Tensor arange(double start, double end, double step) {
        return Ranges.of(start, end, step);
    }

    /** {@return {@code steps} numbers from {@code start} to {@code end} at equal distances, float32 on the CPU} */
    public static Tensor linspace(double start, double end, long steps) {
        try (TensorScope scope = TensorScope.openFor("linspace")) {
            return scope.promote(Operator.withSchema("aten::linspace.Tensor_Tensor(Tensor start, Tensor end, int steps, *, "
                            + "ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor")
                    .with("dtype", DType.FLOAT32)
                    .call(of(new double[] {start}), of(new double[] {end}), steps)
                    .tensor());
        }
    }

    /** {@return the identity matrix {@code [n, n]}} */
    public static Tensor eye(long n, DType dtype, Device device) {
        device.requirePresent();
        return Operator.withSchema("aten::eye(SymInt n, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None,"
                        + " bool? pin_memory=None) -> Tensor")
                .with("dtype", dtype).with("device", device)
                .call(n)
                .tensor();
    }

    /**
     * A stand-in for a tensor: it has a shape, a dtype and a device, and no memory. It is for tests of code that passes tensors
     * on without computing with them, such as the decisions of a cache: libtorch is not loaded, no scope is needed, and every
     * operator on it throws an {@link IllegalStateException}.
     *
     * @return a tensor that nobody needs to close
     */
    public static Tensor standIn(Shape shape, DType dtype, Device device) {
        return new Tensor(new Description(shape, dtype, device, true));
    }

    /**
     * {@return a contiguous CPU tensor with a copy of the bytes of its elements, in row-major order}
     *
     * @param data as many bytes as the elements take, in the machine's byte order; an array or a buffer as a segment of it, such as
     *     {@code MemorySegment.ofBuffer(buffer)}
     * @throws IllegalArgumentException where there are more or fewer
     */
    public static Tensor of(MemorySegment data, DType dtype, Shape shape) {
        long found = data.byteSize();
        if (found % dtype.byteSize() != 0 || found / dtype.byteSize() != shape.numel()) {
            throw new IllegalArgumentException("data: shape " + shape + " of " + dtype.torchName() + " needs " + shape.numel()
                    + " values of " + dtype.byteSize() + " bytes, found " + found + " bytes");
        }
        Tensor tensor = empty("Tensor.of", shape, dtype, Device.CPU);
        tensor.memory().copyFrom(data);
        return tensor;
    }

    // ---- what it is -----------------------------------------------------------------------------------------------

    /** {@return the sizes of the dimensions} */
    public Shape shape() {
        return description().shape;
    }

    /** {@return the size of a dimension, counted from 0, or backwards from -1} */
    public long size(int dimension) {
        return shape().size(dimension);
    }

    /** {@return the element type} */
    public DType dtype() {
        return known(description().dtype);
    }

    /** {@return where the memory is} */
    public Device device() {
        return known(description().device);
    }

    /** {@return whether the elements lie in row-major order without gaps} */
    public boolean isContiguous() {
        return description().contiguous;
    }

    /** {@return the bytes that the elements take, or would take on {@link Device#META}; a view counts as if it had its own} */
    public long byteSize() {
        return shape().numel() * dtype().byteSize();
    }

    /**
     * {@return the memory that this tensor and its views share}
     *
     * <p>A view of a part has all of it, and keeps all of it alive: a tensor that is kept for long is better {@linkplain
     * #copy copied} out of a larger one.
     */
    public Storage storage() {
        requireMemory("storage");
        CallState state = CallState.ofThread();
        boolean isAcquired = keep(state);
        try {
            MemorySegment out = state.frame.reset().allocate(2L * Long.BYTES);
            if (Panatorch.pt_storage(handle, out, state.error()) != 0) {
                throw TorchException.refused("storage", "", state.frame.takeError());
            }
            return new Storage(out.getAtIndex(ValueLayout.JAVA_LONG, 0), out.getAtIndex(ValueLayout.JAVA_LONG, 1));
        } finally {
            letGo(isAcquired);
        }
    }

    private Description description() {
        Description known = description;
        if (known == null) {
            requireMemory("operand");
            CallState state = CallState.ofThread();
            boolean isAcquired = keep(state);
            try {
                known = describe(state.frame.reset());
                description = known;
            } finally {
                letGo(isAcquired);
            }
        }
        return known;
    }

    private <T> T known(T part) {
        if (part == null) {
            throw new NoCounterpart(shape());
        }
        return part;
    }

    private Description describe(NativeFrame frame) {
        MemorySegment out = frame.allocate((HEADER + MAX_DIM) * (long) Long.BYTES);
        if (Panatorch.pt_describe(handle, out, HEADER + MAX_DIM, frame.error()) != 0) {
            throw TorchException.refused("describe", "", frame.takeError());
        }
        long[] numbers = out.toArray(ValueLayout.JAVA_LONG);
        Shape shape = Shape.of(Arrays.copyOfRange(numbers, HEADER, HEADER + (int) numbers[4]));
        DType dtype = numbers[0] < 0 ? null : DType.values()[(int) numbers[0]];
        Device device = numbers[1] < 0 ? null
                : new Device(Device.Kind.values()[(int) numbers[1]], Math.max((int) numbers[2], 0));
        return new Description(shape, dtype, device, numbers[3] != 0);
    }

    /** To come after an operator of another library has written to this, which may have given it another shape. */
    void forgetDescription() {
        description = null;
    }

    /** Nothing where torch has the dtype and this library has not. */
    Optional<DType> ownDType() {
        return Optional.ofNullable(description().dtype);
    }

    // ---- operators of several tensors alike -----------------------------------------------------------------------

    /** {@return the tensors one after another along a dimension} */
    public static Tensor cat(int dimension, Tensor... tensors) {
        CallState state = CallState.begin("cat", tensors);
        MemorySegment array = state.frame.pointers(handles(tensors));
        return state.finish(Panatorch.pt_cat(array, tensors.length, dimension, state.error()));
    }

    /** {@return the tensors one after another along a dimension} */
    public static Tensor cat(List<Tensor> tensors, int dimension) {
        return cat(dimension, tensors.toArray(Tensor[]::new));
    }

    /** {@return the tensors, all of one shape, beside each other along a new dimension} */
    public static Tensor stack(int dimension, Tensor... tensors) {
        return Operator.tensor("aten::stack(Tensor[] tensors, int dim=0) -> Tensor", tensors, dimension);
    }

    /** {@return the tensors, all of one shape, beside each other along a new dimension} */
    public static Tensor stack(List<Tensor> tensors, int dimension) {
        return stack(dimension, tensors.toArray(Tensor[]::new));
    }

    /** {@return self's elements where the boolean condition is true, else other's; all three are broadcast} */
    public static Tensor where(Tensor condition, Tensor self, Tensor other) {
        return Operator.tensor("aten::where.self(Tensor condition, Tensor self, Tensor other) -> Tensor",
                condition, self, other);
    }

    /** {@return the sum of products that an equation says, such as {@code bhid,bhjd->bhij}} */
    public static Tensor einsum(String equation, Tensor... tensors) {
        return Operator.tensor("aten::einsum(str equation, Tensor[] tensors, *, int[]? path=None) -> Tensor",
                equation, tensors);
    }

    /**
     * {@return softmax(query · keyᵀ · scale + mask) · value, {@code [batch, heads, tokens, dim]}}
     *
     * @param query {@code [batch, heads, tokens, dim]}
     * @param key {@code [batch, heads, keys, dim]}
     * @param value {@code [batch, heads, keys, dim]}
     * @param mask added to the scores, broadcast to {@code [batch, heads, tokens, keys]}; or null
     * @param scale the usual one is 1/√dim
     */
    public static Tensor scaledDotProductAttention(Tensor query, Tensor key, Tensor value, Tensor mask, double scale) {
        requireSameTokens(key, value);
        CallState state = CallState.beginOptional("scaled_dot_product_attention", 3, query, key, value, mask);
        return state.finish(Panatorch.pt_scaled_dot_product_attention(
                query.handle(), key.handle(), value.handle(), orNull(mask), scale, state.error()));
    }

    /** libtorch's fused attention does not look, and would read past the end of the shorter one. */
    private static void requireSameTokens(Tensor key, Tensor value) {
        if (key.shape().dim() != value.shape().dim() || key.shape().dim() < 2 || key.size(-2) != value.size(-2)) {
            throw new IllegalArgumentException("scaled_dot_product_attention: expected as many keys as values, found keys "
                    + key.describe() + ", values " + value.describe());
        }
    }

    // ---- memory ---------------------------------------------------------------------------------------------------

    /** {@return this in another dtype; where it has that dtype already, another reference to the same memory} */
    public Tensor to(DType dtype) {
        return to(dtype, device());
    }

    /** {@return this on another device; where it is there already, another reference to the same memory} */
    public Tensor to(Device device) {
        return to(dtype(), device);
    }

    /**
     * {@return this in another dtype and on another device}
     *
     * <p>From the CPU to a GPU this need not wait for the copy, though what comes after on that GPU does.
     */
    public Tensor to(DType dtype, Device device) {
        if (device.kind() != Device.Kind.META) {
            requireElements("to");
        }
        device.requirePresent();
        CallState state = CallState.begin("to", this);
        return state.finish(
                Panatorch.pt_to(handle(), dtype.ordinal(), device.kind().ordinal(), device.index(), state.error()));
    }

    /**
     * {@return this tensor of the CPU in pinned memory, which a GPU reads and writes by itself: a copy, or another reference
     * where it is there already}
     *
     * @throws TorchException where there is no GPU
     */
    public Tensor pinMemory() {
        requireElements("pin_memory");
        Device.cuda(0).requirePresent();
        CallState state = CallState.begin("pin_memory", this);
        return state.finish(Panatorch.pt_pin_memory(handle(), state.error()));
    }

    /** {@return this in row-major order: another reference where it is so already, else a copy} */
    public Tensor contiguous() {
        CallState state = CallState.begin("contiguous", this);
        return state.finish(Panatorch.pt_contiguous(handle(), state.error()));
    }

    /** {@return another reference to this tensor, which belongs to the innermost open scope} */
    public Tensor alias() {
        CallState state = CallState.begin("alias", this);
        return state.finish(Panatorch.pt_retain(handle(), state.error()));
    }

    /** {@return a contiguous copy with memory of its own} */
    public Tensor copy() {
        CallState state = CallState.begin("clone", this);
        return state.finish(Panatorch.pt_clone(handle(), state.error()));
    }

    /** Overwrites this tensor with another's elements, broadcast and converted. All views of its memory change too. */
    public void copy_(Tensor other) {
        copy_(other, false);
    }

    /**
     * The same, and between pinned memory and a GPU it need not wait for the copy.
     *
     * @param nonBlocking lets such a copy go on after the return, in its turn on the {@link CudaStream} in use. Until that is
     *     {@linkplain CudaStream#synchronize waited for}, neither tensor may be written to, and this one not read by the CPU
     */
    public void copy_(Tensor other, boolean nonBlocking) {
        if (device().kind() != Device.Kind.META) {
            other.requireElements("copy_");
        }
        CallState state = CallState.begin("copy_", this, other);
        if (Panatorch.pt_copy_(handle(), other.handle(), nonBlocking ? 1 : 0, state.error()) != 0) {
            throw state.failure();
        }
        state.end();
    }

    // ---- reading --------------------------------------------------------------------------------------------------

    /** The elements of a contiguous CPU tensor, in place; to be looked at while nobody can close it. */
    MemorySegment memory() {
        if (device().kind() != Device.Kind.CPU || !isContiguous()) {
            throw new IllegalStateException(describe() + " has no contiguous memory on the CPU");
        }
        NativeFrame frame = CallState.ofThread().frame.reset();
        long bytes = byteSize();
        if (bytes == 0) {
            return MemorySegment.NULL;
        }
        MemorySegment address = Panatorch.pt_data(handle, frame.error());
        if (address.address() == 0) {
            throw TorchException.refused("data", " of " + describe(), frame.takeError());
        }
        return NativeFrame.view(address, bytes);
    }

    /** {@return shape, dtype and device, such as {@code [2, 3] float32 cpu}} */
    public String describe() {
        if (handle == null || isClosed()) {
            String kind = isClosed() ? "closed tensor" : "stand-in";
            Description known = description;
            return known == null ? kind : kind + " " + known;
        }
        try {
            return description().toString();
        } catch (ClosedTensorException e) {
            return "closed tensor"; // by another thread, now
        }
    }

    /**
     * {@return the description and the elements as PyTorch prints them}
     *
     * <p>A whole tensor up to 1000 elements, of a larger one three at each end of each dimension, and nobody reads the others:
     *
     * <pre>
     * [2, 3] float32 cpu
     * [[ 1.0000, -2.5000,     inf],
     *  [ 0.0000,  0.1000,  3.0000]]
     * </pre>
     *
     * <p>It throws nothing: what has no elements to be read is described without them.
     */
    @Override
    public String toString() {
        String description;
        try {
            description = describe();
        } catch (RuntimeException e) { // such as of a sparse tensor by rows, which has no order of elements
            return "tensor that cannot be described: " + e.getMessage();
        }
        Description known = this.description;
        boolean hasElements = handle != null && !isClosed() && known != null && known.dtype != null && known.device != null;
        if (!hasElements || known.device.kind() == Device.Kind.META) {
            return description;
        }
        try {
            return TensorText.of(this).map(text -> description + (text.contains("\n") ? "\n" : " ") + text).orElse(description);
        } catch (RuntimeException e) {
            return description + ", whose elements cannot be read: " + e.getMessage();
        }
    }

    // ---- lifetime -------------------------------------------------------------------------------------------------

    /** {@return whether the tensor was closed} */
    public boolean isClosed() {
        return handle == null ? owner != STAND_IN : uses < 0;
    }

    /**
     * Closes this tensor now instead of at its owner's end. Where another thread computes with it, what it computes comes out
     * right, and the memory goes when it has. Closing a closed tensor does nothing.
     */
    @Override
    public void close() {
        if (handle == null) {
            owner = null;
        } else if (!isClosed()) {
            switch (owner) {
                case TensorScope scope -> scope.close(this);
                case TensorOwner holder -> holder.close(this);
                default -> throw new AssertionError(owner);
            }
        }
    }

    /** Whether it belongs to a scope of a thread, which alone can close it then. */
    boolean isOf(CallState state) {
        if (owner instanceof TensorScope scope && scope.isOf(state)) {
            requireOpen();
            return true;
        }
        return false;
    }

    /** Keeps it from being freed, to be followed by {@link #letGo}; for threads other than that of its scope. */
    void acquire() {
        int number;
        do {
            number = uses;
            if (number < 0) {
                requireOpen();
            }
        } while (!USES.compareAndSet(this, number, number + 1));
    }

    void letGo() {
        if ((int) USES.getAndAdd(this, -1) - 1 == CLOSED) {
            free();
        }
    }

    /** The same for one look, where it is not this thread's own. */
    private boolean keep(CallState state) {
        boolean isForeign = !isOf(state);
        if (isForeign) {
            acquire();
        }
        return isForeign;
    }

    private void letGo(boolean isAcquired) {
        if (isAcquired) {
            letGo();
        }
    }

    /** Closes it, for owners; returns whether it was open. The last who uses it frees it. */
    boolean retire() {
        int number = (int) USES.getAndBitwiseOr(this, CLOSED);
        if (number == 0) {
            free();
        }
        return number >= 0;
    }

    private void free() {
        Panatorch.pt_release(handle);
        LiveTensors.gone(this);
    }

    private void requireOpen() {
        if (isClosed()) {
            throw new ClosedTensorException("this tensor is closed: " + describe());
        }
    }

    /** For a downcall, between {@link CallState#begin} and its end. */
    MemorySegment handle() {
        return handle;
    }

    void requireMemory(String operator) {
        if (handle == null) {
            requireOpen();
            throw new IllegalStateException(operator + ": " + describe()
                    + " has no memory: it can be passed on, held and returned, not computed with");
        }
    }

    /** To come before elements are read: on the meta device there are none. */
    void requireElements(String operator) {
        requireMemory(operator);
        if (device().kind() == Device.Kind.META) {
            throw new IllegalStateException(operator + ": " + describe()
                    + " has no elements: on the meta device there are shapes and dtypes alone");
        }
    }

    static MemorySegment[] handles(Tensor... tensors) {
        MemorySegment[] handles = new MemorySegment[tensors.length];
        for (int i = 0; i < tensors.length; i++) {
            handles[i] = orNull(tensors[i]);
        }
        return handles;
    }

    static MemorySegment orNull(Tensor tensor) {
        return tensor == null ? MemorySegment.NULL : tensor.handle();
    }
}
