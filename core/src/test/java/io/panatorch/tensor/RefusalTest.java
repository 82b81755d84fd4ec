package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.tensor.TorchException.Kind;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is made of libtorch's texts, those of GPUs and of older releases among them. */
@Tag("pure")
class RefusalTest {

    private static final String ASYNCHRONOUS = """
            CUDA kernel errors might be asynchronously reported at some other API call, so the stacktrace below might be incorrect.
            For debugging consider passing CUDA_LAUNCH_BLOCKING=1
            """;

    private static String cuda(String error, String name) {
        return "CUDA error: " + error + "\nSearch for `" + name + "' in https://docs.nvidia.com/cuda/cuda-runtime-api/"
                + "group__CUDART__TYPES.html for more information.\n" + ASYNCHRONOUS
                + "Compile with `TORCH_USE_CUDA_DSA` to enable device-side assertions.\n";
    }

    private static void assertRefusal(String words, Kind kind, String summary) {
        assertThat(Refusal.of(words)).isEqualTo(new Refusal(summary, kind));
    }

    @ParameterizedTest(name = "{1}")
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
        "OUT_OF_MEMORY|CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 79.10 GiB of which 5.25 GiB is"
                + " free. Of the allocated memory 70.00 GiB is allocated by PyTorch, and 2.00 GiB is reserved by PyTorch but"
                + " unallocated.",
        "OUT_OF_MEMORY|[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to"
                + " allocate 4503599627370496 bytes. Error code 12 (Cannot allocate memory)",
        "OUT_OF_MEMORY|[enforce fail at alloc_cpu.cpp:98] data. DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes.",
        "OUT_OF_MEMORY|CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "OUT_OF_MEMORY|std::bad_alloc",
        "DEVICE|CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm( handle, opa, opb, m, n, k)`",
        "DEVICE|cuDNN error: CUDNN_STATUS_EXECUTION_FAILED",
        "DEVICE|CUDA driver error: invalid device context",
        "DEVICE|Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!",
        "DEVICE|Tensor for argument #2 'mat2' is on CPU, but expected it to be on GPU (while checking arguments for addmm)",
        "DEVICE|Input type (CUDABFloat16Type) and weight type (CPUBFloat16Type) should be the same",
        "DEVICE|No CUDA GPUs are available",
        "DEVICE|Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU and installed a driver",
        "DEVICE|this libtorch has no CUDA: libtorch_cuda is not loaded",
        "DEVICE|device index 128 for cuda: expected 0 to 127",
        "DTYPE|Input type (CUDABFloat16Type) and weight type (CUDAFloatType) should be the same",
        "DTYPE|mat1 and mat2 must have the same dtype, but got Half and Float",
        "DTYPE|\"addmm_impl_cpu_\" not implemented for 'Half'",
        "DTYPE|Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got CPUFloatType"
                + " instead (while checking arguments for embedding)",
        "DTYPE|result type Float can't be cast to the desired output type Long",
        "SHAPE|Given groups=1, weight of size [8, 3, 3, 3], expected input[1, 4, 8, 8] to have 3 channels, but got 4 channels instead",
        "SHAPE|Dimension out of range (expected to be in range of [-2, 1], but got 5)",
        "SHAPE|linalg.inv: A must be batches of square matrices, but they are 2 by 3 matrices",
        "UNSUPPORTED|Could not find schema for aten::no_such.",
        "UNSUPPORTED|Not yet supported conversion from StableIValue to IValue for schema type: Scalar",
        "UNSUPPORTED|Could not run 'aten::embedding' with arguments from the 'Meta' backend.",
        "UNSUPPORTED|this libtorch has no torch_get_cuda_stream_from_pool",
        "OTHER|index out of range in self",
        "OTHER|index 9 is out of bounds for dimension 0 with size 2",
        "OTHER|libtorch refused it and printed the reason to stderr (only 2.13 and later hand it over)"
    })
    void oneLineIsAllThereIs(Kind kind, String words) {
        assertRefusal(words, kind, words);
    }

    @Test
    void theAdviceOfCudaIsLeftOut() {
        String later = "; CUDA kernel errors might be asynchronously reported at some other API call";
        assertRefusal(cuda("device-side assert triggered", "cudaErrorAssert"), Kind.DEVICE,
                "CUDA error: device-side assert triggered" + later);
        assertRefusal(cuda("no kernel image is available for execution on the device", "cudaErrorNoKernelImageForDevice"),
                Kind.DEVICE, "CUDA error: no kernel image is available for execution on the device" + later);
        assertRefusal(cuda("out of memory", "cudaErrorMemoryAllocation"), Kind.OUT_OF_MEMORY, "CUDA error: out of memory" + later);
    }

    @Test
    void whatCudaSaysInLaterLinesIsKept() {
        assertRefusal("CUDA error: invalid device ordinal\nGPU device may be out of range, do you have enough GPUs?\n" + ASYNCHRONOUS,
                Kind.DEVICE, "CUDA error: invalid device ordinal; GPU device may be out of range; CUDA kernel errors might be"
                        + " asynchronously reported at some other API call");
        assertRefusal("""
                CUDA error: device-side assert triggered
                Looking for device-side assertion failure information...
                1 CUDA device-side assertion failures were found on GPU #0!
                Assertion failure 0
                  GPU assertion failure message = index out of bounds
                  File containing assertion = gather.cu:12
                """, Kind.DEVICE, "CUDA error: device-side assert triggered; GPU assertion failure message = index out of bounds");
    }

    @Test
    void aColonIsFollowedByWhatItAnnounces() {
        assertRefusal("Expected 3D or 4D input, but got:\n\n  [2, 3]\nsee the documentation\n", Kind.SHAPE,
                "Expected 3D or 4D input, but got: [2, 3]");
    }

    @Test
    void theListOfFunctionsIsNoReason() {
        assertRefusal("cuDNN error: CUDNN_STATUS_BAD_PARAM\nException raised from run_conv_plan at Conv_v8.cpp:374 (most recent call"
                + " first):\nframe #0: c10::Error::Error(c10::SourceLocation, std::string) + 0x57 (0x7f in libc10.so)\n",
                Kind.DEVICE, "cuDNN error: CUDNN_STATUS_BAD_PARAM");
        assertRefusal("frame #0: c10::Error", Kind.OTHER, "no reason given");
        assertRefusal(" \n", Kind.OTHER, "no reason given");
    }
}
