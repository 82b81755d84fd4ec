package io.panatorch.nn;

import io.panatorch.io.InvalidFileException;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorOwner;
import io.panatorch.tensor.TensorScope;
import io.panatorch.tensor.TorchException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;

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

    /** @param loaded what was taken, by keys; taken again, as after a failure halfway, it is not loaded again */
    private record Root(
            Safetensors file, TensorOwner owner, Set<String> used, Map<String, Tensor> loaded, DType dtype, Device device) {}

    private final Root root;
    private final String prefix;
    private final boolean memory;
    private final Adapters adapters;

    private Weights(Root root, String prefix, boolean memory, Adapters adapters) {
        this.root = root;
        this.prefix = prefix;
        this.memory = memory;
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
        return of(Safetensors.open(folder, baseName), dtype, device);
    }

    /**
     * Takes tensors from a file that has been opened, and from then on owns it.
     *
     * @param dtype what floating-point tensors are converted to
     * @param device where tensors are put
     * @throws TorchException where the device is not there
     */
    public static Weights of(Safetensors file, DType dtype, Device device) {
        try {
            device.requirePresent();
        } catch (TorchException e) {
            file.close();
            throw e;
        }
        return new Weights(new Root(file, new TensorOwner(), new ConcurrentSkipListSet<>(), new HashMap<>(), dtype, device), "", true,
                (_, matrix, _, _) -> matrix);
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
    public static <T> T load(Safetensors file, DType dtype, Device device, Owner<T> model) throws IOException {
        Weights weights = of(file, dtype, device);
        try {
            return model.of(weights);
        } catch (IOException | RuntimeException | Error e) {
            weights.close();
            throw e;
        }
    }

    /** {@return the cursor at a name below this one} */
    public Weights at(String name) {
        return new Weights(root, prefix + name + ".", memory, adapters);
    }

    /** {@return the cursor at an element of a list below this one} */
    public Weights at(int index) {
        return at(Integer.toString(index));
    }

    /**
     * {@return the cursor at this place that checks what is taken as ever, and marks it as taken, but gives {@linkplain
     * Tensor#standIn stand-ins}: for a part of a model that is loaded when it is needed, of which all must be known to be
     * there before}
     */
    public Weights withoutMemory() {
        return new Weights(root, prefix, false, adapters);
    }

    /** Puts others in the place of matrices that layers take. */
    @FunctionalInterface
    public interface Adapters {

        /**
         * {@return what a layer gets in the place of its matrix; the matrix itself where it is not to be changed}
         *
         * @param name of the matrix in the file, such as {@code transformer_blocks.0.attn1.to_q.weight}
         * @param matrix that of the file, borrowed
         * @param out its rows
         * @param in its columns
         * @throws InvalidFileException where what is to change it does not fit
         */
        Matrix adapt(String name, Matrix matrix, long out, long in) throws InvalidFileException;
    }

    /**
     * {@return the cursor at this place that gives changed {@linkplain #matrix matrices}, over the tensors of this one: they are
     * not loaded again, and those that have been taken stay as they are}
     *
     * @param adapters in the place of those that this cursor has
     */
    public Weights adaptedBy(Adapters adapters) {
        return new Weights(root, prefix, memory, adapters);
    }

    /** {@return whether there is a tensor of this name} */
    public boolean has(String name) {
        return root.file.names().contains(prefix + name);
    }

    /** {@return the dtype that floating-point tensors are converted to} */
    public DType dtype() {
        return root.dtype;
    }

    /** {@return the device that tensors are put on} */
    public Device device() {
        return root.device;
    }

    /**
     * Takes a tensor.
     *
     * @return borrowed until the cursor that was opened is closed
     * @throws InvalidFileException where it is missing, or has another shape, or is not of floating-point numbers
     */
    public Tensor get(String name, long... shape) throws InvalidFileException {
        String key = prefix + name;
        Shape expected = Shape.of(shape);
        if (!has(name)) {
            throw new InvalidFileException(root.file.path(), "tensor '" + key + "' is missing, expected shape " + expected);
        }
        Shape found = Shape.of(root.file.info(key).shape());
        if (!found.equals(expected)) {
            throw new InvalidFileException(root.file.file(key),
                    "tensor '" + key + "' has shape " + found + ", expected " + expected + " by the model's configuration");
        }
        if (!root.file.dtype(key).isFloatingPoint()) {
            throw new InvalidFileException(root.file.file(key), "tensor '" + key + "' has dtype "
                    + root.file.dtype(key).torchName() + ", expected a floating-point type");
        }
        root.used.add(key);
        if (!memory) {
            return Tensor.standIn(expected, root.dtype, root.device);
        }
        synchronized (root.loaded) {
            Tensor loaded = root.loaded.get(key);
            if (loaded == null) {
                try (var _ = TensorScope.open()) {
                    loaded = root.owner.adopt(load(key));
                }
                root.loaded.put(key, loaded);
            }
            return loaded;
        }
    }

    /**
     * Takes the matrix of a linear layer.
     *
     * @return borrowed until the cursor that was opened is closed
     * @throws InvalidFileException as {@link #get}
     */
    public Matrix matrix(String name, long out, long in) throws InvalidFileException {
        return adapters.adapt(prefix + name, Matrix.of(get(name, out, in)), out, in);
    }

    private Tensor load(String key) throws InvalidFileException {
        return root.device.kind() == Device.Kind.META
                ? Tensor.empty(Shape.of(root.file.info(key).shape()), root.dtype, root.device)
                : root.file.load(key).to(root.dtype, root.device);
    }

    /**
     * Checks that every tensor below this cursor was taken: what nobody takes belongs to another model than the
     * configuration says.
     *
     * @throws InvalidFileException that names what is left
     */
    public void requireAllUsed() throws InvalidFileException {
        var left = root.file.names().stream()
                .filter(name -> name.startsWith(prefix) && !root.used.contains(name))
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
                .forEach(root.used::add);
    }

    /** Frees every tensor that was taken through any cursor of this file, and closes the file. */
    @Override
    public void close() {
        root.owner.close();
        root.file.close();
    }
}
