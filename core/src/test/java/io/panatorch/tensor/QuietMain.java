package io.panatorch.tensor;

import io.panatorch.device.LibtorchInfo;

/** Layers of sizes at which libtorch uses all its threads and libraries, and failures; for {@link QuietTest}. */
final class QuietMain {

    private QuietMain() {}

    public static void main(String[] args) {
        LibtorchInfo.setThreads(4);
        Generator generator = Generator.seeded(0);
        try (var _ = TensorScope.open()) {
            for (DType dtype : new DType[] {DType.FLOAT32, DType.BFLOAT16}) {
                Tensor tokens = generator.randn(Shape.of(1, 512, 256), dtype);
                Tensor weight = generator.randn(Shape.of(256, 256), dtype);
                tokens.linear(weight, null).matmul(weight).layerNorm(null, null, 1e-5).gelu(true);
                Tensor heads = tokens.reshape(1, 512, 4, 64).transpose(1, 2);
                Tensor.scaledDotProductAttention(heads, heads, heads, null, 0.125);
                Tensor video = generator.randn(Shape.of(1, 16, 3, 32, 32), dtype);
                video.conv3d(generator.randn(Shape.of(16, 16, 3, 3, 3), dtype), null, new long[] {1, 1, 1},
                        new long[] {1, 1, 1}).groupNorm(4, null, null, 1e-6).silu();
            }
            try {
                Tensor.of(new float[4], 2, 2).reshape(3);
            } catch (TorchException e) {
                Operator.named("aten::relu").call(Tensor.of(new float[1], 1));
            }
            try {
                Operator.named("aten::no_such").call();
            } catch (TorchException e) {
                System.out.println("done");
            }
        }
    }
}
