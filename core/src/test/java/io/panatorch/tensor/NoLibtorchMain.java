package io.panatorch.tensor;

import io.panatorch.device.CudaInfo;
import io.panatorch.device.LibtorchInfo;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;

/** Says how each way into libtorch fails where there is none, on two threads and twice on each; for {@link NoLibtorchTest}. */
final class NoLibtorchMain {

    private NoLibtorchMain() {}

    private static Map<String, Callable<?>> calls() {
        Map<String, Callable<?>> calls = new LinkedHashMap<>();
        calls.put("scope", NoLibtorchMain::compute);
        calls.put("operator", () -> Operator.named("aten::relu").call());
        calls.put("library", () -> {
            Operator.loadLibrary(Path.of("/none.so"));
            return null;
        });
        calls.put("random numbers", () -> Generator.seeded(0).randn(Shape.of(1), DType.FLOAT32));
        calls.put("libtorch", LibtorchInfo::load);
        calls.put("threads", LibtorchInfo::threads);
        calls.put("half types", () -> LibtorchInfo.isFastOnCpu(DType.BFLOAT16));
        calls.put("GPUs", CudaInfo::load);
        return calls;
    }

    private static Object compute() {
        try (TensorScope _ = TensorScope.open()) {
            return Tensor.of(new float[] {1}, 1).add(1).item();
        }
    }

    public static void main(String[] args) throws InterruptedException {
        for (int i = 0; i < 2; i++) {
            sayAll();
            Thread other = new Thread(NoLibtorchMain::sayAll);
            other.start();
            other.join();
        }
    }

    private static void sayAll() {
        calls().forEach((name, call) -> {
            try {
                System.out.println(name + ": " + call.call());
            } catch (Throwable e) { // errors of linking too
                System.out.println(e);
            }
        });
    }
}
