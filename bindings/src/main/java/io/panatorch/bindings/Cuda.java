package io.panatorch.bindings;

import io.panatorch.bindings.generated.Panatorch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The GPUs of this machine, and whether libtorch can use them.
 *
 * @param runtime the version of the CUDA that libtorch runs on, such as 12080 for 12.8; 0 for a libtorch without CUDA
 * @param driver the newest version of CUDA that NVIDIA's driver serves, likewise; 0 where there is no driver
 * @param gpus what the driver has, whether or not libtorch can use it
 * @param missing why libtorch can use none, as the rest of a sentence; null where it can
 */
public record Cuda(int runtime, int driver, List<Gpu> gpus, String missing) {

    /** The variable that chooses among a machine's GPUs. */
    private static final String VISIBLE = "CUDA_VISIBLE_DEVICES";

    /** The libraries of builds for other GPUs than NVIDIA's. */
    private static final Map<String, String> OTHERS =
            Map.of("libtorch_hip.so", "ROCm (AMD)", "libtorch_xpu.so", "XPU (Intel)");

    private static final int MAJOR = 1000;
    private static final int MINOR = 10;

    /**
     * One GPU.
     *
     * @param memory in bytes, all of it
     * @param major of its compute capability
     * @param minor of its compute capability
     */
    public record Gpu(String name, long memory, int major, int minor) {}

    /** Asks the driver, and libtorch. */
    public static Cuda read(Libtorch libtorch) {
        return read(libtorch, CudaDriver.LIBRARY, (int) Panatorch.pt_cuda_runtime_version(),
                (int) Panatorch.pt_cuda_device_count(), System.getenv());
    }

    /**
     * @param driverLibrary the driver's library, by its name or its path
     * @param runtime libtorch's version of CUDA
     * @param usable how many GPUs libtorch sees
     */
    static Cuda read(Libtorch libtorch, String driverLibrary, int runtime, int usable, Map<String, String> environment) {
        int version = 0;
        List<Gpu> gpus = List.of();
        String missing;
        try {
            CudaDriver driver = CudaDriver.open(driverLibrary);
            version = driver.version();
            if (version / MAJOR < runtime / MAJOR) {
                missing = "NVIDIA's driver serves CUDA " + text(version) + " at most, and libtorch is made for "
                        + text(runtime) + ": install a newer driver";
            } else {
                driver.initialize();
                gpus = driver.gpus();
                missing = gpus.isEmpty() ? noGpu(environment) : null;
            }
        } catch (CudaDriver.Failure e) {
            missing = e.status == CudaDriver.NO_DEVICE ? noGpu(environment) : e.getMessage();
        }
        if (!libtorch.has(Panatorch.PT_CUDA_LIBRARY())) {
            missing = kind(libtorch.folder()) + ": name one for CUDA by -D" + LibtorchFinder.PROPERTY
                    + " or the environment variable " + LibtorchFinder.VARIABLE;
        } else if (missing == null && usable == 0) {
            missing = "libtorch sees none of the driver's " + gpus.size() + " GPUs";
        }
        return new Cuda(runtime, version, gpus, missing);
    }

    /** What a libtorch without CUDA is. */
    private static String kind(Path folder) {
        return OTHERS.entrySet().stream()
                .filter(other -> Files.exists(folder.resolve(other.getKey())))
                .map(other -> "this is a libtorch for " + other.getValue() + ", there is " + other.getKey() + " in " + folder
                        + ", whose GPUs are not supported: it computes on the CPU")
                .findFirst()
                .orElse("this is a libtorch for the CPU, there is no libtorch_cuda.so in " + folder);
    }

    private static String noGpu(Map<String, String> environment) {
        String visible = environment.get(VISIBLE);
        if (visible == null) {
            return "NVIDIA's driver finds no GPU";
        }
        return visible.isBlank() ? "the environment variable " + VISIBLE + " is empty, which hides all GPUs: unset it"
                : "NVIDIA's driver finds no GPU of those in the environment variable " + VISIBLE + ", " + visible;
    }

    /** {@return a version of CUDA as people write it, {@code 12.8} for 12080} */
    public static String text(int version) {
        return version / MAJOR + "." + version % MAJOR / MINOR;
    }
}
