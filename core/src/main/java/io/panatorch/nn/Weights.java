package io.panatorch.nn;

import io.panatorch.io.InvalidFileException;
import io.panatorch.nn.LayerGroup.Residence;
import io.panatorch.nn.WeightSizes.Size;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorOwner;
import io.panatorch.tensor.TorchException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A place in a file of weights, from which layers take what they need.
 *
 * <p>The cursor carries a prefix: {@code weights.at("attn1").at("to_q").get("weight", out, in)} finds
 * {@code attn1.to_q.weight} and checks its shape. What is taken belongs to the cursor that was opened, and lives until that
 * one is closed. A tensor that is stored with the wanted dtype is not copied when the device is the CPU: its memory is the
 * mapped file. For {@link Device#META} nothing but the header of a file is read.
 *
 * <p>May be used by several threads. A file must not be made shorter while it is in use: that ends the process.
 */
public final class Weights implements AutoCloseable {

    private static final int LISTED = 5;

    /**
     * @param taken the keys of all that any layer takes
     * @param matrices those that are matrices of linear layers
     * @param rounded the matrices in 8 bits that were made of the file's, on the CPU, by their keys
     * @param owner of these
     * @param shelf for what is in no group
     */
    private record Root(Safetensors file, Placement placement, Set<String> taken, Set<String> matrices,
            Map<String, Int8Matrix> rounded, TensorOwner owner, Shelf shelf) {}

    private final Root root;
    private final Shelf shelf;
    private final Residency residency;
    private final String prefix;
    private final DType dtype;
    /** Null where matrices are as the file has them. */
    private final Adapters adapters;

    private Weights(Root root, Shelf shelf, Residency residency, String prefix, DType dtype, Adapters adapters) {
        this.root = root;
        this.shelf = shelf;
        this.residency = residency;
        this.prefix = prefix;
        this.dtype = dtype;
        this.adapters = adapters;
    }

    /**
     * Opens {@code folder/baseName.safetensors}, or the shards of {@code folder/baseName.safetensors.index.json}.
     *
     * @param dtype what floating-point tensors are converted to
     * @param device where tensors are put
     * @throws IOException where there is no such file, or it is damaged
     */
    public static Weights open(Path folder, String baseName, DType dtype, Device device) throws IOException {
        return of(Safetensors.open(folder, baseName), new Placement(dtype, device));
    }

    /**
     * Takes tensors from a file that has been opened, and from then on owns it.
     *
     * @throws TorchException where the device is not there
     */
    public static Weights of(Safetensors file, Placement placement) {
        try {
            placement.device().requirePresent();
        } catch (TorchException e) {
            file.close();
            throw e;
        }
        Root root = new Root(file, placement, new ConcurrentSkipListSet<>(), new ConcurrentSkipListSet<>(),
                new HashMap<>(), new TensorOwner(), Shelf.empty(false));
        return new Weights(root, root.shelf, new Residency(file, placement), "", placement.dtype(), null);
    }

    /** What takes its weights from a file that has been opened, and from then on owns it. */
    @FunctionalInterface
    public interface Owner<T> {

        /** {@return what was made of the weights; its close closes them} */
        T of(Weights weights) throws IOException;
    }

    /**
     * Opens weights for a model that owns them; where it cannot be made of them, they are closed.
     *
     * @param file whose tensors they are; closed with them
     * @return the model
     * @throws IOException where the model finds that they do not fit
     * @throws TorchException where the device is not there
     */
    public static <T> T load(Safetensors file, Placement placement, Owner<T> model) throws IOException {
        Weights weights = of(file, placement);
        try {
            return model.of(weights);
        } catch (IOException | RuntimeException | Error e) {
            weights.close();
            throw e;
        }
    }

    /** {@return the cursor at a name below this one} */
    public Weights at(String name) {
        return new Weights(root, shelf, residency, prefix + name + ".", dtype, adapters);
    }

    /** {@return the cursor at an element of a list below this one} */
    public Weights at(int index) {
        return at(Integer.toString(index));
    }

    /**
     * {@return the cursor at this place for another dtype}
     *
     * @param other what floating-point tensors are converted to
     */
    public Weights as(DType other) {
        return new Weights(root, shelf, residency, prefix, other, adapters);
    }

    Weights on(Shelf other) {
        return new Weights(root, other, residency, prefix, dtype, adapters);
    }

    /** Puts others in the place of matrices that layers take. */
    @FunctionalInterface
    public interface Adapters {

        /**
         * Checks what a layer's matrix will be changed by, before the layer is made.
         *
         * @param name of the matrix in the file, such as {@code transformer_blocks.0.attn1.to_q.weight}
         * @param out its rows
         * @param in its columns
         * @throws InvalidFileException where what is to change it does not fit
         */
        default void require(String name, long out, long in) throws InvalidFileException {}

        /**
         * {@return what a layer gets in the place of its matrix; the matrix itself where it is not to be changed}
         *
         * <p>Layers whose weights leave the device are made again when these come back, with the same matrix in another tensor.
         *
         * @param name as for {@link #require}
         * @param matrix that of the file, borrowed
         * @param out its rows
         * @param in its columns
         * @throws InvalidFileException where what is to change it does not fit
         */
        Matrix adapt(String name, Matrix matrix, long out, long in) throws InvalidFileException;
    }

    /**
     * {@return the cursor at this place that gives changed {@linkplain #matrix matrices}, over the tensors of this one: they are
     * not loaded again, and those that have been taken stay as they are. Groups of layers that are made with it are its own}
     *
     * @param other in the place of those that this cursor has
     */
    public Weights adaptedBy(Adapters other) {
        return new Weights(root, shelf, new Residency(root.file, root.placement), prefix, dtype, other);
    }

    /** Frees what groups of layers have that were made with this cursor, one that is {@linkplain #adaptedBy adapted}. */
    public void releaseGroups() {
        residency.close();
    }

    /** {@return whether weights leave the device while they are not needed} */
    public boolean isOffloaded() {
        return residency.offloads();
    }

    /**
     * Makes layers of the weights at this place, which come to the device and leave it together. In a model of several groups they are
     * made in the order in which they compute.
     *
     * @return borrowed until the cursor that was opened is closed
     * @throws IOException where the weights do not fit
     */
    public <L> LayerGroup<L> group(Residence residence, LayerGroup.Maker<L> maker) throws IOException {
        LayerGroup<L> group = new LayerGroup<>(this, residency, residence, maker);
        residency.add(group);
        return group;
    }

    /** Until it is closed, what has come to the device stays there, but for single blocks that are offloaded. */
    public interface Hold extends AutoCloseable {

        @Override
        void close();
    }

    /** {@return what keeps a model's parts on the device, where they leave it at all, from one use to the next} */
    public Hold hold() {
        residency.hold();
        AtomicBoolean open = new AtomicBoolean(true);
        return () -> {
            if (open.compareAndSet(true, false)) {
                residency.letGo();
            }
        };
    }

    /** {@return whether there is a tensor of this name} */
    public boolean has(String name) {
        return root.file.names().contains(prefix + name);
    }

    /** {@return the dtype that floating-point tensors are converted to} */
    public DType dtype() {
        return dtype;
    }

    /** {@return the device that tensors are put on} */
    public Device device() {
        return root.placement.device();
    }

    /**
     * Takes a tensor.
     *
     * @return borrowed until the cursor that was opened is closed, or the group of layers that it is taken for leaves the device
     * @throws InvalidFileException where it is missing, or has another shape, or is not of floating-point numbers
     */
    public Tensor get(String name, long... shape) throws IOException {
        String key = prefix + name;
        Shape expected = require(key, shape);
        if (!root.file.dtype(key).isFloatingPoint()) {
            throw new InvalidFileException(root.file.file(key), "tensor '" + key + "' has dtype "
                    + root.file.dtype(key).torchName() + ", expected a floating-point type");
        }
        mark(key);
        return take(key, expected, dtype, () -> converted(key));
    }

    /**
     * Takes the matrix of a linear layer, in 8 bits where the file has it so or {@link Placement#quantization} says so.
     *
     * @return borrowed like what {@link #get} returns
     * @throws InvalidFileException as {@link #get}, or where the scales of a matrix in 8 bits are missing or do not fit
     */
    public Matrix matrix(String name, long out, long in) throws IOException {
        String key = prefix + name;
        Matrix matrix = stored(name, out, in);
        if (adapters == null) {
            return matrix;
        }
        adapters.require(key, out, in);
        return shelf.isChecking() ? matrix : adapters.adapt(key, matrix, out, in);
    }

    private Matrix stored(String name, long out, long in) throws IOException {
        String key = prefix + name;
        require(key, out, in);
        root.matrices.add(key);
        boolean isStored = root.file.dtype(key) == DType.INT8;
        if (!isStored && root.placement.quantization() == Quantization.NONE) {
            return Matrix.of(get(name, out, in));
        }
        String scalesKey = key + Int8Matrix.SCALES;
        mark(key);
        if (isStored) {
            require(scalesKey, out, 1);
            mark(scalesKey);
        }
        Tensor values = take(key, Shape.of(out, in), DType.INT8,
                () -> onDevice(isStored ? root.file.load(key) : rounded(key).values()));
        Tensor scales = take(scalesKey, Shape.of(out, 1), DType.FLOAT32,
                () -> onDevice(isStored ? root.file.load(scalesKey).to(DType.FLOAT32) : rounded(key).scales()));
        forget(key);
        return new Int8Matrix(values, scales);
    }

    private Shape require(String key, long... shape) throws InvalidFileException {
        Shape expected = Shape.of(shape);
        if (!root.file.names().contains(key)) {
            throw new InvalidFileException(root.file.path(), "tensor '" + key + "' is missing, expected shape " + expected);
        }
        Shape found = Shape.of(root.file.info(key).shape());
        if (!found.equals(expected)) {
            throw new InvalidFileException(root.file.file(key),
                    "tensor '" + key + "' has shape " + found + ", expected " + expected + " by the model's configuration");
        }
        return expected;
    }

    private void mark(String key) {
        root.taken.add(key);
        if (shelf.isChecking()) {
            shelf.note(key);
        }
    }

    private Tensor take(String name, Shape shape, DType wanted, Shelf.Loader loader) throws IOException {
        if (shelf.isChecking()) {
            long bytes = shape.numel() * wanted.byteSize();
            shelf.note(new Size(bytes, isMapped(name, wanted) ? bytes : 0));
            return Tensor.standIn(shape, wanted, device());
        }
        boolean hasNumbers = device().kind() != Device.Kind.META;
        return shelf.get(new Shelf.Key(name, wanted), hasNumbers ? loader : () -> Tensor.empty(shape, wanted, device()));
    }

    private boolean isMapped(String name, DType wanted) throws IOException {
        return device().kind() == Device.Kind.CPU && root.file.names().contains(name) && root.file.dtype(name) == wanted;
    }

    /** The memory of a file that has been converted is not needed any more. */
    private Tensor converted(String key) throws IOException {
        Tensor stored = root.file.load(key);
        if (stored.dtype() == dtype) {
            return onDevice(stored);
        }
        Tensor converted = stored.to(dtype);
        root.file.unload(key);
        return onDevice(converted);
    }

    /** From pinned memory a GPU copies by itself, while this thread goes on. */
    private Tensor onDevice(Tensor host) {
        if (!shelf.isAhead()) {
            return host.to(device());
        }
        Tensor there = Tensor.empty(host.shape(), host.dtype(), device());
        there.copy_(host.pinMemory(), true);
        return there;
    }

    /** Where it leaves a GPU it is kept, since it takes longer to make than to copy. */
    private Int8Matrix rounded(String key) throws IOException {
        synchronized (root.rounded) {
            Int8Matrix known = root.rounded.get(key);
            if (known == null) {
                Int8Matrix made = Int8Matrix.of(root.file.load(key));
                known = new Int8Matrix(root.owner.adopt(made.values()), root.owner.adopt(made.scales()));
                root.rounded.put(key, known);
                root.file.unload(key);
            }
            return known;
        }
    }

    /** What is in the CPU's memory anyway is not kept: where weights leave that, it is to have less in it. */
    private void forget(String key) {
        boolean isKept = residency.offloads() && device().kind() != Device.Kind.CPU;
        synchronized (root.rounded) {
            Int8Matrix known = isKept ? null : root.rounded.remove(key);
            if (known != null) {
                known.values().close();
                known.scales().close();
            }
        }
    }

    /** {@return how many bytes the weights take that groups of layers take} */
    public WeightSizes sizes() {
        return residency.sizes();
    }

    /** {@return the names in the file of all matrices of linear layers that were taken so far, anywhere} */
    public Set<String> matrices() {
        return Collections.unmodifiableSet(root.matrices);
    }

    /**
     * Checks that every tensor below this cursor was taken: what nobody takes belongs to another model than the
     * configuration says.
     *
     * @throws InvalidFileException that names what is left
     */
    public void requireAllUsed() throws InvalidFileException {
        var left = root.file.names().stream()
                .filter(name -> name.startsWith(prefix) && !root.taken.contains(name))
                .toList();
        if (!left.isEmpty()) {
            String names = String.join("', '", left.subList(0, Math.min(LISTED, left.size())));
            throw new InvalidFileException(root.file.path(), left.size() + " unexpected tensor" + (left.size() == 1 ? "" : "s")
                    + ", not part of the model that the configuration describes: '" + names + "'"
                    + (left.size() > LISTED ? ", …" : ""));
        }
    }

    /**
     * Marks tensors as known though no layer takes them.
     *
     * @param name of a tensor, or of a place: {@code encoder} or {@code encoder.} stands for all tensors below it
     */
    public void ignore(String name) {
        String key = prefix + name;
        String below = key.endsWith(".") ? key : key + ".";
        root.file.names().stream()
                .filter(found -> found.equals(key) || found.startsWith(below))
                .forEach(root.taken::add);
    }

    /** Frees every tensor that was taken through any cursor of this file, and closes the file. */
    @Override
    public void close() {
        residency.close();
        root.shelf.close();
        root.owner.close();
        root.file.close();
    }
}
