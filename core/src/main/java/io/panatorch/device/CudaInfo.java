package io.panatorch.device;

import io.panatorch.bindings.Cuda;
import io.panatorch.bindings.Libtorch;
import io.panatorch.bindings.LibtorchLoadException;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.TorchException;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The GPUs of this machine, and whether libtorch can use them.
 *
 * @param runtime the version of CUDA that libtorch runs on, such as {@code 12.8}; empty for a libtorch without CUDA
 * @param driver the newest version of CUDA that NVIDIA's driver serves; empty where there is no driver
 * @param gpus what the driver has, also where libtorch cannot use it
 * @param missing why libtorch can use no GPU, and what to do about it; empty where it can
 */
public record CudaInfo(Optional<String> runtime, Optional<String> driver, List<Gpu> gpus, Optional<String> missing) {

    /**
     * Asks NVIDIA's driver, and libtorch, which is loaded if that has not happened yet. No memory is taken on a GPU.
     *
     * @throws TorchException where libtorch cannot be loaded
     */
    public static CudaInfo load() {
        try {
            Cuda cuda = Cuda.read(Libtorch.load());
            List<Gpu> gpus = IntStream.range(0, cuda.gpus().size()).mapToObj(i -> gpu(i, cuda.gpus().get(i))).toList();
            return new CudaInfo(version(cuda.runtime()), version(cuda.driver()), gpus, Optional.ofNullable(cuda.missing()));
        } catch (LibtorchLoadException e) {
            throw new TorchException(TorchException.Kind.LOADING, e.getMessage(), e);
        }
    }

    private static Gpu gpu(int index, Cuda.Gpu gpu) {
        return new Gpu(Device.cuda(index), gpu.name(), gpu.memory(), gpu.major() + "." + gpu.minor());
    }

    private static Optional<String> version(int version) {
        return version == 0 ? Optional.empty() : Optional.of(Cuda.text(version));
    }
}
