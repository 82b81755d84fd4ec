package io.panatorch.device;

import io.panatorch.bindings.Libtorch;
import io.panatorch.bindings.LibtorchLoadException;
import io.panatorch.bindings.NativeFrame;
import io.panatorch.bindings.generated.Panatorch;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.TorchException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The libtorch of this process.
 *
 * @param version such as {@code 2.13.0}
 * @param folder where its libraries lie
 * @param source why there: a property, the environment, the run-time image, the class path, or that it was loaded before
 * @param shim the file of the native part of Panatorch
 * @param shimVersion the native part's version
 * @param devices what tensors can be put on: the CPU, and the GPUs that CUDA sees
 */
public record LibtorchInfo(
        String version, Path folder, String source, Path shim, String shimVersion, List<Device> devices) {

    /**
     * Loads libtorch, if that has not happened yet, and says what was loaded.
     *
     * @throws TorchException where it cannot be loaded
     */
    public static LibtorchInfo load() {
        try {
            Libtorch libtorch = Libtorch.load();
            List<Device> devices = new ArrayList<>(List.of(Device.CPU));
            for (int i = 0; i < Panatorch.pt_cuda_device_count(); i++) {
                devices.add(Device.cuda(i));
            }
            return new LibtorchInfo(libtorch.version(), libtorch.folder(), libtorch.source(), libtorch.shim(),
                    libtorch.shimVersion(), List.copyOf(devices));
        } catch (LibtorchLoadException e) {
            throw new TorchException(TorchException.Kind.LOADING, e.getMessage(), e);
        }
    }

    /**
     * {@return how many threads an operator may use on the CPU}
     *
     * <p>Until {@link #setThreads}: one for each core of the machine, but no more than {@link Runtime#availableProcessors()},
     * which heeds the process's affinity, the quota of a container and {@code -XX:ActiveProcessorCount}. The environment
     * variable {@code OMP_NUM_THREADS} wins over all of these.
     */
    public static int threads() {
        load();
        return (int) Panatorch.pt_num_threads();
    }

    /**
     * {@return whether the processor multiplies numbers of a type at least as fast as those of float32}
     *
     * <p>bfloat16: with AMX, or AVX512-BF16 of AMD's processors; float16: with AVX512-FP16. Elsewhere linear layers and
     * convolutions of these types are computed in float32, which takes a little longer than a model in float32 does.
     *
     * @param dtype a floating-point type
     */
    public static boolean isFastOnCpu(DType dtype) {
        return switch (dtype) {
            case BFLOAT16 -> has(Panatorch.PT_FAST_BFLOAT16());
            case FLOAT16 -> has(Panatorch.PT_FAST_FLOAT16());
            default -> dtype == DType.FLOAT32;
        };
    }

    private static boolean has(int feature) {
        load();
        return (Panatorch.pt_features() & feature) != 0;
    }

    /**
     * Sets how many threads an operator may use on the CPU, for the whole process: operators that are called from now on,
     * on any thread.
     *
     * <p>An operator that one thread is done with in half a millisecond gets one, since waking others takes nearly as long; the
     * work alone decides it, so that a shape is always computed alike. Each thread that calls larger ones has workers of its own,
     * which sleep between its calls. Those of the first eight callers end with them; those of others end with each call, so that
     * many callers do not make many threads, which costs such a call some 0.1 ms for each worker. Where the process may not have as
     * many threads, operators use one, and a warning says so. The last two hold where OpenMP is libgomp, as it is in libtorch's own
     * builds.
     *
     * @param threads 1 to 1024
     * @throws TorchException for another number, or where this libtorch cannot change it
     */
    public static void setThreads(int threads) {
        load();
        NativeFrame frame = new NativeFrame();
        if (Panatorch.pt_set_num_threads(threads, frame.error()) != 0) {
            throw new TorchException(TorchException.Kind.OTHER, frame.takeError());
        }
    }
}
