package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.panatorch.testing.TensorTest;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the typed methods give, and of which dtype: PyTorch's values, of its documentation or worked out by hand. */
@TensorTest
class TypedOperatorsTest {

    private TensorScope scope;

    @BeforeEach
    void open() {
        scope = TensorScope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private static Tensor ids(long... values) {
        return Tensor.of(values, values.length);
    }

    private static Tensor floats(double... values) {
        return Tensor.of(values, values.length).to(DType.FLOAT32);
    }

    // ---- numbers --------------------------------------------------------------------------------------------------

    @Test
    void numbersAreWrittenAsInPython() {
        Tensor x = ids(-3, 2, 5);
        assertThat(x.div(2)).hasToString("[3] float32 cpu [-1.5000,  1.0000,  2.5000]");
        assertThat(x.floorDivide(2)).hasToString("[3] int64 cpu [-2,  1,  2]");
        assertThat(x.floorDivide(2.0)).hasToString("[3] float32 cpu [-2.,  1.,  2.]");
        assertThat(x.remainder(4)).hasToString("[3] int64 cpu [1, 2, 1]");
        assertThat(x.pow(3)).hasToString("[3] int64 cpu [-27,   8, 125]");
        assertThat(x.pow(2.0)).hasToString("[3] float32 cpu [ 9.,  4., 25.]");
        assertThat(x.clamp(0, 4)).hasToString("[3] int64 cpu [0, 2, 4]");
        assertThat(x.clamp(0.0, 4.0)).hasToString("[3] float32 cpu [0., 2., 4.]");
        assertThat(x.clampMin(0)).hasToString("[3] int64 cpu [0, 2, 5]");
        assertThat(x.maskedFill(x.lt(0), 7)).hasToString("[3] int64 cpu [7, 2, 5]");
        assertThat(x.gt(2)).hasToString("[3] bool cpu [False, False,  True]");
        assertThat(x.gt(1.5)).hasToString("[3] bool cpu [False,  True,  True]");
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT16", "BFLOAT16", "FLOAT32", "FLOAT64"})
    void numbersLeaveFloatingPointAsItIs(DType dtype) {
        Tensor one = Tensor.of(new double[] {3}).to(dtype);
        for (Tensor x : List.of(one, one.reshape(1))) {
            for (Tensor result : List.of(x.div(2), x.div(2.0), x.pow(2), x.pow(0.5), x.pow(-1), x.floorDivide(2),
                    x.remainder(2.5), x.clamp(0, 1), x.clampMin(4), x.clampMax(0.5), x.maskedFill(x.eq(3), 1.5))) {
                assertThat(result.dtype()).isEqualTo(dtype);
                assertThat(result.shape()).isEqualTo(x.shape());
            }
        }
    }

    @Test
    void wholeNumbersHaveNoNegativePowers() {
        assertThatIllegalArgumentException().isThrownBy(() -> ids(2).pow(-1)).withMessage("pow of [1] int64 cpu: expected an"
                + " exponent of 0 or more for whole numbers, found -1; give a floating-point number");
        assertThat(ids(2).pow(-1.0).item()).isEqualTo(0.5);
    }

    @Test
    void largeWholeNumbersAreNotRounded() {
        long large = (1L << 53) + 1;
        Tensor x = Tensor.full(Shape.of(2), large, DType.INT64, Device.CPU);
        assertThat(x.toLongArray()).containsExactly(large, large);
        assertThat(x.select(0, 1).itemLong()).isEqualTo(large);
        assertThat(x.eq(large).all().itemLong()).isOne();
        assertThat(x.eq(large - 1).any().itemLong()).isZero();
        assertThat(x.sum().itemLong()).isEqualTo(2 * large);
    }

    // ---- making ---------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource
    void fullOnesEye(DType dtype) {
        assertThat(Tensor.full(Shape.of(2, 2), 1, dtype, Device.CPU).toLongArray()).containsExactly(1, 1, 1, 1);
        assertThat(Tensor.ones(Shape.of(3), dtype, Device.CPU).toLongArray()).containsExactly(1, 1, 1);
        assertThat(Tensor.eye(2, dtype, Device.CPU).toLongArray()).containsExactly(1, 0, 0, 1);
        assertThat(Tensor.ones(Shape.of(3), dtype, Device.CPU).dtype()).isEqualTo(dtype);
        assertThat(Tensor.full(Shape.of(2), 0.5, dtype, Device.META)).hasToString("[2] " + dtype.torchName() + " meta");
        assertThat(scope.size()).as("nothing is left besides").isEqualTo(5);
    }

    @Test
    void ranges() {
        assertThat(Tensor.arange(4)).hasToString("[4] int64 cpu [0, 1, 2, 3]");
        assertThat(Tensor.arange(1, 4)).hasToString("[3] int64 cpu [1, 2, 3]");
        assertThat(Tensor.arange(5, 0, -2)).hasToString("[3] int64 cpu [5, 3, 1]");
        assertThat(Tensor.arange(3, 3)).hasToString("[0] int64 cpu []");
        assertThat(Tensor.arange(1, 2.5, 0.5)).hasToString("[3] float32 cpu [1.0000, 1.5000, 2.0000]");
        assertThat(Tensor.linspace(3, 10, 5)).hasToString("[5] float32 cpu [ 3.0000,  4.7500,  6.5000,  8.2500, 10.0000]");
        assertThatIllegalArgumentException().isThrownBy(() -> Tensor.arange(0, 4, -1))
                .withMessage("arange: expected a step that leads to the end, found start 0, end 4, step -1");
        assertThatIllegalArgumentException().isThrownBy(() -> Tensor.arange(0, 4, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> Tensor.arange(0, Double.NaN, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> Tensor.arange(0, 4, 1e-300)).withMessageStartingWith("arange: ");
        assertThatIllegalArgumentException().isThrownBy(() -> Tensor.arange(Long.MIN_VALUE, Long.MAX_VALUE))
                .withMessage("arange: from -9223372036854775808 to 9223372036854775807 it is 2^63 numbers or more");
    }

    /** In by an array, a buffer, a segment; out by an array, a segment, a buffer. */
    @ParameterizedTest
    @EnumSource
    void dataOfEveryDtype(DType dtype) {
        byte[] bytes = new byte[3 * dtype.byteSize()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (dtype == DType.BOOL ? i % 2 : 40 + i); // no NaN, whose bytes need not stay
        }
        ByteBuffer buffer = ByteBuffer.allocateDirect(bytes.length).order(ByteOrder.nativeOrder()).put(bytes).flip();
        for (MemorySegment data : List.of(MemorySegment.ofArray(bytes), MemorySegment.ofBuffer(buffer))) {
            Tensor x = Tensor.of(data, dtype, Shape.of(3));
            assertThat(x.<byte[]>readData(segment -> segment.toArray(ValueLayout.JAVA_BYTE))).isEqualTo(bytes);
            byte first = x.<Byte>readData(segment -> segment.asByteBuffer().get(0));
            assertThat(first).isEqualTo(bytes[0]);
        }
    }

    @Test
    void arraysOfWholeNumbersAndBooleans() {
        assertThat(Tensor.of(new int[] {1, -2}, 2)).hasToString("[2] int32 cpu [ 1, -2]");
        assertThat(Tensor.of(new int[] {1, -2}, 2).toIntArray()).containsExactly(1, -2);
        assertThat(Tensor.of(new byte[] {1, -2}, 2).toIntArray()).containsExactly(1, 254);
        assertThat(Tensor.of(new boolean[] {true, false}, 2).toBooleanArray()).containsExactly(true, false);
        assertThat(floats(0.5, 0, Double.NaN).toBooleanArray()).containsExactly(true, false, true);
        assertThatIllegalArgumentException().isThrownBy(() -> Tensor.of(new int[2], 3))
                .withMessage("shape [3] of int32 needs 3 values, found 2");
        assertThatIllegalStateException().isThrownBy(() -> ids(1, 2).itemLong())
                .withMessage("item: [2] int64 cpu has not exactly one element");
    }

    // ---- reductions -----------------------------------------------------------------------------------------------

    @Test
    void reductions() {
        Tensor x = Tensor.of(new float[] {1, -2, 3, 4, 5, -6}, 2, 3);
        assertThat(x.sum(0)).hasToString("[3] float32 cpu [ 5.,  3., -3.]");
        assertThat(x.sum(-1, true)).hasToString("[2, 1] float32 cpu\n[[2.],\n [3.]]");
        assertThat(x.sum(new long[0], false).item()).as("no dimension stands for all").isEqualTo(5);
        assertThat(x.mean(new long[] {0, 1}, true).shape()).isEqualTo(Shape.of(1, 1));
        assertThat(x.prod(1)).hasToString("[2] float32 cpu [  -6., -120.]");
        assertThat(floats(1, 2, 3, 4).std().item()).isEqualTo((float) Math.sqrt(5 / 3.0));
        assertThat(floats(1, 2, 3, 4).var(new long[] {0}, false, false).item()).isEqualTo(1.25);
        assertThat(floats(3, 4).norm().item()).isEqualTo(5);
        assertThat(x.cumsum(1)).hasToString("[2, 3] float32 cpu\n[[ 1., -1.,  2.],\n [ 4.,  9.,  3.]]");
        assertThat(x.argmax().itemLong()).isEqualTo(4);
        assertThat(x.argmin(1)).hasToString("[2] int64 cpu [1, 2]");
        assertThat(x.max(1).values()).hasToString("[2] float32 cpu [3., 5.]");
        assertThat(x.max(1).indices()).hasToString("[2] int64 cpu [2, 1]");
        assertThat(x.topk(2).values()).hasToString("[2, 2] float32 cpu\n[[3., 1.],\n [5., 4.]]");
        assertThat(x.topk(1, 0, false, true).indices()).hasToString("[1, 3] int64 cpu [[0, 0, 1]]");
        assertThat(x.sort(0, true).values()).hasToString("[2, 3] float32 cpu\n[[ 4.,  5.,  3.],\n [ 1., -2., -6.]]");
        assertThat(Tensor.of(new boolean[] {true, true}, 2).sum()).hasToString("[] int64 cpu 2");
        assertThat(x.gt(0).all(1)).hasToString("[2] bool cpu [False, False]");
    }

    // ---- indices --------------------------------------------------------------------------------------------------

    @Test
    void slicesAreAsInPython() {
        Tensor x = Tensor.arange(6);
        assertThat(x.slice(0, 1L, 5L, 2)).hasToString("[2] int64 cpu [1, 3]");
        assertThat(x.slice(0, -3L, null)).hasToString("[3] int64 cpu [3, 4, 5]");
        assertThat(x.slice(0, null, -4L)).hasToString("[2] int64 cpu [0, 1]");
        assertThat(x.slice(0, 4L, 100L)).hasToString("[2] int64 cpu [4, 5]");
        assertThat(x.slice(0, 4L, 2L)).hasToString("[0] int64 cpu []");
        assertThat(x.slice(0, null, null, 4).storage()).as("a view").isEqualTo(x.storage());
        assertThatThrownBy(() -> x.slice(0, null, null, 0)).isInstanceOf(TorchException.class)
                .hasMessageStartingWith("slice of [6] int64 cpu: slice step must be positive");
    }

    @Test
    void indices() {
        Tensor x = Tensor.arange(6).reshape(2, 3);
        assertThat(x.index(ids(1, 0, 1))).hasToString("[3, 3] int64 cpu\n[[3, 4, 5],\n [0, 1, 2],\n [3, 4, 5]]");
        assertThat(x.index(null, null)).as("x[:, :]").hasToString(x.toString());
        assertThat(x.index(null, ids(-1))).hasToString("[2, 1] int64 cpu\n[[2],\n [5]]");
        assertThat(x.index(ids(0, 1), ids(2, 0))).hasToString("[2] int64 cpu [2, 3]");
        assertThat(x.index(x.gt(2))).hasToString("[3] int64 cpu [3, 4, 5]");
        assertThat(x.gather(1, Tensor.of(new long[] {2, 0}, 2, 1))).hasToString("[2, 1] int64 cpu\n[[2],\n [3]]");
        assertThat(x.select(1, -1)).hasToString("[2] int64 cpu [2, 5]");
        assertThat(x.split(2, 1)).hasSize(2).last().hasToString("[2, 1] int64 cpu\n[[2],\n [5]]");
        assertThat(Tensor.cat(x.unbind(0), 0)).hasToString("[6] int64 cpu [0, 1, 2, 3, 4, 5]");
        assertThat(Tensor.stack(x.chunk(2, 0), 2).shape()).isEqualTo(Shape.of(1, 3, 2));
        assertThat(Tensor.where(x.gt(2), x, x.neg())).hasToString("[2, 3] int64 cpu\n[[ 0, -1, -2],\n [ 3,  4,  5]]");
        assertThatThrownBy(() -> x.index(ids(2))).isInstanceOf(TorchException.class)
                .hasMessageContaining("index 2 is out of bounds for dimension 0 with size 2");
    }

    // ---- layers ---------------------------------------------------------------------------------------------------

    @Test
    void padding() {
        Tensor x = Tensor.of(new float[] {1, 2, 3}, 1, 3);
        assertThat(x.pad(1, 0)).hasToString("[1, 4] float32 cpu [[0., 1., 2., 3.]]");
        assertThat(x.pad(new long[] {0, 1, 1, 0}, 7.0)).hasToString("[2, 4] float32 cpu\n[[7., 7., 7., 7.],\n [1., 2., 3., 7.]]");
        assertThat(x.pad(new long[] {2, 1}, "reflect")).hasToString("[1, 6] float32 cpu [[3., 2., 1., 2., 3., 2.]]");
        assertThat(x.pad(-1, 0)).hasToString("[1, 2] float32 cpu [[2., 3.]]");
    }

    @Test
    void layersByTheirFormulas() {
        Tensor x = Tensor.of(new double[] {1, 2, 3, 4}, 1, 1, 4);
        assertThat(x.conv1d(Tensor.of(new double[] {1, -1}, 1, 1, 2), Tensor.of(new double[] {10}, 1), 1, 0, 2, 1))
                .as("dilated").hasToString("[1, 1, 2] float64 cpu [[[8., 8.]]]");
        assertThat(x.reshape(1, 1, 2, 2).avgPool2d(new long[] {2, 2}, new long[] {1, 1}, new long[] {0, 0}).item()).isEqualTo(2.5);
        assertThat(x.batchNorm(Tensor.of(new double[] {2}, 1), Tensor.of(new double[] {4}, 1), null, null, 0))
                .hasToString("[1, 1, 4] float64 cpu [[[-0.5000,  0.0000,  0.5000,  1.0000]]]");
        assertThat(Tensor.einsum("abc->ac", x).shape()).isEqualTo(Shape.of(1, 4));
        assertThat(x.logSoftmax(-1).exp().sum().item()).isEqualTo(1, within(1e-12));
    }

    @Test
    void errorsNameTheOperatorAndItsOperands() {
        assertThatThrownBy(() -> floats(1, 2).maximum(floats(1, 2, 3))).isInstanceOf(TorchException.class)
                .hasMessageStartingWith("maximum of [2] float32 cpu, [3] float32 cpu: ");
        Tensor standIn = Tensor.standIn(Shape.of(1), DType.FLOAT32, Device.CPU);
        assertThatIllegalStateException().isThrownBy(standIn::log).withMessageStartingWith("log: stand-in [1] float32 cpu");
    }

    /** Where PyTorch says that a value cannot be converted without overflow; sums wrap around there too. */
    @Test
    void wholeNumbersThatADtypeHasNot() {
        Tensor bytes = Tensor.of(new long[] {1, 44, 200}, 3).to(DType.UINT8);
        Tensor ints = Tensor.of(new long[] {5}, 1).to(DType.INT32);
        List<Supplier<Tensor>> calls = List.of(() -> bytes.eq(300), () -> bytes.lt(300), () -> bytes.clamp(-1, 300),
                () -> bytes.clampMax(256), () -> Operator.named("aten::ge.Scalar").call(bytes, -256).tensor(),
                () -> Operator.named("aten::fill_.Scalar").call(bytes, 300).tensor(),
                () -> Tensor.full(Shape.of(2), 300, DType.UINT8, Device.CPU), () -> ints.lt(1L << 40));
        for (Supplier<Tensor> call : calls) {
            assertThatThrownBy(call::get).isInstanceOf(TorchException.class).hasMessageMatching(".*: -?\\d+ is no number of u?int\\d+")
                    .satisfies(e -> assertThat(((TorchException) e).kind()).isEqualTo(TorchException.Kind.DTYPE));
        }
        assertThat(bytes.toLongArray()).containsExactly(1, 44, 200);
        assertThat(bytes.eq(-56).toDoubleArray()).as("below 0 they wrap around").containsExactly(0, 0, 1);
        assertThat(bytes.lt(255).toDoubleArray()).containsExactly(1, 1, 1);
        assertThat(bytes.add(300).toLongArray()).containsExactly(45, 88, 244);
        assertThat(ints.lt(1L << 30).toDoubleArray()).containsExactly(1);
        assertThat(Tensor.full(Shape.of(1), 300, DType.FLOAT16, Device.CPU).item()).isEqualTo(300);
    }
}
