package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.panatorch.device.LibtorchInfo;
import io.panatorch.testing.MetaKernels;
import io.panatorch.testing.TensorTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which of libtorch's functions are called, with a CUDA that only says so. */
@TensorTest
class CudaStreamTest {

    private static final String CUDA_LIBRARY = "libtorch_cuda.so";

    /** Its streams are 16 and 32, and the work of the second fails when it is alone. */
    private static final String CUDA = """
            #include <stdio.h>
            static void *current;
            static long last;
            static int say(const char *what, long stream, int index) {
                printf("%s %ld of GPU %d\\n", what, stream, index);
                fflush(stdout);
                return 0;
            }
            int cudaGetDeviceCount(int *count) { *count = 2; return 0; }
            int torch_get_cuda_stream_from_pool(_Bool high, int index, void **stream) {
                *stream = (void *)(last += 16);
                return say(high ? "high" : "new", last, index);
            }
            int aoti_torch_get_current_cuda_stream(int index, void **stream) { *stream = current; return index < 0; }
            int torch_set_current_cuda_stream(void *stream, int index) { return say("use", (long)(current = stream), index); }
            int torch_cuda_stream_synchronize(void *stream, int index) {
                say("wait for", (long)stream, index);
                return stream != current && stream == (void *)32;
            }
            """;

    @TempDir
    private Path temp;

    /** Links to all libraries, so that CUDA's can be beside them. */
    private static void link(Path folder) throws IOException {
        try (Stream<Path> libraries = Files.list(LibtorchInfo.load().folder())) {
            for (Path library : libraries.filter(file -> file.toString().contains(".so")).toList()) {
                if (!library.endsWith(CUDA_LIBRARY)) {
                    Files.createSymbolicLink(folder.resolve(library.getFileName()), library);
                }
            }
        }
    }

    /** Before the temporary folder is, so that nothing follows the links then. */
    private static void deleteFiles(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void useEndsAndWorkIsWaitedFor() throws Exception {
        Path libtorch = Files.createDirectory(temp.resolve("libtorch"));
        ChildJvm.Output output;
        try {
            link(libtorch);
            MetaKernels.compile(Files.writeString(temp.resolve("cuda.c"), CUDA), libtorch.resolve(CUDA_LIBRARY));
            output = ChildJvm.run(temp, CudaStreamMain.class, "-Dpanatorch.libtorch=" + libtorch);
        } finally {
            deleteFiles(libtorch);
        }
        assertThat(output.err()).isEmpty();
        assertThat(output.out().lines()).containsExactly(
                "new 16 of GPU 1", "new 32 of GPU 1", "cuda:1",
                "use 16 of GPU 1", "use 32 of GPU 1", "wait for 32 of GPU 1", "use 16 of GPU 1", "wait for 16 of GPU 1",
                "wait for 16 of GPU 1",
                "the use of a CudaStream ends on the thread that began it",
                "use of a CudaStream: a virtual thread has no stream of its own; use a platform thread",
                "use 0 of GPU 1", "wait for 0 of GPU 1",
                "wait for 32 of GPU 1", "OTHER synchronize on cuda:1: no reason given",
                "streams are those of a GPU: expected cuda:N, found cpu",
                "DEVICE cuda:2 is not there: there are 2 GPUs, cuda:0 to cuda:1");
    }

    @Test
    void withoutAGpu() {
        assumeTrue(LibtorchInfo.load().devices().equals(List.of(Device.CPU)), "there is a GPU");
        String reason = "cuda:0 is not there: ";
        try (var _ = TensorScope.open()) {
            Tensor x = Tensor.of(new float[1], 1);
            assertThat(catchThrowable(x::pinMemory)).hasMessageStartingWith(reason);
        }
        assertThat(catchThrowable(() -> CudaStream.of(Device.cuda(0))))
                .hasMessageStartingWith(reason);
    }
}
