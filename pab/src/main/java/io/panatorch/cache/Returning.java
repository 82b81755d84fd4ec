package io.panatorch.cache;

import io.panatorch.tensor.CudaStream;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorOwner;
import io.panatorch.tensor.TorchException;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Copies of offloaded tensors that come back to a GPU ahead of their use, on a stream of their own. No events are needed for that: before
 * copies are begun, all is done that the memory was used for which they get, and what they copy is not freed before they have come.
 */
final class Returning implements AutoCloseable {

    private static final System.Logger LOGGER = System.getLogger(CacheSession.class.getName());

    private final TensorOwner owner = new TensorOwner();
    /** There, or on their way, by what they are copies of. */
    private final Map<Tensor, Tensor> copies = new IdentityHashMap<>();
    private CudaStream stream;

    /**
     * Begins to copy tensors to a GPU.
     *
     * @param pinned what is copied, in pinned memory
     * @param present what has copies that stay; all others go
     */
    void bring(Device device, List<Tensor> pinned, List<Tensor> present) {
        if (Thread.currentThread().isVirtual()) { // which has no streams
            return;
        }
        device.synchronize();
        List.copyOf(copies.keySet()).stream().filter(each -> present.stream().noneMatch(other -> other == each)).forEach(this::forget);
        if (stream == null) {
            stream = CudaStream.of(device);
        }
        try (var _ = stream.use()) {
            for (Tensor tensor : pinned) {
                Tensor copy = owner.adopt(Tensor.empty(tensor.shape(), tensor.dtype(), device));
                copies.put(tensor, copy);
                copy.copy_(tensor, true);
            }
        } catch (TorchException e) { // such as for want of memory
            LOGGER.log(System.Logger.Level.DEBUG, "nothing comes back ahead of its use: {0}", e.getMessage());
            List.copyOf(copies.keySet()).forEach(this::forget);
        }
    }

    /** {@return the copy of a tensor, if it was brought; borrowed until others are} */
    Optional<Tensor> of(Tensor pinned) {
        Optional<Tensor> copy = Optional.ofNullable(copies.get(pinned));
        copy.ifPresent(_ -> stream.synchronize());
        return copy;
    }

    /** Frees the copy of a tensor, which itself may be freed then. */
    void forget(Tensor pinned) {
        of(pinned).ifPresent(Tensor::close);
        copies.remove(pinned);
    }

    @Override
    public void close() {
        copies.clear();
        try (owner) {
            if (stream != null) {
                stream.synchronize();
            }
        }
    }
}
