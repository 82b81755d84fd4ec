package io.panatorch.tensor;

import io.panatorch.bindings.NativeFrame;
import io.panatorch.bindings.generated.Panatorch;
import io.panatorch.internal.TensorMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Optional;

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

    static {
        TensorMemory.install(new Memory());
    }

    /** The scope or {@link TensorOwner} that frees this tensor; for a stand-in a mark. */
    Object owner;

    /**
     * Memory of somebody else that this tensor lies in, such as a mapped file, or null. It is kept from the garbage
     * collector as long as this tensor is, so views take it over from what they are views of.
     */
    MemorySegment source;

    private MemorySegment handle;
    private Description description;

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

    Tensor(MemorySegment handle) {
        this.handle = handle;
        LiveTensors.born(this);
    }

    private Tensor(Description description) {
        this.description = description;
        this.owner = STAND_IN;
    }

    // ---- making ---------------------------------------------------------------------------------------------------

    /** {@return a float32 CPU tensor with a copy of the values, in row-major order} */
    public static Tensor of(float[] values, long... shape) {
        return copyOf(MemorySegment.ofArray(values), DType.FLOAT32, Shape.of(shape));
    }

    /** {@return a float64 CPU tensor with a copy of the values, in row-major order} */
    public static Tensor of(double[] values, long... shape) {
        return copyOf(MemorySegment.ofArray(values), DType.FLOAT64, Shape.of(shape));
    }

    /** {@return an int64 CPU tensor with a copy of the values, in row-major order} */
    public static Tensor of(long[] values, long... shape) {
        return copyOf(MemorySegment.ofArray(values), DType.INT64, Shape.of(shape));
    }

    /** {@return a contiguous tensor with undefined content} */
    public static Tensor empty(Shape shape, DType dtype, Device device) {
        device.requirePresent();
        CallState state = CallState.begin("empty");
        return state.finish("empty", Panatorch.pt_empty(state.frame.longs(shape.sizes()), shape.dim(), dtype.ordinal(),
                device.kind().ordinal(), device.index(), state.error()));
    }

    /** {@return a contiguous tensor of zeros} */
    public static Tensor zeros(Shape shape, DType dtype, Device device) {
        try (TensorScope scope = TensorScope.open()) {
            return scope.promote(Operator.named("aten::zero_").tensor(empty(shape, dtype, device)).call());
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

    /** A CPU tensor with a copy of a heap segment's bytes. */
    static Tensor copyOf(MemorySegment values, DType dtype, Shape shape) {
        long bytes = shape.numel() * dtype.byteSize();
        if (bytes != values.byteSize()) {
            throw new IllegalArgumentException("shape " + shape + " of " + dtype.torchName() + " needs "
                    + shape.numel() + " values, found " + values.byteSize() / dtype.byteSize());
        }
        Tensor tensor = empty(shape, dtype, Device.CPU);
        tensor.memory().copyFrom(values);
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
        MemorySegment target = handle();
        NativeFrame frame = CallState.ofThread().frame.reset();
        MemorySegment out = frame.allocate(2L * Long.BYTES);
        if (Panatorch.pt_storage(target, out, frame.error()) != 0) {
            throw TorchException.refused("storage", "", frame.takeError());
        }
        return new Storage(out.getAtIndex(ValueLayout.JAVA_LONG, 0), out.getAtIndex(ValueLayout.JAVA_LONG, 1));
    }

    private Description description() {
        if (description == null) {
            MemorySegment target = handle();
            NativeFrame frame = CallState.ofThread().frame.reset();
            MemorySegment out = frame.allocate((HEADER + MAX_DIM) * (long) Long.BYTES);
            if (Panatorch.pt_describe(target, out, HEADER + MAX_DIM, frame.error()) != 0) {
                throw TorchException.refused("describe", "", frame.takeError());
            }
            long[] numbers = out.toArray(ValueLayout.JAVA_LONG);
            Shape shape = Shape.of(Arrays.copyOfRange(numbers, HEADER, HEADER + (int) numbers[4]));
            if (numbers[0] < 0 || numbers[1] < 0) {
                throw new NoCounterpart(shape);
            }
            Device device = new Device(Device.Kind.values()[(int) numbers[1]], Math.max((int) numbers[2], 0));
            description = new Description(shape, DType.values()[(int) numbers[0]], device, numbers[3] != 0);
        }
        return description;
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
        CallState state = begin("add");
        return state.finish("add", Panatorch.pt_add(handle(), other.handle(), state.error()), this, other);
    }

    /** {@return this + a number, of this tensor's dtype; float32 where this is of whole numbers, as in torch} */
    public Tensor add(double number) {
        CallState state = begin("add");
        return state.finish("add", Panatorch.pt_add_scalar(handle(), number, state.error()), this);
    }

    /** {@return this - other, with broadcasting} */
    public Tensor sub(Tensor other) {
        CallState state = begin("sub");
        return state.finish("sub", Panatorch.pt_sub(handle(), other.handle(), state.error()), this, other);
    }

    /** {@return this * other, elementwise with broadcasting} */
    public Tensor mul(Tensor other) {
        CallState state = begin("mul");
        return state.finish("mul", Panatorch.pt_mul(handle(), other.handle(), state.error()), this, other);
    }

    /** {@return this * a number, of this tensor's dtype; float32 where this is of whole numbers, as in torch} */
    public Tensor mul(double number) {
        CallState state = begin("mul");
        return state.finish("mul", Panatorch.pt_mul_scalar(handle(), number, state.error()), this);
    }

    /** {@return this / other, elementwise with broadcasting} */
    public Tensor div(Tensor other) {
        CallState state = begin("div");
        return state.finish("div", Panatorch.pt_div(handle(), other.handle(), state.error()), this, other);
    }

    /** {@return this / a number, of this tensor's dtype; float32 where this is of whole numbers, as in torch} */
    public Tensor div(double number) {
        CallState state = begin("div");
        return state.finish("div", Panatorch.pt_div_scalar(handle(), number, state.error()), this);
    }

    /** {@return e to the power of each element} */
    public Tensor exp() {
        CallState state = begin("exp");
        return state.finish("exp", Panatorch.pt_exp(handle(), state.error()), this);
    }

    /** {@return the sine of each element} */
    public Tensor sin() {
        CallState state = begin("sin");
        return state.finish("sin", Panatorch.pt_sin(handle(), state.error()), this);
    }

    /** {@return the cosine of each element} */
    public Tensor cos() {
        CallState state = begin("cos");
        return state.finish("cos", Panatorch.pt_cos(handle(), state.error()), this);
    }

    /** {@return each element, but not below {@code low} and not above {@code high}} */
    public Tensor clamp(double low, double high) {
        CallState state = begin("clamp");
        return state.finish("clamp", Panatorch.pt_clamp(handle(), low, high, state.error()), this);
    }

    /** {@return the absolute value of each element} */
    public Tensor abs() {
        return Operator.named("aten::abs").tensor(this).call();
    }

    /** {@return the mean of all elements, of shape {@code []}} */
    public Tensor mean() {
        return Operator.named("aten::mean").tensor(this).none().call();
    }

    // ---- activations ----------------------------------------------------------------------------------------------

    /** {@return x · sigmoid(x), elementwise} */
    public Tensor silu() {
        CallState state = begin("silu");
        return state.finish("silu", Panatorch.pt_silu(handle(), state.error()), this);
    }

    /** {@return max(x, 0), elementwise} */
    public Tensor relu() {
        CallState state = begin("relu");
        return state.finish("relu", Panatorch.pt_relu(handle(), state.error()), this);
    }

    /**
     * {@return the Gaussian error linear unit of each element}
     *
     * @param tanhApproximation torch's {@code approximate="tanh"} instead of the exact formula
     */
    public Tensor gelu(boolean tanhApproximation) {
        CallState state = begin("gelu");
        return state.finish("gelu", Panatorch.pt_gelu(handle(), tanhApproximation ? 1 : 0, state.error()), this);
    }

    // ---- layers ---------------------------------------------------------------------------------------------------

    /**
     * {@return this {@code [..., in]} by the transposed weight, {@code [..., out]}}
     *
     * @param weight {@code [out, in]}
     * @param bias {@code [out]}, or null
     */
    public Tensor linear(Tensor weight, Tensor bias) {
        CallState state = begin("linear");
        return state.finish("linear", Panatorch.pt_linear(handle(), weight.handle(), orNull(bias), state.error()),
                this, weight, bias);
    }

    /** {@return the matrix product over the last two dimensions, with broadcasting over the others} */
    public Tensor matmul(Tensor other) {
        CallState state = begin("matmul");
        return state.finish("matmul", Panatorch.pt_matmul(handle(), other.handle(), state.error()), this, other);
    }

    /** {@return the softmax over a dimension} */
    public Tensor softmax(int dimension) {
        CallState state = begin("softmax");
        return state.finish("softmax", Panatorch.pt_softmax(handle(), dimension, state.error()), this);
    }

    /**
     * {@return this normalised over the last dimension}
     *
     * @param weight {@code [size of the last dimension]}, or null
     * @param bias likewise, or null
     */
    public Tensor layerNorm(Tensor weight, Tensor bias, double eps) {
        CallState state = begin("layer_norm");
        MemorySegment last = state.frame.longs(lastSize(state));
        return state.finish("layer_norm", Panatorch.pt_layer_norm(handle(), last, 1, orNull(weight), orNull(bias), eps,
                state.error()), this, weight, bias);
    }

    /**
     * {@return this divided by the root of its mean square over the last dimension}
     *
     * @param weight {@code [size of the last dimension]}, or null
     */
    public Tensor rmsNorm(Tensor weight, double eps) {
        CallState state = begin("rms_norm");
        MemorySegment last = state.frame.longs(lastSize(state));
        return state.finish("rms_norm", Panatorch.pt_rms_norm(handle(), last, 1, orNull(weight), eps, state.error()),
                this, weight);
    }

    /** Asking for the shape may itself use the frame, so it comes before anything is put there. */
    private long lastSize(CallState state) {
        long size = size(-1);
        state.frame.reset();
        return size;
    }

    /**
     * {@return this {@code [batch, channels, ...]} normalised over groups of channels}
     *
     * @param weight {@code [channels]}, or null
     * @param bias {@code [channels]}, or null
     */
    public Tensor groupNorm(int groups, Tensor weight, Tensor bias, double eps) {
        CallState state = begin("group_norm");
        return state.finish("group_norm",
                Panatorch.pt_group_norm(handle(), groups, orNull(weight), orNull(bias), eps, state.error()),
                this, weight, bias);
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
        String name = "scaled_dot_product_attention";
        CallState state = query.begin(name);
        requireSameTokens(key, value);
        return state.finish(name, Panatorch.pt_scaled_dot_product_attention(query.handle(), key.handle(),
                value.handle(), orNull(mask), scale, state.error()), query, key, value, mask);
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
        CallState state = begin("conv2d");
        MemorySegment steps = state.frame.longs(checkLength("stride", 2, stride));
        MemorySegment pads = state.frame.longs(checkLength("padding", 2, padding));
        return state.finish("conv2d",
                Panatorch.pt_conv2d(handle(), weight.handle(), orNull(bias), steps, pads, state.error()), this, weight, bias);
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
        CallState state = begin("conv3d");
        MemorySegment steps = state.frame.longs(checkLength("stride", 3, stride));
        MemorySegment pads = state.frame.longs(checkLength("padding", 3, padding));
        return state.finish("conv3d",
                Panatorch.pt_conv3d(handle(), weight.handle(), orNull(bias), steps, pads, state.error()), this, weight, bias);
    }

    /** {@return this {@code [batch, channels, f, h, w]} resized by nearest neighbour to three new sizes} */
    public Tensor upsampleNearest3d(long frames, long height, long width) {
        CallState state = begin("upsample_nearest3d");
        MemorySegment size = state.frame.longs(frames, height, width);
        return state.finish("upsample_nearest3d", Panatorch.pt_upsample_nearest3d(handle(), size, state.error()), this);
    }

    /** {@return the rows of this {@code [rows, dim]} at int64 indices {@code [...]}, {@code [..., dim]}} */
    public Tensor embedding(Tensor indices) {
        CallState state = begin("embedding");
        return state.finish("embedding", Panatorch.pt_embedding(handle(), indices.handle(), state.error()), this, indices);
    }

    // ---- shape ----------------------------------------------------------------------------------------------------

    /** {@return the tensors one after another along a dimension} */
    public static Tensor cat(int dimension, Tensor... tensors) {
        CallState state = tensors.length == 0 ? CallState.begin("cat") : tensors[0].begin("cat");
        MemorySegment array = state.frame.pointers(handles(tensors));
        return state.finish("cat", Panatorch.pt_cat(array, tensors.length, dimension, state.error()), tensors);
    }

    /** {@return a view in another shape, or a copy where a view cannot be; one size may be -1} */
    public Tensor reshape(long... sizes) {
        CallState state = begin("reshape");
        return state.finish("reshape",
                Panatorch.pt_reshape(handle(), state.frame.longs(sizes), sizes.length, state.error()), this);
    }

    /** {@return a view in which dimensions of size 1 are repeated to the given sizes; -1 leaves one as it is} */
    public Tensor expand(long... sizes) {
        CallState state = begin("expand");
        return state.finish("expand",
                Panatorch.pt_expand(handle(), state.frame.longs(sizes), sizes.length, state.error()), this);
    }

    /** {@return a view with the dimensions in another order} */
    public Tensor permute(long... dimensions) {
        CallState state = begin("permute");
        return state.finish("permute",
                Panatorch.pt_permute(handle(), state.frame.longs(dimensions), dimensions.length, state.error()), this);
    }

    /** {@return a view with two dimensions exchanged} */
    public Tensor transpose(int first, int second) {
        CallState state = begin("transpose");
        return state.finish("transpose", Panatorch.pt_transpose(handle(), first, second, state.error()), this);
    }

    /** {@return a view with a new dimension of size 1 at a place} */
    public Tensor unsqueeze(int dimension) {
        CallState state = begin("unsqueeze");
        return state.finish("unsqueeze", Panatorch.pt_unsqueeze(handle(), dimension, state.error()), this);
    }

    /** {@return a view without a dimension, if its size is 1} */
    public Tensor squeeze(int dimension) {
        CallState state = begin("squeeze");
        return state.finish("squeeze", Panatorch.pt_squeeze(handle(), dimension, state.error()), this);
    }

    /** {@return a view of {@code length} places of a dimension from {@code start} on} */
    public Tensor narrow(int dimension, long start, long length) {
        CallState state = begin("narrow");
        return state.finish("narrow", Panatorch.pt_narrow(handle(), dimension, start, length, state.error()), this);
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
        CallState state = begin("to");
        if (device.kind() != Device.Kind.META) {
            requireElements("to");
        }
        device.requirePresent();
        return state.finish("to", Panatorch.pt_to(handle(), dtype.ordinal(), device.kind().ordinal(), device.index(),
                state.error()), this);
    }

    /**
     * {@return this tensor of the CPU in pinned memory, which a GPU reads and writes by itself: a copy, or another reference
     * where it is there already}
     *
     * @throws TorchException where there is no GPU
     */
    public Tensor pinMemory() {
        CallState state = begin("pin_memory");
        requireElements("pin_memory");
        Device.cuda(0).requirePresent();
        return state.finish("pin_memory", Panatorch.pt_pin_memory(handle(), state.error()), this);
    }

    /** {@return this in row-major order: another reference where it is so already, else a copy} */
    public Tensor contiguous() {
        CallState state = begin("contiguous");
        return state.finish("contiguous", Panatorch.pt_contiguous(handle(), state.error()), this);
    }

    /** {@return another reference to this tensor, which belongs to the innermost open scope} */
    public Tensor alias() {
        CallState state = begin("alias");
        return state.finish("alias", Panatorch.pt_retain(handle(), state.error()), this);
    }

    /** {@return a contiguous copy with memory of its own} */
    public Tensor copy() {
        CallState state = begin("clone");
        return state.finish("clone", Panatorch.pt_clone(handle(), state.error()), this);
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
        CallState state = begin("copy_");
        if (device().kind() != Device.Kind.META) {
            other.requireElements("copy_");
        }
        requireWritable("copy_");
        if (Panatorch.pt_copy_(handle(), other.handle(), nonBlocking ? 1 : 0, state.error()) != 0) {
            throw state.failure("copy_", this, other);
        }
    }

    /** To come before what writes to this tensor: a write to a mapped file would end the process. */
    void requireWritable(String operator) {
        if (source != null && source.isReadOnly()) {
            throw new IllegalStateException(operator + ": " + describe() + " is memory of a mapped file, which is read-only;"
                    + " copy() it first");
        }
    }

    static boolean liesIn(MemorySegment memory, long address) {
        long offset = address - memory.address();
        return offset >= 0 && offset < memory.byteSize();
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

    private TensorScope reading(String operator) {
        requireElements(operator);
        return TensorScope.open();
    }

    private Tensor readable(DType dtype) {
        return to(dtype, Device.CPU).contiguous();
    }

    /** The elements of a contiguous CPU tensor, in place. */
    private MemorySegment memory() {
        if (device().kind() != Device.Kind.CPU || !isContiguous()) {
            throw new IllegalStateException(describe() + " has no contiguous memory on the CPU");
        }
        NativeFrame frame = CallState.ofThread().frame.reset();
        long bytes = byteSize();
        if (bytes == 0) {
            return MemorySegment.NULL;
        }
        MemorySegment address = Panatorch.pt_data(handle(), frame.error());
        if (address.address() == 0) {
            throw TorchException.refused("data", " of " + describe(), frame.takeError());
        }
        return NativeFrame.view(address, bytes);
    }

    /** {@return shape, dtype and device, such as {@code [2, 3] float32 cpu}} */
    public String describe() {
        if (handle == null) {
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
        if (this.description == null || handle == null || device().kind() == Device.Kind.META || shape().numel() > SHOWN) {
            return description;
        }
        String elements = dtype().isFloatingPoint() ? Arrays.toString(toDoubleArray()) : Arrays.toString(toLongArray());
        return description + " " + elements;
    }

    // ---- lifetime -------------------------------------------------------------------------------------------------

    /** {@return whether the tensor was closed} */
    public boolean isClosed() {
        return handle == null && owner != STAND_IN;
    }

    /** Frees this tensor now instead of at its owner's end. Closing a closed tensor does nothing. */
    @Override
    public void close() {
        if (handle == null) {
            owner = null;
            return;
        }
        switch (owner) {
            case TensorScope scope -> {
                scope.checkThread();
                release();
                scope.closedEarly();
            }
            case TensorOwner holder -> holder.close(this);
            default -> throw new AssertionError(owner);
        }
    }

    /** Gives the reference back; for owners. */
    void release() {
        if (handle != null) {
            Panatorch.pt_release(handle);
            handle = null;
            LiveTensors.gone(this);
        }
    }

    MemorySegment handle() {
        if (handle == null) {
            requireMemory("operand");
            throw new ClosedTensorException("this tensor is closed: " + describe());
        }
        return handle;
    }

    /** To come before each operator on this tensor; libtorch need not be there to refuse a stand-in. */
    private CallState begin(String operator) {
        requireMemory(operator);
        return CallState.begin(operator);
    }

    void requireMemory(String operator) {
        if (owner == STAND_IN) {
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
            handles[i] = tensors[i].handle();
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

    /** What {@link TensorMemory} hands to the other packages of this module. */
    private static final class Memory extends TensorMemory {

        @Override
        protected Tensor wrapMemory(MemorySegment memory, DType dtype, Shape shape) {
            CallState state = CallState.begin("from_blob");
            Tensor tensor = state.finish("from_blob", Panatorch.pt_from_blob(memory, state.frame.longs(shape.sizes()),
                    shape.dim(), dtype.ordinal(), state.error()));
            tensor.source = memory;
            return tensor;
        }

        @Override
        protected MemorySegment memoryOf(Tensor tensor) {
            return tensor.memory();
        }
    }
}
