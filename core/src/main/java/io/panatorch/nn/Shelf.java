package io.panatorch.nn;

import io.panatorch.nn.WeightSizes.Size;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorOwner;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** What was taken of a file at one time, and goes together. */
final class Shelf implements AutoCloseable {

    /** One tensor of a file in one dtype. */
    record Key(String name, DType dtype) {}

    /** Makes a tensor that belongs to the innermost open scope. */
    @FunctionalInterface
    interface Loader {

        Tensor load() throws IOException;
    }

    private final TensorOwner owner = new TensorOwner();
    private final Map<Key, Tensor> tensors = new HashMap<>();
    private final Set<String> names = new LinkedHashSet<>();
    private final boolean checking;
    private final boolean ahead;
    private Size size = Size.NONE;

    private Shelf(boolean checking, boolean ahead) {
        this.checking = checking;
        this.ahead = ahead;
    }

    /** @param ahead whether tensors may still be on their way to a GPU when they are given, on the stream in use */
    static Shelf empty(boolean ahead) {
        return new Shelf(false, ahead);
    }

    /** One for no tensors, but stand-ins: what takes them is checked, and noted. */
    static Shelf checking() {
        return new Shelf(true, false);
    }

    boolean isChecking() {
        return checking;
    }

    boolean isAhead() {
        return ahead;
    }

    /** Notes a tensor of a file, once. */
    void note(String name) {
        names.add(name);
    }

    /** Notes the bytes of a tensor. */
    void note(Size of) {
        size = size.plus(of);
    }

    /** {@return the names of what was noted} */
    Set<String> names() {
        return Collections.unmodifiableSet(names);
    }

    /** {@return the bytes of what was noted} */
    Size size() {
        return size;
    }

    /** {@return a tensor that lives as long as this; taken again, as after a failure halfway, it is not loaded again} */
    synchronized Tensor get(Key key, Loader loader) throws IOException {
        Tensor loaded = tensors.get(key);
        if (loaded == null) {
            try (var _ = TensorScope.open()) {
                loaded = owner.adopt(loader.load());
            }
            tensors.put(key, loaded);
        }
        return loaded;
    }

    @Override
    public void close() {
        owner.close();
    }
}
