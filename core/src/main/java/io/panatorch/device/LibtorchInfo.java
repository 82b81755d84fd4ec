package io.panatorch.device;

import io.panatorch.bindings.Libtorch;
import io.panatorch.bindings.LibtorchLoadException;
import io.panatorch.bindings.NativeFrame;
import io.panatorch.bindings.generated.Panatorch;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.TorchException;
import java.nio.file.Path;
import java.util.List;

/**
 * The libtorch of this process.
 *
 * @param version such as {@code 2.13.0}
 * @param folder where its libraries lie
 * @param source why there: a property, the environment, or the class path
 * @param shim the file of the native part of Panatorch
 * @param devices the devices that its libraries can use
 */
public record LibtorchInfo(String version, Path folder, String source, Path shim, List<Device> devices) {

    /**
     * Loads libtorch, if that has not happened yet, and says what was loaded.
     *
     * @throws TorchException where it cannot be loaded
     */
    public static LibtorchInfo load() {
        try {
            Libtorch libtorch = Libtorch.load();
            List<Device> devices = libtorch.has(Panatorch.PT_CUDA_LIBRARY())
                    ? List.of(Device.CPU, Device.cuda(0))
                    : List.of(Device.CPU);
            return new LibtorchInfo(libtorch.version(), libtorch.folder(), libtorch.source(), libtorch.shim(), devices);
        } catch (LibtorchLoadException e) {
            throw new TorchException(e.getMessage(), e);
        }
    }

    /** {@return how many threads an operator may use on the CPU} */
    public static int threads() {
        load();
        return (int) Panatorch.pt_num_threads();
    }

    /**
     * Sets how many threads an operator may use on the CPU, for the whole process.
     *
     * @param threads 1 to 1024
     * @throws TorchException for another number, or where this libtorch cannot change it
     */
    public static void setThreads(int threads) {
        load();
        NativeFrame frame = new NativeFrame();
        if (Panatorch.pt_set_num_threads(threads, frame.error()) != 0) {
            throw new TorchException(frame.takeError());
        }
    }
}
