package io.panatorch.tensor;

import java.util.Locale;
import java.util.Objects;

/**
 * Where a tensor's memory is.
 *
 * @param kind the kind of device
 * @param index which of them; 0 for the CPU
 */
public record Device(Kind kind, int index) {

    /** Kinds of devices; the order is that of the shim's numbers. */
    public enum Kind {
        /** Main memory. */
        CPU,
        /** An NVIDIA GPU. */
        CUDA
    }

    /** Main memory. */
    public static final Device CPU = new Device(Kind.CPU, 0);

    /** Checks the index. */
    public Device {
        Objects.requireNonNull(kind, "kind");
        if (index < 0 || kind == Kind.CPU && index != 0) {
            throw new IllegalArgumentException("device index " + index + " for " + kind.name().toLowerCase(Locale.ROOT));
        }
    }

    /** {@return the GPU with this index} */
    public static Device cuda(int index) {
        return new Device(Kind.CUDA, index);
    }

    /**
     * {@return the device of a name as torch writes it: {@code cpu}, {@code cuda}, {@code cuda:1}}
     *
     * @throws IllegalArgumentException for any other name
     */
    public static Device parse(String name) {
        if (Objects.requireNonNull(name, "name").equals("cpu")) {
            return CPU;
        }
        if (name.matches("cuda(:\\d{1,3})?")) {
            return cuda(name.length() == 4 ? 0 : Integer.parseInt(name.substring(5)));
        }
        throw new IllegalArgumentException("unknown device '" + name + "': expected cpu, cuda or cuda:N");
    }

    /** {@return torch's name, {@code cpu} or {@code cuda:0}} */
    @Override
    public String toString() {
        return kind == Kind.CPU ? "cpu" : "cuda:" + index;
    }
}
