package io.panatorch.tensor;

import io.panatorch.bindings.NativeFrame;
import io.panatorch.bindings.generated.Panatorch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;

/**
 * An n-dimensional array in libtorch's memory.
 *
 * <p>Operators have PyTorch's names and meaning; each returns a new tensor that belongs to the innermost open
 * {@link TensorScope} of the calling thread, whatever its operands belong to. Operands are only read, except by
 * {@link #copy_}. Views ({@code reshape}, {@code narrow}, {@code permute} and their like) share memory with the tensor they
 * are made of, and keep that memory alive by themselves.
 *
 * <p>Errors: a {@link TorchException} with the operands' shapes, dtypes and devices where libtorch refuses; an
 * {@link ClosedTensorException} for a closed tensor; an {@link IllegalStateException} where no scope is open. Gradients are
 * never recorded.
 *
 * <p>A tensor may be read by several threads at once. It is closed by its owner, or early by {@link #close()}.
 */
public final class Tensor implements AutoCloseable {

    private static final int HEADER = 5;
    private static final int MAX_DIM = 64;
    private static final int SHOWN = 12;
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

        private final String description;

        NoCounterpart(Shape shape) {
            super("the dtype or device of this tensor " + shape
                    + " has no counterpart in Panatorch; convert it with an Operator");
            description = shape + " of a dtype or device without a counterpart in Panatorch";
        }
    }

    private record Description(Shape shape, DType dtype, Device device, boolean contiguous) {}

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

    private static Tensor of(int number, MemorySegment values, DType dtype, Shape shape) {
        if (number != shape.numel()) {
            throw new IllegalArgumentException("shape " + shape + " of " + dtype.torchName() + " needs " + shape.numel()
                    + " values, found " + number);
        }
        return of(values, dtype, shape);
    }

    /** {@return a contiguous tensor with undefined content} */
    public static Tensor empty(Shape shape, DType dtype, Device device) {
        device.requirePresent();
        CallState state = CallState.begin("empty");
        return state.finish(Panatorch.pt_empty(state.frame.longs(shape.sizes()), shape.dim(), dtype.ordinal(),
                device.kind().ordinal(), device.index(), state.error()));
    }

    /** {@return a contiguous tensor of zeros} */
    public static Tensor zeros(Shape shape, DType dtype, Device device) {
        try (TensorScope scope = TensorScope.open()) {
            return scope.promote(Operator.withSchema("aten::zero_(Tensor(a!) self) -> Tensor(a!)")
                    .call(empty(shape, dtype, device))
                    .tensor());
        }
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
        requireBytes("data", data.byteSize(), dtype, shape);
        Tensor tensor = empty(shape, dtype, Device.CPU);
        tensor.memory().copyFrom(data);
        return tensor;
    }

    private static void requireBytes(String what, long found, DType dtype, Shape shape) {
        if (found % dtype.byteSize() != 0 || found / dtype.byteSize() != shape.numel()) {
            throw new IllegalArgumentException(what + ": shape " + shape + " of " + dtype.torchName() + " needs " + shape.numel()
                    + " values of " + dtype.byteSize() + " bytes, found " + found + " bytes");
        }
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
        return description().dtype;
    }

    /** {@return where the memory is} */
    public Device device() {
        return description().device;
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
        if (description == null) {
            requireMemory("operand");
            CallState state = CallState.ofThread();
            boolean isAcquired = keep(state);
            try {
                description = describe(state.frame.reset());
            } finally {
                letGo(isAcquired);
            }
        }
        return description;
    }

    private Description describe(NativeFrame frame) {
        MemorySegment out = frame.allocate((HEADER + MAX_DIM) * (long) Long.BYTES);
        if (Panatorch.pt_describe(handle, out, HEADER + MAX_DIM, frame.error()) != 0) {
            throw TorchException.refused("describe", "", frame.takeError());
        }
        long[] numbers = out.toArray(ValueLayout.JAVA_LONG);
        Shape shape = Shape.of(Arrays.copyOfRange(numbers, HEADER, HEADER + (int) numbers[4]));
        if (numbers[0] < 0 || numbers[1] < 0) {
            throw new NoCounterpart(shape);
        }
        Device device = new Device(Device.Kind.values()[(int) numbers[1]], Math.max((int) numbers[2], 0));
        return new Description(shape, DType.values()[(int) numbers[0]], device, numbers[3] != 0);
    }

    /** Nothing where torch has the dtype and this library has not. */
    Optional<DType> ownDType() {
        try {
            return Optional.of(dtype());
        } catch (NoCounterpart e) {
            return Optional.empty();
        }
    }

    // ---- arithmetic -----------------------------------------------------------------------------------------------

    /** {@return this + other, with broadcasting} */
    public Tensor add(Tensor other) {
        CallState state = CallState.begin("add", this, other);
        return state.finish(Panatorch.pt_add(handle(), other.handle(), state.error()));
    }

    /** {@return this + a whole number, of this tensor's dtype; int64 where this is of booleans, as in torch} */
    public Tensor add(long number) {
        CallState state = CallState.begin("add", this);
        return state.finish(Panatorch.pt_add_scalar(handle(), state.frame.value(number), state.error()));
    }

    /** {@return this + a number, of this tensor's dtype; float32 where this is of whole numbers, as in torch} */
    public Tensor add(double number) {
        CallState state = CallState.begin("add", this);
        return state.finish(Panatorch.pt_add_scalar(handle(), state.frame.value(number), state.error()));
    }

    /** {@return this - other, with broadcasting} */
    public Tensor sub(Tensor other) {
        CallState state = CallState.begin("sub", this, other);
        return state.finish(Panatorch.pt_sub(handle(), other.handle(), state.error()));
    }

    /** {@return this - a whole number, of this tensor's dtype} */
    public Tensor sub(long number) {
        CallState state = CallState.begin("sub", this);
        return state.finish(Panatorch.pt_sub_scalar(handle(), state.frame.value(number), state.error()));
    }

    /** {@return this - a number, of this tensor's dtype; float32 where this is of whole numbers, as in torch} */
    public Tensor sub(double number) {
        CallState state = CallState.begin("sub", this);
        return state.finish(Panatorch.pt_sub_scalar(handle(), state.frame.value(number), state.error()));
    }

    /** {@return this * other, elementwise with broadcasting} */
    public Tensor mul(Tensor other) {
        CallState state = CallState.begin("mul", this, other);
        return state.finish(Panatorch.pt_mul(handle(), other.handle(), state.error()));
    }

    /** {@return this * a whole number, of this tensor's dtype; int64 where this is of booleans, as in torch} */
    public Tensor mul(long number) {
        CallState state = CallState.begin("mul", this);
        return state.finish(Panatorch.pt_mul_scalar(handle(), state.frame.value(number), state.error()));
    }

    /** {@return this * a number, of this tensor's dtype; float32 where this is of whole numbers, as in torch} */
    public Tensor mul(double number) {
        CallState state = CallState.begin("mul", this);
        return state.finish(Panatorch.pt_mul_scalar(handle(), state.frame.value(number), state.error()));
    }

    /** {@return this / other, elementwise with broadcasting} */
    public Tensor div(Tensor other) {
        CallState state = CallState.begin("div", this, other);
        return state.finish(Panatorch.pt_div(handle(), other.handle(), state.error()));
    }

    /** {@return this / a number, of this tensor's dtype; float32 where this is of whole numbers, as in torch} */
    public Tensor div(double number) {
        CallState state = CallState.begin("div", this);
        return state.finish(Panatorch.pt_div_scalar(handle(), state.frame.value(number), state.error()));
    }

    /** {@return e to the power of each element} */
    public Tensor exp() {
        CallState state = CallState.begin("exp", this);
        return state.finish(Panatorch.pt_exp(handle(), state.error()));
    }

    /** {@return the sine of each element} */
    public Tensor sin() {
        CallState state = CallState.begin("sin", this);
        return state.finish(Panatorch.pt_sin(handle(), state.error()));
    }

    /** {@return the cosine of each element} */
    public Tensor cos() {
        CallState state = CallState.begin("cos", this);
        return state.finish(Panatorch.pt_cos(handle(), state.error()));
    }

    /** {@return each element, but not below {@code low} and not above {@code high}} */
    public Tensor clamp(double low, double high) {
        CallState state = CallState.begin("clamp", this);
        return state.finish(Panatorch.pt_clamp(handle(), low, high, state.error()));
    }

    /** {@return the absolute value of each element} */
    public Tensor abs() {
        return Operator.withSchema("aten::abs(Tensor self) -> Tensor").call(this).tensor();
    }

    /** {@return the mean of all elements, of shape {@code []}} */
    public Tensor mean() {
        return Operator.withSchema("aten::mean(Tensor self, *, ScalarType? dtype=None) -> Tensor").call(this).tensor();
    }

    // ---- activations ----------------------------------------------------------------------------------------------

    /** {@return x · sigmoid(x), elementwise} */
    public Tensor silu() {
        CallState state = CallState.begin("silu", this);
        return state.finish(Panatorch.pt_silu(handle(), state.error()));
    }

    /** {@return max(x, 0), elementwise} */
    public Tensor relu() {
        CallState state = CallState.begin("relu", this);
        return state.finish(Panatorch.pt_relu(handle(), state.error()));
    }

    /**
     * {@return the Gaussian error linear unit of each element}
     *
     * @param tanhApproximation torch's {@code approximate="tanh"} instead of the exact formula
     */
    public Tensor gelu(boolean tanhApproximation) {
        CallState state = CallState.begin("gelu", this);
        return state.finish(Panatorch.pt_gelu(handle(), tanhApproximation ? 1 : 0, state.error()));
    }

    // ---- layers ---------------------------------------------------------------------------------------------------

    /**
     * {@return this {@code [..., in]} by the transposed weight, {@code [..., out]}}
     *
     * @param weight {@code [out, in]}
     * @param bias {@code [out]}, or null
     */
    public Tensor linear(Tensor weight, Tensor bias) {
        CallState state = CallState.begin("linear", this, weight, bias);
        return state.finish(Panatorch.pt_linear(handle(), weight.handle(), orNull(bias), state.error()));
    }

    /** {@return the matrix product over the last two dimensions, with broadcasting over the others} */
    public Tensor matmul(Tensor other) {
        CallState state = CallState.begin("matmul", this, other);
        return state.finish(Panatorch.pt_matmul(handle(), other.handle(), state.error()));
    }

    /** {@return the softmax over a dimension} */
    public Tensor softmax(int dimension) {
        CallState state = CallState.begin("softmax", this);
        return state.finish(Panatorch.pt_softmax(handle(), dimension, state.error()));
    }

    /**
     * {@return this normalised over the last dimension}
     *
     * @param weight {@code [size of the last dimension]}, or null
     * @param bias likewise, or null
     */
    public Tensor layerNorm(Tensor weight, Tensor bias, double eps) {
        long size = size(-1);
        CallState state = CallState.begin("layer_norm", this, weight, bias);
        MemorySegment last = state.frame.longs(size);
        return state.finish(
                Panatorch.pt_layer_norm(handle(), last, 1, orNull(weight), orNull(bias), eps, state.error()));
    }

    /**
     * {@return this divided by the root of its mean square over the last dimension}
     *
     * @param weight {@code [size of the last dimension]}, or null
     */
    public Tensor rmsNorm(Tensor weight, double eps) {
        long size = size(-1);
        CallState state = CallState.begin("rms_norm", this, weight);
        MemorySegment last = state.frame.longs(size);
        return state.finish(Panatorch.pt_rms_norm(handle(), last, 1, orNull(weight), eps, state.error()));
    }

    /**
     * {@return this {@code [batch, channels, ...]} normalised over groups of channels}
     *
     * @param weight {@code [channels]}, or null
     * @param bias {@code [channels]}, or null
     */
    public Tensor groupNorm(int groups, Tensor weight, Tensor bias, double eps) {
        CallState state = CallState.begin("group_norm", this, weight, bias);
        return state.finish(Panatorch.pt_group_norm(handle(), groups, orNull(weight), orNull(bias), eps, state.error()));
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
        CallState state = CallState.begin("scaled_dot_product_attention", query, key, value, mask);
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

    /**
     * {@return the two-dimensional convolution of this {@code [batch, in, height, width]}}
     *
     * @param weight {@code [out, in, kernel height, kernel width]}
     * @param bias {@code [out]}, or null
     * @param stride two numbers
     * @param padding two numbers, zeros on both sides
     */
    public Tensor conv2d(Tensor weight, Tensor bias, long[] stride, long[] padding) {
        CallState state = CallState.begin("conv2d", this, weight, bias);
        MemorySegment steps = state.frame.longs(checkLength("stride", 2, stride));
        MemorySegment pads = state.frame.longs(checkLength("padding", 2, padding));
        return state.finish(Panatorch.pt_conv2d(handle(), weight.handle(), orNull(bias), steps, pads, state.error()));
    }

    /**
     * {@return the three-dimensional convolution of this {@code [batch, in, frames, height, width]}}
     *
     * @param weight {@code [out, in, kernel frames, kernel height, kernel width]}
     * @param bias {@code [out]}, or null
     * @param stride three numbers
     * @param padding three numbers, zeros on both sides
     */
    public Tensor conv3d(Tensor weight, Tensor bias, long[] stride, long[] padding) {
        CallState state = CallState.begin("conv3d", this, weight, bias);
        MemorySegment steps = state.frame.longs(checkLength("stride", 3, stride));
        MemorySegment pads = state.frame.longs(checkLength("padding", 3, padding));
        return state.finish(Panatorch.pt_conv3d(handle(), weight.handle(), orNull(bias), steps, pads, state.error()));
    }

    /** {@return this {@code [batch, channels, f, h, w]} resized by nearest neighbour to three new sizes} */
    public Tensor upsampleNearest3d(long frames, long height, long width) {
        CallState state = CallState.begin("upsample_nearest3d", this);
        MemorySegment size = state.frame.longs(frames, height, width);
        return state.finish(Panatorch.pt_upsample_nearest3d(handle(), size, state.error()));
    }

    /** {@return the rows of this {@code [rows, dim]} at int64 indices {@code [...]}, {@code [..., dim]}} */
    public Tensor embedding(Tensor indices) {
        CallState state = CallState.begin("embedding", this, indices);
        return state.finish(Panatorch.pt_embedding(handle(), indices.handle(), state.error()));
    }

    // ---- shape ----------------------------------------------------------------------------------------------------

    /** {@return the tensors one after another along a dimension} */
    public static Tensor cat(int dimension, Tensor... tensors) {
        CallState state = CallState.begin("cat", tensors);
        MemorySegment array = state.frame.pointers(handles(tensors));
        return state.finish(Panatorch.pt_cat(array, tensors.length, dimension, state.error()));
    }

    /** {@return a view in another shape, or a copy where a view cannot be; one size may be -1} */
    public Tensor reshape(long... sizes) {
        CallState state = CallState.begin("reshape", this);
        return state.finish(Panatorch.pt_reshape(handle(), state.frame.longs(sizes), sizes.length, state.error()));
    }

    /** {@return a view in which dimensions of size 1 are repeated to the given sizes; -1 leaves one as it is} */
    public Tensor expand(long... sizes) {
        CallState state = CallState.begin("expand", this);
        return state.finish(Panatorch.pt_expand(handle(), state.frame.longs(sizes), sizes.length, state.error()));
    }

    /** {@return a view with the dimensions in another order} */
    public Tensor permute(long... dimensions) {
        CallState state = CallState.begin("permute", this);
        return state.finish(Panatorch.pt_permute(handle(), state.frame.longs(dimensions), dimensions.length, state.error()));
    }

    /** {@return a view with two dimensions exchanged} */
    public Tensor transpose(int first, int second) {
        CallState state = CallState.begin("transpose", this);
        return state.finish(Panatorch.pt_transpose(handle(), first, second, state.error()));
    }

    /** {@return a view with a new dimension of size 1 at a place} */
    public Tensor unsqueeze(int dimension) {
        CallState state = CallState.begin("unsqueeze", this);
        return state.finish(Panatorch.pt_unsqueeze(handle(), dimension, state.error()));
    }

    /** {@return a view without a dimension, if its size is 1} */
    public Tensor squeeze(int dimension) {
        CallState state = CallState.begin("squeeze", this);
        return state.finish(Panatorch.pt_squeeze(handle(), dimension, state.error()));
    }

    /** {@return a view of {@code length} places of a dimension from {@code start} on} */
    public Tensor narrow(int dimension, long start, long length) {
        CallState state = CallState.begin("narrow", this);
        return state.finish(Panatorch.pt_narrow(handle(), dimension, start, length, state.error()));
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

    /**
     * {@return the one element, converted to double}
     *
     * @throws IllegalStateException where there is not exactly one
     */
    public double item() {
        requireElements("item");
        if (shape().numel() != 1) {
            throw new IllegalStateException("item: " + describe() + " has not exactly one element");
        }
        return toDoubleArray()[0];
    }

    /** {@return a copy of the elements in row-major order, converted to float} */
    public float[] toFloatArray() {
        try (var _ = reading("toFloatArray")) {
            return readable(DType.FLOAT32).memory().toArray(ValueLayout.JAVA_FLOAT);
        }
    }

    /** {@return a copy of the elements in row-major order, converted to double} */
    public double[] toDoubleArray() {
        try (var _ = reading("toDoubleArray")) {
            return readable(DType.FLOAT64).memory().toArray(ValueLayout.JAVA_DOUBLE);
        }
    }

    /** {@return a copy of the elements in row-major order, converted to long} */
    public long[] toLongArray() {
        try (var _ = reading("toLongArray")) {
            return readable(DType.INT64).memory().toArray(ValueLayout.JAVA_LONG);
        }
    }

    /** {@return a copy of the elements in row-major order, converted to bytes in [0, 255]} */
    public byte[] toByteArray() {
        try (var _ = reading("toByteArray")) {
            return readable(DType.UINT8).memory().toArray(ValueLayout.JAVA_BYTE);
        }
    }

    /**
     * Lets somebody see the bytes of the elements in row-major order, in the machine's byte order. They are those of this tensor
     * where it is contiguous and on the CPU, else of a copy.
     *
     * @param reader gets a read-only segment that is valid until it returns
     * @return what the reader returns
     */
    public <T> T readData(Function<? super MemorySegment, T> reader) {
        try (var _ = reading("readData"); Arena arena = Arena.ofConfined()) {
            return reader.apply(NativeFrame.readOnly(readable(dtype()).memory(), arena));
        }
    }

    private TensorScope reading(String operator) {
        requireElements(operator);
        return TensorScope.open();
    }

    private Tensor readable(DType dtype) {
        return to(dtype, Device.CPU).contiguous();
    }

    /** The elements of a contiguous CPU tensor, in place; to be looked at while nobody can close it. */
    private MemorySegment memory() {
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
            return description == null ? kind : kind + " " + text(description);
        }
        try {
            return text(description());
        } catch (NoCounterpart e) {
            return e.description; // it stands in messages about something else
        }
    }

    private static String text(Description d) {
        return d.shape + " " + d.dtype.torchName() + " " + d.device;
    }

    /** {@return the description and, where they are few, the elements} */
    @Override
    public String toString() {
        String description = describe();
        boolean isOpen = handle != null && !isClosed() && this.description != null;
        if (!isOpen || device().kind() == Device.Kind.META || shape().numel() > SHOWN) {
            return description;
        }
        String elements = dtype().isFloatingPoint() ? Arrays.toString(toDoubleArray()) : Arrays.toString(toLongArray());
        return description + " " + elements;
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
    private void requireElements(String operator) {
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

    private static MemorySegment orNull(Tensor tensor) {
        return tensor == null ? MemorySegment.NULL : tensor.handle();
    }

    private static long[] checkLength(String what, int expected, long[] numbers) {
        if (numbers.length != expected) {
            throw new IllegalArgumentException(what + ": expected " + expected + " numbers, found " + numbers.length);
        }
        return numbers;
    }
}
