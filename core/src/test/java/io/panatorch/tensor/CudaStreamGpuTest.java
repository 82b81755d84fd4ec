package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.panatorch.testing.Elements;
import io.panatorch.testing.LeakCheck;
import io.panatorch.testing.RequiresCuda;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Streams, pinned memory and failures of a GPU that is there. */
@Tag("gpu")
@RequiresCuda
@ExtendWith(LeakCheck.class)
class CudaStreamGpuTest {

    private static final Device GPU = Device.cuda(0);
    private static final int LAYERS = 12;
    private static final long SIDE = 1024;

    /** Weights of which two layers' are on the GPU: the next come while the present ones compute. */
    @Test
    void weightsArriveWhileOthersCompute() {
        try (var _ = TensorScope.open()) {
            Generator generator = Generator.seeded(3);
            Tensor[] weights = new Tensor[LAYERS];
            for (int i = 0; i < LAYERS; i++) {
                weights[i] = generator.randn(Shape.of(SIDE, SIDE), DType.FLOAT32).mul(1.0 / Math.sqrt(SIDE)).pinMemory();
            }
            Tensor x = generator.randn(Shape.of(SIDE, SIDE), DType.FLOAT32).to(GPU);
            Tensor[] places = {x.copy(), x.copy()};
            CudaStream copies = CudaStream.of(GPU);
            GPU.synchronize();
            copyOn(copies, places[0], weights[0]);
            Tensor y = x;
            for (int i = 0; i < LAYERS; i++) {
                GPU.synchronize(); // what the place of the next weights has been used for
                copies.synchronize();
                y = y.linear(places[i % 2], null);
                if (i + 1 < LAYERS) {
                    copyOn(copies, places[(i + 1) % 2], weights[i + 1]);
                }
            }
            Tensor expected = x;
            for (Tensor weight : weights) {
                expected = expected.linear(weight.to(GPU), null);
            }
            Elements.assertSame("in order", y.toFloatArray(), expected.toFloatArray());
        }
    }

    private static void copyOn(CudaStream stream, Tensor place, Tensor weight) {
        try (var _ = stream.use()) {
            place.copy_(weight, true);
        }
    }

    @Test
    void whatIsPinnedIsTheSame() {
        try (var _ = TensorScope.open()) {
            Tensor x = Generator.seeded(1).randn(Shape.of(300, 7), DType.FLOAT32);
            Tensor pinned = x.pinMemory();
            Elements.assertSame("pinned", pinned.toFloatArray(), x.toFloatArray());
            assertThat(pinned.pinMemory().storage()).as("once").isEqualTo(pinned.storage());
            Tensor back = Tensor.zeros(Shape.of(300, 7), DType.FLOAT32, Device.CPU).pinMemory();
            back.copy_(x.to(GPU), true);
            GPU.synchronize();
            Elements.assertSame("back", back.toFloatArray(), x.toFloatArray());
        }
    }

    @Test
    void moreMemoryThanThereIs() {
        try (var _ = TensorScope.open()) {
            TorchException e = catchThrowableOfType(
                    TorchException.class, () -> Tensor.empty(Shape.of(1L << 42), DType.FLOAT32, GPU));
            assertThat(e.kind()).isEqualTo(TorchException.Kind.OUT_OF_MEMORY);
            assertThat(e.getMessage()).startsWith("empty: CUDA out of memory. Tried to allocate ").hasLineCount(1);
            assertThat(Tensor.zeros(Shape.of(2), DType.FLOAT32, GPU).toFloatArray()).as("afterwards").containsOnly(0);
        }
    }

    @Test
    void tensorsOnDifferentDevices() {
        try (var _ = TensorScope.open()) {
            Tensor x = Tensor.zeros(Shape.of(2, 2), DType.FLOAT32, Device.CPU);
            TorchException e = catchThrowableOfType(TorchException.class, () -> x.add(x.to(GPU)));
            assertThat(e.kind()).as(e.getMessage()).isEqualTo(TorchException.Kind.DEVICE);
        }
    }
}
