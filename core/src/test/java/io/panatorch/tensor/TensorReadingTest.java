package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.panatorch.device.LibtorchInfo;
import io.panatorch.testing.TensorTest;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Into tensors and out of them: dtypes, accessors, descriptions. */
@TensorTest
class TensorReadingTest {

    private TensorScope scope;

    @BeforeEach
    void open() {
        scope = TensorScope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    @ParameterizedTest
    @EnumSource
    void smallNumbersPassThroughEveryDtype(DType dtype) {
        long[] values = {0, 1, 1, 0};
        Tensor x = Tensor.of(values, 2, 2).to(dtype);
        assertThat(x.dtype()).isEqualTo(dtype);
        assertThat(x.byteSize()).isEqualTo(4L * dtype.byteSize());
        assertThat(x.describe()).isEqualTo("[2, 2] " + dtype.name().toLowerCase(Locale.ROOT) + " cpu");
        for (DType other : DType.values()) {
            Tensor back = x.to(other).to(dtype);
            assertThat(back.toLongArray()).as("by way of " + other).containsExactly(values);
            assertThat(back.toDoubleArray()).containsExactly(0, 1, 1, 0);
            assertThat(back.toFloatArray()).containsExactly(0, 1, 1, 0);
            assertThat(back.toByteArray()).containsExactly(0, 1, 1, 0);
        }
    }

    @Test
    void conversionsRoundAsTorchs() {
        Tensor x = Tensor.of(new double[] {1 + 0x1p-9, 1 + 3 * 0x1p-9, 70000, -2.7, 0.1}, 5);
        assertThat(x.to(DType.BFLOAT16).toDoubleArray()).as("to even").containsExactly(1, 1 + 0x1p-7, 70144, -2.703125,
                0.10009765625);
        assertThat(x.to(DType.FLOAT16).toDoubleArray()[2]).isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(x.to(DType.FLOAT16).toDoubleArray()[4]).isEqualTo(Float.float16ToFloat(Float.floatToFloat16(0.1f)));
        assertThat(x.to(DType.INT32).toLongArray()).as("towards zero").containsExactly(1, 1, 70000, -2, 0);
        assertThat(x.to(DType.BOOL).toLongArray()).containsExactly(1, 1, 1, 1, 1);
        assertThat(Tensor.of(new long[] {200, 255}, 2).toByteArray()).containsExactly((byte) 200, (byte) 255);
    }

    @Test
    void accessorsFreeWhatTheyMake() {
        Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2).transpose(0, 1);
        int size = scope.size();
        long open = LiveTensors.count();
        assertThat(x.toFloatArray()).containsExactly(1, 3, 2, 4);
        assertThat(x.toDoubleArray()).containsExactly(1, 3, 2, 4);
        assertThat(x.toLongArray()).containsExactly(1, 3, 2, 4);
        assertThat(x.toByteArray()).containsExactly(1, 3, 2, 4);
        assertThat(x.toString()).isEqualTo("[2, 2] float32 cpu\n[[1., 3.],\n [2., 4.]]");
        assertThat(Tensor.of(new double[] {0.1}, 1, 1).item()).isEqualTo(0.1);
        assertThat(LiveTensors.count()).isEqualTo(open + 1);
        assertThat(scope.size()).isEqualTo(size + 1);
    }

    @Test
    void itemIsOfOneElement() {
        assertThat(Tensor.of(new long[] {7}).item()).isEqualTo(7);
        assertThatIllegalStateException()
                .isThrownBy(() -> Tensor.of(new float[6], 2, 3).item())
                .withMessage("item: [2, 3] float32 cpu has not exactly one element");
        assertThatIllegalStateException()
                .isThrownBy(() -> Tensor.of(new float[0], 0).item())
                .withMessage("item: [0] float32 cpu has not exactly one element");
    }

    @Test
    void tensorsWithoutDimensionsOrElements() {
        Tensor scalar = Tensor.of(new float[] {2.5f});
        assertThat(scalar).hasToString("[] float32 cpu 2.5000");
        assertThat(scalar.shape().dim()).isZero();
        assertThat(scalar.byteSize()).isEqualTo(4);
        Tensor empty = Tensor.empty(Shape.of(0, 5), DType.INT64, Device.CPU);
        assertThat(empty).hasToString("[0, 5] int64 cpu []");
        assertThat(empty.toLongArray()).isEmpty();
        assertThat(empty.size(-1)).isEqualTo(5);
        assertThat(Tensor.zeros(Shape.of(2, 0), DType.BOOL, Device.CPU).toByteArray()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void zeros(DType dtype) {
        Tensor zeros = Tensor.zeros(Shape.of(3, 4), dtype, Device.CPU);
        assertThat(zeros.dtype()).isEqualTo(dtype);
        assertThat(zeros.toDoubleArray()).hasSize(12).containsOnly(0);
        assertThat(scope.size()).isEqualTo(1);
    }

    @Test
    void valuesMustFillTheShape() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Tensor.of(new float[] {1, 2}, 3))
                .withMessage("shape [3] of float32 needs 3 values, found 2");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Tensor.of(new long[] {1, 2}))
                .withMessage("shape [] of int64 needs 1 values, found 2");
        assertThat(scope.size()).isZero();
    }

    @Test
    void tooLargeForThisMachine() {
        assertThatThrownBy(() -> Tensor.empty(Shape.of(1L << 40, 1L << 10), DType.FLOAT32, Device.CPU))
                .isInstanceOf(TorchException.class)
                .hasMessageStartingWith("empty: ")
                .hasMessageContaining("you tried to allocate 4503599627370496 bytes")
                .hasMessageNotContaining("empty: empty");
        assertThatThrownBy(() -> Tensor.empty(Shape.of(1L << 61), DType.FLOAT64, Device.CPU))
                .hasMessage("empty: Storage size calculation overflowed with sizes=[2305843009213693952] and strides=[1]");
        assertThat(scope.size()).isZero();
    }

    /** A machine with a GPU has another libtorch. */
    @Test
    void noDeviceWithoutItsLibrary() {
        assumeTrue(LibtorchInfo.load().devices().equals(List.of(Device.CPU)), "this libtorch has CUDA");
        Tensor x = Tensor.of(new float[1], 1);
        String reason = " is not there: this is a libtorch for the CPU, there is no libtorch_cuda.so in "
                + LibtorchInfo.load().folder() + ": name one for CUDA by -Dpanatorch.libtorch or the environment variable LIBTORCH";
        assertThatThrownBy(() -> x.to(Device.cuda(0))).isInstanceOf(TorchException.class).hasMessage("cuda:0" + reason);
        assertThatThrownBy(() -> Tensor.zeros(Shape.of(1), DType.FLOAT32, Device.cuda(1))).hasMessage("cuda:1" + reason);
        assertThatThrownBy(Device.cuda(2)::synchronize).isInstanceOf(TorchException.class).hasMessage("cuda:2" + reason);
    }

    @Test
    void aDtypeThatThisLibraryHasNot() {
        Tensor strange = Operator.named("aten::view_as_complex").call(Tensor.of(new float[4], 2, 2)).tensor();
        String description = "[2] of a dtype or device without a counterpart in Panatorch";
        assertThat(strange).hasToString(description);
        assertThat(strange.shape()).isEqualTo(Shape.of(2));
        assertThat(strange.isContiguous()).isTrue();
        assertThatThrownBy(strange::dtype)
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessage("the dtype or device of this tensor [2] has no counterpart in Panatorch; convert it with an"
                        + " Operator");
        assertThatThrownBy(() -> strange.reshape(3))
                .isInstanceOf(TorchException.class)
                .hasMessage("reshape of " + description + ": shape '[3]' is invalid for input of size 2");
    }
}
