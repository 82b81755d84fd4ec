package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.panatorch.tensor.TorchException.Kind;
import io.panatorch.testing.TensorTest;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Failures of each kind, as libtorch really words them. */
@TensorTest
class TorchExceptionTest {

    private static final long[] ONES = {1, 1};
    private static final long[] ZEROS = {0, 0};

    private static Tensor zeros(DType dtype, long... shape) {
        return Tensor.zeros(Shape.of(shape), dtype, Device.CPU);
    }

    private static Tensor meta(long... shape) {
        return Tensor.empty(Shape.of(shape), DType.FLOAT32, Device.META);
    }

    private static TorchException failure(Runnable use) {
        try (var _ = TensorScope.open()) {
            return catchThrowableOfType(TorchException.class, use::run);
        }
    }

    private static Arguments of(Kind kind, String what, Function<Tensor, Object> use) {
        return Arguments.of(kind, what, use);
    }

    static Stream<Arguments> failures() {
        return Stream.of(
                of(Kind.OUT_OF_MEMORY, "more than there is", x -> Tensor.empty(Shape.of(1L << 50), DType.FLOAT32, Device.CPU)),
                of(Kind.OUT_OF_MEMORY, "a copy of an expanded one", x -> x.reshape(6, 1).expand(6, 1L << 48).copy()),
                of(Kind.DEVICE, "with and without memory", x -> x.mul(meta(2, 3))),
                of(Kind.DEVICE, "with and without memory, by the shim", x -> x.linear(meta(2, 3), null)),
                of(Kind.DEVICE, "a GPU that no machine has", x -> x.to(Device.cuda(127))),
                of(Kind.SHAPE, "broadcasting", x -> x.mul(zeros(DType.FLOAT32, 2))),
                of(Kind.SHAPE, "product", x -> x.matmul(x)),
                of(Kind.SHAPE, "linear", x -> x.linear(zeros(DType.FLOAT32, 4, 2), null)),
                of(Kind.SHAPE, "view", x -> x.reshape(4)),
                of(Kind.SHAPE, "expand", x -> x.expand(4, 3)),
                of(Kind.SHAPE, "dimension", x -> x.transpose(0, 2)),
                of(Kind.SHAPE, "narrow", x -> x.narrow(0, 1, 2)),
                of(Kind.SHAPE, "order", x -> x.permute(0)),
                of(Kind.SHAPE, "row", x -> Tensor.cat(0, x, zeros(DType.FLOAT32, 2, 4))),
                of(Kind.SHAPE, "norm", x -> x.layerNorm(zeros(DType.FLOAT32, 2), null, 1e-5)),
                of(Kind.SHAPE, "groups", x -> x.groupNorm(2, null, null, 1e-5)),
                of(Kind.SHAPE, "channels", x -> zeros(DType.FLOAT32, 1, 3, 4, 4)
                        .conv2d(zeros(DType.FLOAT32, 1, 2, 2, 2), null, ONES, ZEROS)),
                of(Kind.SHAPE, "kernel", x -> zeros(DType.FLOAT32, 1, 3, 2, 2)
                        .conv2d(zeros(DType.FLOAT32, 1, 3, 4, 4), null, ONES, ZEROS)),
                of(Kind.SHAPE, "beyond 2^63 bytes", x -> Tensor.empty(Shape.of(1L << 61), DType.FLOAT64, Device.CPU)),
                of(Kind.SHAPE, "equation", x -> Operator.named("aten::einsum").call("ijk->i", List.of(x))),
                of(Kind.DTYPE, "product", x -> x.matmul(zeros(DType.FLOAT64, 3, 2))),
                of(Kind.DTYPE, "kernel", x -> x.to(DType.INT64).silu()),
                of(Kind.DTYPE, "mean", x -> x.to(DType.INT64).mean()),
                of(Kind.DTYPE, "indices", x -> x.embedding(x)),
                of(Kind.DTYPE, "norm", x -> x.layerNorm(zeros(DType.FLOAT64, 3), null, 1e-5)),
                of(Kind.DTYPE, "convolution", x -> zeros(DType.FLOAT32, 1, 3, 4, 4)
                        .conv2d(zeros(DType.FLOAT64, 1, 3, 2, 2), null, ONES, ZEROS)),
                of(Kind.DTYPE, "difference", x -> x.to(DType.BOOL).sub(x.to(DType.BOOL))),
                of(Kind.UNSUPPORTED, "no such operator", x -> Operator.named("aten::no_such").call(x)),
                of(Kind.UNSUPPORTED, "no such overload", x -> Operator.named("aten::mul.no_such").call(x)),
                of(Kind.UNSUPPORTED, "no such kernel", x -> Operator.named("aten::searchsorted.Tensor").call(meta(3), meta(3))),
                of(Kind.OTHER, "an index", x -> x.embedding(Tensor.of(new long[] {7}, 1))),
                of(Kind.OTHER, "a singular matrix", x -> Operator.named("aten::inverse").call(zeros(DType.FLOAT32, 2, 2))));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("failures")
    void kinds(Kind kind, String what, Function<Tensor, Object> use) {
        TorchException e = failure(() -> use.apply(zeros(DType.FLOAT32, 2, 3)));
        assertThat(e).as(what).isNotNull();
        assertThat(e.kind()).as(e.getMessage()).isEqualTo(kind);
        assertThat(e.getMessage()).hasLineCount(1).endsWith(e.details().lines().findFirst().orElseThrow());
    }

    @Test
    void aLibraryThatDoesNotLoad() {
        TorchException e = failure(() -> Operator.loadLibrary(Path.of("/nonexistent/operators.so")));
        assertThat(e.kind()).isEqualTo(Kind.LOADING);
        assertThat(e.details()).isEqualTo(e.getMessage());
    }

    @Test
    void theMessageIsShortAndTheDetailsAreWhole() {
        String words = "CUDA error: device-side assert triggered\nSearch for `cudaErrorAssert'\nFor debugging consider ...\n";
        TorchException e = TorchException.refused("add", " of [2] float32 cuda:0", "aten::add: " + words);
        assertThat(e).hasMessage("add of [2] float32 cuda:0: CUDA error: device-side assert triggered");
        assertThat(e.details()).isEqualTo(words.strip());
        TorchException whole = TorchException.refused("add", "", "index out of range in self\n");
        assertThat(whole.details()).isEqualTo("add: index out of range in self");
    }
}
