package io.panatorch.tensor;

import io.panatorch.bindings.Cuda;
import io.panatorch.bindings.Libtorch;
import io.panatorch.bindings.NativeFrame;
import io.panatorch.bindings.generated.Panatorch;
import java.util.Locale;
import java.util.Objects;

/**
 * Where a tensor's memory is.
 *
 * @param kind the kind of device
 * @param index which of them; 0 but for GPUs, of which libtorch can name 128
 */
public record Device(Kind kind, int index) {

    /** Kinds of devices; the order is that of the shim's numbers. */
    public enum Kind {
        /** Main memory. */
        CPU,
        /** An NVIDIA GPU. */
        CUDA,
        /** No memory. */
        META
    }

    /** libtorch counts GPUs in eight bits. */
    private static final int LAST_INDEX = Byte.MAX_VALUE;

    /** Main memory. */
    public static final Device CPU = new Device(Kind.CPU, 0);

    /**
     * Nowhere: tensors without memory. Operators compute their shapes and dtypes there, in no time whatever the sizes, and refuse
     * what does not fit; reading elements is an error. libtorch has no such computation for some operators, and says so.
     */
    public static final Device META = new Device(Kind.META, 0);

    /** Checks the index. */
    public Device {
        Objects.requireNonNull(kind, "kind");
        int last = kind == Kind.CUDA ? LAST_INDEX : 0;
        if (index < 0 || index > last) {
            throw new IllegalArgumentException("device index " + index + " for " + kind.name().toLowerCase(Locale.ROOT)
                    + ": expected 0" + (last == 0 ? "" : " to " + last));
        }
    }

    /**
     * {@return the GPU with this index}
     *
     * @param index 0 to 127
     */
    public static Device cuda(int index) {
        return new Device(Kind.CUDA, index);
    }

    /**
     * {@return the device of a name as torch writes it: {@code cpu}, {@code cuda}, {@code cuda:1}, {@code meta}}
     *
     * @throws IllegalArgumentException for any other name
     */
    public static Device parse(String name) {
        if (Objects.requireNonNull(name, "name").equals("cpu")) {
            return CPU;
        }
        if (name.equals("meta")) {
            return META;
        }
        if (name.matches("cuda(:\\d{1,3})?")) {
            return cuda(name.length() == 4 ? 0 : Integer.parseInt(name.substring(5)));
        }
        throw new IllegalArgumentException("unknown device '" + name + "': expected cpu, cuda, cuda:N or meta");
    }

    /**
     * Checks that tensors can be put here, which is always so but for GPUs.
     *
     * @throws TorchException that says what is missing: a GPU with this index, a driver, a libtorch with CUDA
     */
    public void requirePresent() {
        if (kind == Kind.CUDA && index >= Gpus.seen) {
            Gpus.require(this);
        }
    }

    /**
     * Waits until the device has done what the calling thread has asked of it, through the {@link CudaStream} that is in use.
     * Operators on a GPU return before they have computed; who measures time waits first. Elsewhere it does nothing.
     *
     * @throws TorchException where the device is not there, or what it was asked to do has failed
     */
    public void synchronize() {
        if (kind == Kind.CUDA) {
            requirePresent();
            NativeFrame frame = CallState.ofThread().frame.reset();
            if (Panatorch.pt_synchronize(kind.ordinal(), index, frame.error()) != 0) {
                throw TorchException.refused("synchronize", " " + this, frame.takeError());
            }
        }
    }

    /** How many GPUs libtorch sees, once it has seen one; asked for again until then. */
    private static final class Gpus {

        private static volatile int seen;

        private static void require(Device device) {
            Libtorch libtorch = CallState.load();
            seen = (int) Panatorch.pt_cuda_device_count();
            if (device.index >= seen) {
                String reason = seen == 0 ? Cuda.read(libtorch).missing()
                        : seen == 1 ? "there is one GPU, cuda:0" : "there are " + seen + " GPUs, cuda:0 to cuda:" + (seen - 1);
                throw new TorchException(TorchException.Kind.DEVICE, device + " is not there: " + reason);
            }
        }
    }

    /** {@return torch's name, {@code cpu}, {@code cuda:0} or {@code meta}} */
    @Override
    public String toString() {
        String name = kind.name().toLowerCase(Locale.ROOT);
        return kind == Kind.CUDA ? name + ":" + index : name;
    }
}
