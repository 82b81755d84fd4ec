package io.panatorch.tensor;

import io.panatorch.bindings.generated.Panatorch;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/**
 * Owns tensors that outlive lexical scopes: a model's weights, a cache's outputs.
 *
 * <p>What {@link #adopt} returns is an alias: another reference to the same memory, independent of the tensor it was made
 * from. It lives until it is closed or the owner is. An owner may be used by several threads; its tensors may be read by
 * several threads at once.
 */
public final class TensorOwner implements AutoCloseable {

    private final Set<Tensor> tensors = Collections.newSetFromMap(new IdentityHashMap<>());
    private boolean closed;

    /** An owner of nothing yet. */
    public TensorOwner() {}

    /**
     * Makes an alias that belongs to this owner.
     *
     * @param tensor borrowed; its own owner frees it as before
     * @throws IllegalStateException after {@link #close()}
     */
    public Tensor adopt(Tensor tensor) {
        tensor.requireMemory("adopt");
        CallState state = CallState.ofThread().look("adopt", tensor);
        MemorySegment handle = Panatorch.pt_retain(tensor.handle(), state.error());
        if (handle.address() == 0) {
            throw state.failure();
        }
        state.end();
        Tensor alias = new Tensor(handle);
        alias.owner = this;
        LiveTensors.born(alias);
        synchronized (this) {
            if (!closed) {
                tensors.add(alias);
                return alias;
            }
        }
        alias.retire();
        throw new IllegalStateException("adopt: this owner is closed");
    }

    /** {@return how many tensors belong to this owner} */
    public synchronized int size() {
        return tensors.size();
    }

    /**
     * Closes all tensors of this owner. What other threads compute with them now comes out right, and the memory goes when it has.
     * Closing a closed owner does nothing.
     */
    @Override
    public synchronized void close() {
        closed = true;
        tensors.forEach(Tensor::retire);
        tensors.clear();
    }

    /** Closes one tensor, once: another thread may be closing it or the owner at the same time. */
    synchronized void close(Tensor tensor) {
        if (tensors.remove(tensor)) {
            tensor.retire();
        }
    }
}
