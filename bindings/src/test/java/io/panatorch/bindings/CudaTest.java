package io.panatorch.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.panatorch.bindings.generated.Panatorch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said about GPUs, and about their absence, with drivers that are not NVIDIA's. */
@Tag("cpu")
class CudaTest {

    private static final int CUDA_12_6 = 12060;
    private static final int CUDA_12_8 = 12080;
    private static final Map<String, String> NOTHING_SET = Map.of();
    private static final List<Cuda.Gpu> TWO =
            List.of(new Cuda.Gpu("GPU number 0", 85_000_000_000L, 9, 0), new Cuda.Gpu("GPU number 1", 170_000_000_000L, 9, 1));

    /** A driver; %d: its version, the result of cuInit, its number of GPUs. */
    private static final String DRIVER = """
            #include <stdio.h>
            int cuDriverGetVersion(int *version) { *version = %d; return 0; }
            static int initialized;
            int cuInit(unsigned flags) { initialized = flags == 0; return %d; }
            int cuDeviceGetCount(int *count) { *count = %d; return initialized ? 0 : 3; }
            int cuDeviceGet(int *device, int index) { *device = 40 + index; return 0; }
            int cuDeviceGetName(char *name, int length, int device) {
                return snprintf(name, length, "GPU number %%d", device - 40) < 0;
            }
            int cuDeviceTotalMem_v2(size_t *bytes, int device) { *bytes = (device - 39) * 85000000000ul; return 0; }
            int cuDeviceGetAttribute(int *value, int attribute, int device) {
                *value = attribute == 75 ? 9 : attribute == 76 ? device - 40 : -1;
                return 0;
            }
            """;

    @TempDir
    private static Path folder;

    private static int libraries;

    private static Libtorch libtorch(boolean cuda) {
        return libtorch(cuda, Path.of("/torch/lib"));
    }

    private static Libtorch libtorch(boolean cuda, Path libraries) {
        return new Libtorch("2.13.0", libraries, "", Path.of("shim"), "", cuda ? Panatorch.PT_CUDA_LIBRARY() : 0);
    }

    private static String driver(int version, int init, int gpus) throws Exception {
        return Compiler.library(folder.resolve("libcuda" + libraries++ + ".so"), DRIVER.formatted(version, init, gpus)).toString();
    }

    private static Cuda read(String driver, int usable, Map<String, String> environment) {
        return Cuda.read(libtorch(true), driver, CUDA_12_6, usable, environment);
    }

    @Test
    void twoGpus() throws Exception {
        assertThat(read(driver(CUDA_12_8, 0, 2), 2, NOTHING_SET)).isEqualTo(new Cuda(CUDA_12_6, CUDA_12_8, TWO, null));
        assertThat(Cuda.text(CUDA_12_8)).isEqualTo("12.8");
    }

    @Test
    void aLibtorchForTheCpuDoesNotHideThem() throws Exception {
        assertThat(Cuda.read(libtorch(false), driver(CUDA_12_8, 0, 2), 0, 0, NOTHING_SET)).isEqualTo(new Cuda(0, CUDA_12_8, TWO,
                "this is a libtorch for the CPU, there is no libtorch_cuda.so in /torch/lib: name one for CUDA by"
                        + " -Dpanatorch.libtorch or the environment variable LIBTORCH"));
    }

    @ParameterizedTest
    @CsvSource({"libtorch_hip.so,ROCm (AMD)", "libtorch_xpu.so,XPU (Intel)"})
    void aLibtorchForOtherGpusIsNamed(String library, String name, @TempDir Path libraries) throws Exception {
        Files.createFile(libraries.resolve(library));
        assertThat(Cuda.read(libtorch(false, libraries), driver(CUDA_12_8, 0, 2), 0, 0, NOTHING_SET).missing()).isEqualTo(
                "this is a libtorch for " + name + ", there is " + library + " in " + libraries + ", whose GPUs are not supported:"
                        + " it computes on the CPU: name one for CUDA by -Dpanatorch.libtorch or the environment variable"
                        + " LIBTORCH");
    }

    @Test
    void libtorchSeesNone() throws Exception {
        assertThat(read(driver(CUDA_12_8, 0, 2), 0, NOTHING_SET).missing()).isEqualTo("libtorch sees none of the driver's 2 GPUs");
    }

    @Test
    void noDriver() {
        assertThat(read(folder.resolve("libcuda-none.so").toString(), 0, NOTHING_SET)).isEqualTo(new Cuda(CUDA_12_6, 0, List.of(),
                "NVIDIA's driver is not there (" + folder + "/libcuda-none.so: cannot open shared object file: No such file or"
                        + " directory): install it; a container must be given its GPUs, as by --gpus all"));
    }

    @Test
    void aLibraryThatIsNoDriver() throws Exception {
        Path library = Compiler.library(folder.resolve("none.so"), "int nothing;");
        assertThat(read(library.toString(), 0, NOTHING_SET).missing())
                .isEqualTo("NVIDIA's driver has no function cuDriverGetVersion");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "11080|0|2|NVIDIA's driver serves CUDA 11.8 at most, and libtorch is made for 12.6: install a newer driver",
        "12020|0|0|NVIDIA's driver finds no GPU",
        "12080|100|0|NVIDIA's driver finds no GPU",
        "12080|803|0|NVIDIA's driver fails (cuInit: 803): its library and its kernel module are of different versions: restart the"
                + " machine, and in a container use the library of the host",
        "12080|999|0|NVIDIA's driver fails (cuInit: 999)"
    })
    void aDriverThatServesNoGpu(int version, int init, int gpus, String reason) throws Exception {
        assertThat(read(driver(version, init, gpus), 0, NOTHING_SET)).isEqualTo(new Cuda(CUDA_12_6, version, List.of(), reason));
    }

    @Test
    void gpusThatTheEnvironmentHides() throws Exception {
        String driver = driver(CUDA_12_8, 100, 0);
        assertThat(read(driver, 0, Map.of("CUDA_VISIBLE_DEVICES", "")).missing())
                .isEqualTo("the environment variable CUDA_VISIBLE_DEVICES is empty, which hides all GPUs: unset it");
        assertThat(read(driver, 0, Map.of("CUDA_VISIBLE_DEVICES", "7")).missing())
                .isEqualTo("NVIDIA's driver finds no GPU of those in the environment variable CUDA_VISIBLE_DEVICES, 7");
    }

    /** The whole way: a driver that the system's loader finds, and CUDA's part of libtorch beside the rest. */
    @Test
    void asAProcessFindsThem() throws Exception {
        Path natives = Path.of(System.getProperty("panatorch.natives"));
        assumeTrue(Files.isDirectory(natives.resolve("shipped")), "unpacked by the build of the native module");
        Path drivers = Files.createDirectory(folder.resolve("drivers"));
        Path torch = Files.createDirectory(folder.resolve("torch"));
        Compiler.library(drivers.resolve("libcuda.so.1"), DRIVER.formatted(CUDA_12_8, 0, 2));
        ChildJvm.Result result;
        try (var libtorch = LibraryLinks.libtorch(torch, natives, "shipped")) {
            Compiler.library(torch.resolve("libtorch_cuda.so"), """
                    int cudaGetDeviceCount(int *count) { *count = 2; return 0; }
                    int cudaRuntimeGetVersion(int *version) { *version = 12060; return 0; }
                    int aoti_torch_get_current_cuda_stream(int index, void **stream) { *stream = &stream[index]; return 0; }
                    int torch_cuda_stream_synchronize(void *stream, int index) { return index != 1; }
                    """);
            result = ChildJvm.start(ChildJvm.command(ChildJvm.options("-Dpanatorch.libtorch=" + libtorch.folder()), CudaMain.class),
                    Map.of("LD_LIBRARY_PATH", drivers.toString())).await();
        }
        assertThat(result.exit()).as(result.err()).isZero();
        assertThat(result.out().lines())
                .hasSize(7)
                .startsWith(new Cuda(CUDA_12_6, CUDA_12_8, TWO, null).toString(), "synchronize 0")
                .endsWith("this libtorch has no torch_set_current_cuda_stream", "device index 128 for cuda: expected 0 to 127",
                        "device index -1 for cuda: expected 0 to 127");
        assertThat(result.out().lines().skip(2).limit(2)).allMatch(line -> line.startsWith("aten::to: ") && line.contains("CUDA"));
    }

    /** The same of a build for ROCm: what a tensor is told that is to go to a GPU. */
    @Test
    void asAProcessFindsThatThereIsAnotherKind(@TempDir Path torch) throws Exception {
        Path natives = Path.of(System.getProperty("panatorch.natives"));
        assumeTrue(Files.isDirectory(natives.resolve("shipped")), "unpacked by the build of the native module");
        ChildJvm.Result result;
        try (var libtorch = LibraryLinks.libtorch(torch, natives, "shipped")) {
            Files.createFile(torch.resolve("libtorch_hip.so"));
            result = ChildJvm.run(ChildJvm.options("-Dpanatorch.libtorch=" + libtorch.folder()), CudaMain.class);
        }
        assertThat(result.exit()).as(result.err()).isZero();
        assertThat(result.out().lines()).last().isEqualTo("this libtorch has no CUDA: libtorch_cuda is not loaded; it"
                + " is one for ROCm (AMD), whose GPUs are not supported");
        assertThat(result.out()).contains("this is a libtorch for ROCm (AMD), there is libtorch_hip.so in " + torch);
    }
}
