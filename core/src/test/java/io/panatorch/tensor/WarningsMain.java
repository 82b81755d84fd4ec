package io.panatorch.tensor;

/** Operators of which libtorch warns, on two threads; for {@link WarningsTest}. */
final class WarningsMain {

    private WarningsMain() {}

    public static void main(String[] args) throws InterruptedException {
        deviationOfOne();
        Thread other = new Thread(WarningsMain::deviationOfOne);
        other.start();
        other.join();
        try (var _ = TensorScope.open()) {
            try (var _ = TensorScope.open()) {
                Tensor weight = Tensor.of(new float[4], 4);
                Tensor.of(new float[8], 2, 4).to(DType.BFLOAT16).rmsNorm(weight, 1e-5);
                System.out.println("computed");
            }
            System.out.println("passed on");
        }
    }

    private static void deviationOfOne() {
        try (var _ = TensorScope.open()) {
            Operator.named("aten::std").call(Tensor.of(new float[1], 1));
        }
    }
}
