package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.safetensors.Safetensors;
import io.panatorch.testing.TensorTest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What tensors without memory can do with libtorch's own kernels, and what nobody may do with them. */
@TensorTest
class MetaDeviceTest {

    private TensorScope scope;

    @BeforeEach
    void open() {
        scope = TensorScope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private static Tensor meta(long... shape) {
        return Tensor.empty(Shape.of(shape), DType.BFLOAT16, Device.META);
    }

    private static Tensor cpu(long... shape) {
        return Tensor.zeros(Shape.of(shape), DType.BFLOAT16, Device.CPU);
    }

    @Test
    void aTensorOfAnySizeTakesNoMemory() {
        Tensor x = meta(1L << 30, 1L << 10);
        assertThat(x.device()).isEqualTo(Device.META);
        assertThat(x).hasToString("[1073741824, 1024] bfloat16 meta");
        assertThat(x.byteSize()).isEqualTo(1L << 41);
        assertThat(x.narrow(0, 5, 1).storage()).isEqualTo(new Storage(0, 1L << 41));
        assertThat(Tensor.zeros(Shape.of(2), DType.INT64, Device.META)).hasToString("[2] int64 meta");
    }

    @Test
    void operatorsComputeShapesAndDtypes() {
        Tensor x = meta(5, 7, 64);
        assertThat(x.linear(meta(128, 64), meta(128)).gelu(true)).hasToString("[5, 7, 128] bfloat16 meta");
        assertThat(x.matmul(x.transpose(1, 2)).softmax(-1).clamp(0, 1)).hasToString("[5, 7, 7] bfloat16 meta");
        assertThat(x.to(DType.FLOAT32).mul(2).add(x).to(Device.META).reshape(-1, 2)).hasToString("[1120, 2] float32 meta");
        assertThat(cpu(2, 3).to(DType.FLOAT32, Device.META)).hasToString("[2, 3] float32 meta");
        assertThat(x.mul(Tensor.of(new float[] {2}))).as("a number").hasToString("[5, 7, 64] bfloat16 meta");
        assertThatThrownBy(() -> x.matmul(x)).isInstanceOf(TorchException.class).hasMessageContaining("[5, 7, 64] bfloat16 meta");
    }

    @Test
    void canBeWrittenToFromAnywhere() {
        Tensor x = meta(2, 3);
        x.copy_(cpu(3));
        x.copy_(meta(1, 3));
        assertThat(x).hasToString("[2, 3] bfloat16 meta");
    }

    static Stream<Arguments> readings() {
        return Stream.of(reading("item", Tensor::item), reading("toFloatArray", Tensor::toFloatArray),
                reading("toDoubleArray", Tensor::toDoubleArray), reading("toLongArray", Tensor::toLongArray),
                reading("toByteArray", Tensor::toByteArray), reading("to", x -> x.to(Device.CPU)),
                reading("copy_", x -> cpu(1).copy_(x)));
    }

    private static Arguments reading(String operator, Consumer<Tensor> use) {
        return Arguments.of(operator, use);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("readings")
    void thereIsNothingToRead(String operator, Consumer<Tensor> use) {
        Tensor x = meta(1);
        assertThatIllegalStateException().isThrownBy(() -> use.accept(x)).withMessage(operator
                + ": [1] bfloat16 meta has no elements: on the meta device there are shapes and dtypes alone");
    }

    @Test
    void thereIsNothingToSave(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("x.safetensors");
        Map<String, Tensor> tensors = Map.of("x", meta(1));
        assertThatIllegalStateException().isThrownBy(() -> Safetensors.save(file, tensors, Map.of()));
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).isEmpty();
        }
    }

    static Stream<Arguments> mixtures() {
        return Stream.of(
                mixture("add", () -> meta(2, 3).add(cpu(3))), mixture("sub", () -> cpu(3).sub(meta(2, 3))),
                mixture("mul", () -> meta(2, 3).mul(cpu(2, 3))), mixture("div", () -> cpu(2, 3).div(meta(2, 3))),
                mixture("linear", () -> cpu(2, 3).linear(meta(4, 3), null)),
                mixture("linear", () -> meta(2, 3).linear(meta(4, 3), cpu(4))),
                mixture("matmul", () -> meta(2, 3).matmul(cpu(3))), mixture("matmul", () -> cpu(5, 2, 3).matmul(meta(5, 3, 4))),
                mixture("cat", () -> Tensor.cat(0, cpu(1), meta(1))),
                mixture("rms_norm", () -> meta(2, 3).rmsNorm(cpu(3), 1e-6)),
                mixture("aten::stack", () -> Operator.named("aten::stack").call(List.of(meta(1), cpu(1)))),
                mixture("add", () -> Tensor.empty(Shape.of(1), DType.INT64, Device.META).add(Tensor.of(new long[1], 1))));
    }

    private static Arguments mixture(String operator, Runnable use) {
        return Arguments.of(operator, use);
    }

    /** Some of libtorch's kernels would compute a shape, and some would read memory at the address 0. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("mixtures")
    void tensorsWithAndWithoutMemoryDoNotMeet(String operator, Runnable use) {
        assertThatThrownBy(use::run)
                .isInstanceOf(TorchException.class)
                .hasMessageStartingWith(operator.replace("aten::", ""))
                .hasMessageMatching("(?s).*(on one device, found some on meta|on the same device, but found at least two).*");
    }
}
