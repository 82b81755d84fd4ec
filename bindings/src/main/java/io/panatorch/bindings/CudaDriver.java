package io.panatorch.bindings;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** NVIDIA's driver, through its C API: what it says about itself and its GPUs. It makes no context and takes no memory there. */
final class CudaDriver {

    static final String LIBRARY = "libcuda.so.1";

    /** CUDA_ERROR_NO_DEVICE. */
    static final int NO_DEVICE = 100;

    /** What people can do about an error of cuInit, by its number. */
    private static final Map<Integer, String> ADVICE = Map.of(
            803, "its library and its kernel module are of different versions: restart the machine, and in a container use the"
                    + " library of the host", // CUDA_ERROR_SYSTEM_DRIVER_MISMATCH
            804, "its compatibility library does not serve this GPU: take it from the library path"); // …_COMPAT_NOT_SUPPORTED

    private static final int NAME_BYTES = 256;
    private static final int CAPABILITY_MAJOR = 75;
    private static final int CAPABILITY_MINOR = 76;

    /** A call that the driver refused, or a driver that is not there. */
    static final class Failure extends Exception {

        private static final long serialVersionUID = 1L;

        /** CUresult, or 0 where nothing was called. */
        final int status;

        Failure(int status, String message) {
            super(message);
            this.status = status;
        }
    }

    private final SymbolLookup functions;

    private CudaDriver(SymbolLookup functions) {
        this.functions = functions;
    }

    static CudaDriver open(String library) throws Failure {
        try {
            return new CudaDriver(SymbolLookup.libraryLookup(library, Arena.global()));
        } catch (IllegalArgumentException e) { // tells the name alone
            throw new Failure(0, "NVIDIA's driver is not there (" + Shim.reason(new NativeFrame().string(library))
                    + "): install it; a container must be given its GPUs, as by --gpus all");
        }
    }

    /** The newest version of CUDA that it serves, such as 12080 for 12.8. */
    int version() throws Failure {
        return number("cuDriverGetVersion");
    }

    void initialize() throws Failure {
        call("cuInit", 0);
    }

    List<Cuda.Gpu> gpus() throws Failure {
        List<Cuda.Gpu> gpus = new ArrayList<>();
        int count = number("cuDeviceGetCount");
        for (int i = 0; i < count; i++) {
            int device = number("cuDeviceGet", i);
            gpus.add(new Cuda.Gpu(name(device), memory(device), number("cuDeviceGetAttribute", CAPABILITY_MAJOR, device),
                    number("cuDeviceGetAttribute", CAPABILITY_MINOR, device)));
        }
        return List.copyOf(gpus);
    }

    private String name(int device) throws Failure {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocate(NAME_BYTES);
            call("cuDeviceGetName", name, NAME_BYTES, device);
            return name.getString(0);
        }
    }

    private long memory(int device) throws Failure {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(ValueLayout.JAVA_LONG);
            call("cuDeviceTotalMem_v2", bytes, device);
            return bytes.get(ValueLayout.JAVA_LONG, 0);
        }
    }

    /** A function whose first parameter is where an int goes. */
    private int number(String function, int... arguments) throws Failure {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment result = arena.allocate(ValueLayout.JAVA_INT);
            call(function, Stream.concat(Stream.of(result), Arrays.stream(arguments).boxed()).toArray());
            return result.get(ValueLayout.JAVA_INT, 0);
        }
    }

    /** Calls a function of ints and pointers; all of them return a CUresult. */
    private void call(String function, Object... arguments) throws Failure {
        MemoryLayout[] parameters = Arrays.stream(arguments)
                .map(argument -> argument instanceof Integer ? ValueLayout.JAVA_INT : ValueLayout.ADDRESS)
                .toArray(MemoryLayout[]::new);
        MemorySegment address = functions.find(function)
                .orElseThrow(() -> new Failure(0, "NVIDIA's driver has no function " + function));
        int status;
        try {
            status = (int) Linker.nativeLinker()
                    .downcallHandle(address, FunctionDescriptor.of(ValueLayout.JAVA_INT, parameters))
                    .invokeWithArguments(arguments);
        } catch (Throwable e) { // that of invokeWithArguments; the functions throw nothing
            throw new IllegalStateException(e);
        }
        if (status != 0) {
            String advice = ADVICE.get(status);
            throw new Failure(status, "NVIDIA's driver fails (" + function + ": " + status + ")" + (advice == null ? "" : ": " + advice));
        }
    }
}
