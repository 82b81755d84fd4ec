package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.testing.Elements;
import io.panatorch.testing.LeakCheck;
import io.panatorch.testing.RequiresCuda;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Copies to a GPU, which are made while the caller goes on. */
@Tag("gpu")
@RequiresCuda
@ExtendWith(LeakCheck.class)
class CudaTransferGpuTest {

    private static final Device GPU = Device.cuda(0);
    private static final int ROUNDS = 20;
    private static final long SIDE = 2000;

    /** The source is overwritten at once, and its pinned copy is used again for the next. */
    @Test
    void theSourceMayBeOverwrittenAtOnce() {
        try (var _ = TensorScope.open()) {
            Tensor source = Tensor.zeros(Shape.of(SIDE, SIDE), DType.FLOAT32, Device.CPU);
            Tensor[] there = new Tensor[ROUNDS];
            for (int i = 0; i < ROUNDS; i++) {
                source.copy_(Tensor.of(new float[] {i}, 1));
                there[i] = source.to(i % 2 == 0 ? DType.FLOAT32 : DType.BFLOAT16, GPU);
            }
            source.copy_(Tensor.of(new float[] {-1}, 1));
            for (int i = 0; i < ROUNDS; i++) {
                assertThat(there[i].narrow(1, 0, 1).add(-i).abs().mean().item()).as("copy " + i).isZero();
                assertThat(there[i].narrow(0, SIDE - 1, 1).add(-i).abs().mean().item()).as("copy " + i).isZero();
            }
        }
    }

    @Test
    void thereAndBack() {
        try (var _ = TensorScope.open()) {
            Tensor x = Generator.seeded(1).randn(Shape.of(300, 7), DType.FLOAT32);
            Tensor view = x.transpose(0, 1).narrow(1, 3, 200);
            Elements.assertSame("view", view.to(GPU).to(Device.CPU).toFloatArray(), view.toFloatArray());
            Tensor half = x.to(DType.FLOAT16);
            Elements.assertSame("half", x.to(DType.FLOAT16, GPU).toFloatArray(), half.toFloatArray());
            Elements.assertSame("clamp", x.to(GPU).clamp(-0.5, 0.25).toFloatArray(), x.clamp(-0.5, 0.25).toFloatArray());
            Elements.assertSame("zeros", Tensor.zeros(Shape.of(3), DType.FLOAT32, GPU).toFloatArray(), new float[3]);
            assertThat(x.narrow(0, 0, 0).to(GPU).shape()).isEqualTo(Shape.of(0, 7));
            GPU.synchronize();
        }
    }

    @Test
    void aGpuThatIsNotThere() {
        assertThatThrownBy(() -> Tensor.zeros(Shape.of(1), DType.FLOAT32, Device.cuda(99)))
                .isInstanceOf(TorchException.class)
                .hasMessageStartingWith("cuda:99 is not there: there ");
    }
}
