package io.panatorch.tensor;

import io.panatorch.bindings.NativeFrame;
import io.panatorch.bindings.generated.Panatorch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A queue of work for a GPU. What a thread asks of the GPU while a stream is in use is done in order, and beside what other
 * streams do: so the next weights can be copied while the present ones compute.
 *
 * <pre>{@code
 * CudaStream copies = CudaStream.of(gpu);
 * try (var _ = copies.use()) {
 *     next.copy_(pinned, true);                              // goes on while this thread does
 * }
 * Tensor y = x.linear(present, null);                        // computes meanwhile, on the stream that was in use before
 * copies.synchronize();                                      // from here on next can be used
 * }</pre>
 *
 * <p>Nothing else puts two streams in an order. What one has written must be waited for by {@link #synchronize} before
 * another reads it, and what one reads, before another writes to it. The memory of a tensor goes back to the stream that was in
 * use when it was made, at once when it is closed: one that another stream uses, too, must outlive what that does.
 *
 * <p>libtorch has 32 streams for each GPU and hands them out in turn, so nobody closes one, and the 33rd is the first again. A
 * stream may be shared by threads.
 */
public final class CudaStream {

    private final Device device;
    private final MemorySegment handle;

    private CudaStream(Device device, MemorySegment handle) {
        this.device = device;
        this.handle = handle;
    }

    /**
     * {@return one of libtorch's streams of a GPU}
     *
     * @throws IllegalArgumentException for a device that is no GPU
     * @throws TorchException where it is not there, or this libtorch has no streams
     */
    public static CudaStream of(Device device) {
        if (device.kind() != Device.Kind.CUDA) {
            throw new IllegalArgumentException("streams are those of a GPU: expected cuda:N, found " + device);
        }
        device.requirePresent();
        NativeFrame frame = CallState.ofThread().frame.reset();
        MemorySegment out = frame.pointers(1);
        check("stream_from_pool", device, Panatorch.pt_cuda_stream_from_pool(device.index(), out, frame.error()), frame);
        return new CudaStream(device, out.get(ValueLayout.ADDRESS, 0));
    }

    /** {@return the GPU} */
    public Device device() {
        return device;
    }

    /**
     * Has the calling thread use this stream on its GPU, until what is returned is closed; then it uses the one that it used
     * before.
     *
     * @throws IllegalStateException on a virtual thread: the stream in use is known by the thread that carries it, which changes
     * @throws TorchException where libtorch refuses
     */
    public Use use() {
        if (Thread.currentThread().isVirtual()) {
            throw new IllegalStateException(
                    "use of a CudaStream: a virtual thread has no stream of its own; use a platform thread");
        }
        NativeFrame frame = CallState.ofThread().frame.reset();
        MemorySegment out = frame.pointers(1);
        check("current_stream", device, Panatorch.pt_cuda_current_stream(device.index(), out, frame.error()), frame);
        Use use = new Use(out.get(ValueLayout.ADDRESS, 0));
        setCurrent(handle);
        return use;
    }

    private void setCurrent(MemorySegment stream) {
        NativeFrame frame = CallState.ofThread().frame.reset();
        check("set_current_stream", device, Panatorch.pt_cuda_set_current_stream(stream, device.index(), frame.error()),
                frame);
    }

    /**
     * Waits until what was asked through this stream is done. ({@link Device#synchronize()} waits for the stream in use.)
     *
     * @throws TorchException where something of that has failed
     */
    public void synchronize() {
        NativeFrame frame = CallState.ofThread().frame.reset();
        check("synchronize", device,
                Panatorch.pt_cuda_stream_synchronize(handle, device.index(), frame.error()), frame);
    }

    private static void check(String operator, Device device, int status, NativeFrame frame) {
        if (status != 0) {
            throw TorchException.refused(operator, " on " + device, frame.takeError());
        }
    }

    /** The time in which a thread uses a stream. */
    public final class Use implements AutoCloseable {

        private final Thread thread = Thread.currentThread();
        private final MemorySegment before;
        private boolean closed;

        private Use(MemorySegment before) {
            this.before = before;
        }

        /**
         * Ends it. Closing it again does nothing.
         *
         * @throws IllegalStateException on another thread
         */
        @Override
        public void close() {
            if (Thread.currentThread() != thread) {
                throw new IllegalStateException("the use of a CudaStream ends on the thread that began it");
            }
            if (!closed) {
                closed = true;
                setCurrent(before);
            }
        }
    }
}
