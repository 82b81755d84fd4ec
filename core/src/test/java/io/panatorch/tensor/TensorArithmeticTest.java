package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.panatorch.testing.Elements;
import io.panatorch.testing.TensorTest;
import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Elementwise operators against Java's own arithmetic. */
@TensorTest
class TensorArithmeticTest {

    /** The negative of a narrower subtrahend would wrap around before it is widened. */
    @Test
    void differencesOfWholeNumbersOfTwoWidths() {
        try (var _ = TensorScope.open()) {
            Tensor bytes = Tensor.of(new byte[] {(byte) 200}, 1);
            assertThat(Tensor.of(new long[] {7}, 1).sub(bytes).toLongArray()).containsExactly(-193);
            assertThat(Tensor.of(new int[] {7}, 1).sub(bytes).toLongArray()).containsExactly(-193);
            assertThat(bytes.sub(Tensor.of(new long[] {201}, 1)).toLongArray()).containsExactly(-1);
            assertThat(Tensor.of(new long[] {0}, 1).sub(Tensor.of(new int[] {Integer.MIN_VALUE}, 1)).toLongArray())
                    .containsExactly(1L << 31);
            assertThat(bytes.sub(bytes.add(1)).toLongArray()).as("of one width it wraps around, as in torch").containsExactly(255);
        }
    }


    private static final double[] VALUES = {-3, -1.5, -0.25, 0, 0.5, 1, 2.75, 6};

    private TensorScope scope;

    @BeforeEach
    void open() {
        scope = TensorScope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private static Tensor integers(long... values) {
        return Tensor.of(values, values.length);
    }

    private static void assertUnary(UnaryOperator<Tensor> operator, DoubleUnaryOperator expected) {
        Tensor exact = Tensor.of(VALUES, 2, 4);
        double[] wanted = Arrays.stream(VALUES).map(expected).toArray();
        Elements.assertClose("float64", operator.apply(exact).toDoubleArray(), wanted, 1e-12);
        Tensor single = operator.apply(exact.to(DType.FLOAT32));
        assertThat(single.dtype()).isEqualTo(DType.FLOAT32);
        assertThat(single.shape()).isEqualTo(Shape.of(2, 4));
        for (int i = 0; i < wanted.length; i++) {
            assertThat(single.toDoubleArray()[i]).isEqualTo(wanted[i], within(3e-7 * Math.max(1, Math.abs(wanted[i]))));
        }
        Tensor half = operator.apply(exact.to(DType.BFLOAT16));
        assertThat(half.dtype()).isEqualTo(DType.BFLOAT16);
        for (int i = 0; i < wanted.length; i++) {
            assertThat(half.toDoubleArray()[i]).isEqualTo(wanted[i], within(0.01 * Math.max(0.1, Math.abs(wanted[i]))));
        }
    }

    @Test
    void functionsOfOneTensor() {
        assertUnary(Tensor::exp, Math::exp);
        assertUnary(Tensor::sin, Math::sin);
        assertUnary(Tensor::cos, Math::cos);
        assertUnary(Tensor::relu, x -> Math.max(x, 0));
        assertUnary(Tensor::silu, x -> x / (1 + Math.exp(-x)));
        assertUnary(x -> x.gelu(true),
                x -> 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))));
        assertUnary(x -> x.clamp(-1, 1.5), x -> Math.min(Math.max(x, -1), 1.5));
        assertUnary(x -> x.add(0.5), x -> x + 0.5);
        assertUnary(x -> x.mul(-2), x -> x * -2);
        assertUnary(x -> x.div(4), x -> x / 4);
    }

    /** Values of the error function from Abramowitz and Stegun's table 7.1: gelu(x) = x/2 (1 + erf(x/√2)). */
    @Test
    void exactGelu() {
        double root = Math.sqrt(2);
        Tensor x = Tensor.of(new double[] {0.5 * root, root, -root, 0}, 4);
        double[] erf = {0.5204998778, 0.8427007929, -0.8427007929, 0};
        double[] wanted = {
            0.25 * root * (1 + erf[0]), 0.5 * root * (1 + erf[1]), -0.5 * root * (1 + erf[2]), 0
        };
        Elements.assertClose("gelu", x.gelu(false).toDoubleArray(), wanted, 1e-9);
        assertThat(x.gelu(true).toDoubleArray()[0]).isNotCloseTo(wanted[0], within(1e-6));
    }

    @Test
    void twoTensorsAreBroadcast() {
        Tensor column = Tensor.of(new float[] {10, 20}, 2, 1);
        Tensor row = Tensor.of(new float[] {1, 2, 4}, 3);
        assertThat(column.add(row)).hasToString("[2, 3] float32 cpu\n[[11., 12., 14.],\n [21., 22., 24.]]");
        assertThat(column.sub(row).toFloatArray()).containsExactly(9, 8, 6, 19, 18, 16);
        assertThat(column.mul(row).toFloatArray()).containsExactly(10, 20, 40, 20, 40, 80);
        assertThat(column.div(row).toFloatArray()).containsExactly(10, 5, 2.5f, 20, 10, 5);
    }

    @Test
    void shapesThatDoNotFit() {
        Tensor a = Tensor.of(new float[6], 2, 3);
        Tensor b = Tensor.of(new float[4], 4);
        String reason = "The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 1";
        assertThatThrownBy(() -> a.add(b))
                .isInstanceOf(TorchException.class)
                .hasMessage("add of [2, 3] float32 cpu, [4] float32 cpu: " + reason);
        assertThatThrownBy(() -> a.sub(b)).hasMessage("sub of [2, 3] float32 cpu, [4] float32 cpu: " + reason);
        assertThatThrownBy(() -> a.mul(b)).hasMessage("mul of [2, 3] float32 cpu, [4] float32 cpu: " + reason);
        assertThatThrownBy(() -> a.div(b)).hasMessage("div of [2, 3] float32 cpu, [4] float32 cpu: " + reason);
        assertThatThrownBy(() -> integers(1, 2).add(integers(1, 2, 3)))
                .hasMessageStartingWith("add of [2] int64 cpu, [3] int64 cpu: ")
                .hasMessageContaining("The size of tensor a (2) must match the size of tensor b (3)");
    }

    @Test
    void dtypesArePromotedAsInTorch() {
        Tensor f32 = Tensor.of(new float[] {1, 2}, 2);
        Tensor bf16 = f32.to(DType.BFLOAT16);
        assertThat(f32.add(Tensor.of(new double[] {1, 2}, 2)).dtype()).isEqualTo(DType.FLOAT64);
        assertThat(f32.add(bf16).dtype()).isEqualTo(DType.FLOAT32);
        assertThat(bf16.mul(f32.to(DType.FLOAT16)).dtype()).isEqualTo(DType.FLOAT32);
        assertThat(bf16.add(integers(1, 2)).dtype()).isEqualTo(DType.BFLOAT16);
        assertThat(f32.add(Tensor.of(new double[] {1})).dtype()).as("no dimensions").isEqualTo(DType.FLOAT32);
        assertThat(integers(4, 6).div(integers(8, 3)).toDoubleArray()).containsExactly(0.5, 2);
    }

    /** A Python float does not change the dtype of a float tensor, with dimensions or without. */
    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"FLOAT32", "FLOAT64", "BFLOAT16", "FLOAT16"})
    void numbersKeepAFloatDtype(DType dtype) {
        for (Tensor x : new Tensor[] {Tensor.of(new float[] {3}).to(dtype), Tensor.of(new float[] {3, 3}, 2).to(dtype)}) {
            for (Tensor y : new Tensor[] {x.add(0.1), x.mul(0.1), x.div(0.1), x.clamp(0.1, 0.2)}) {
                assertThat(y.dtype()).isEqualTo(dtype);
                assertThat(y.shape()).isEqualTo(x.shape());
            }
        }
        float product = 3 * 0.1f;
        assertThat(Tensor.of(new float[] {3}).mul(0.1).toFloatArray()).containsExactly(product);
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"INT64", "INT32", "UINT8", "INT8", "BOOL"})
    void numbersMakeWholeOnesFloat32(DType dtype) {
        for (Tensor x : new Tensor[] {integers(1, 1).to(dtype), Tensor.of(new long[] {1}).to(dtype)}) {
            for (Tensor y : new Tensor[] {x.add(0.5), x.mul(1.5), x.clamp(1.5, 2)}) {
                assertThat(y.dtype()).isEqualTo(DType.FLOAT32);
                assertThat(y.toDoubleArray()).containsOnly(1.5);
            }
        }
    }

    @Test
    void wholeNumbersAreNotRounded() {
        long large = (1L << 62) + 1;
        assertThat(integers(large, 5).add(integers(2, -7)).toLongArray()).containsExactly(large + 2, -2);
        assertThat(integers(large, 5).sub(integers(2, 7)).toLongArray()).containsExactly(large - 2, -2);
        assertThat(integers(large).mul(integers(3)).toLongArray()).containsExactly(large * 3);
        Tensor positions = Tensor.of(new long[] {0, 1, 2}, 3, 1).sub(Tensor.of(new long[] {0, 1}, 1, 2));
        assertThat(positions).hasToString("[3, 2] int64 cpu\n[[ 0, -1],\n [ 1,  0],\n [ 2,  1]]");
    }

    @Test
    void wholeNumbersArePromoted() {
        Tensor bytes = integers(250, 10).to(DType.UINT8);
        Tensor ints = integers(-1, 1).to(DType.INT32);
        Tensor bools = integers(1, 0).to(DType.BOOL);
        assertThat(bytes.add(bytes)).hasToString("[2] uint8 cpu [244,  20]");
        assertThat(bytes.sub(bytes.add(bools))).hasToString("[2] uint8 cpu [255,   0]");
        assertThat(bytes.add(ints)).hasToString("[2] int32 cpu [249,  11]");
        assertThat(ints.add(Tensor.of(new long[] {5}))).as("no dimensions").hasToString("[2] int32 cpu [4, 6]");
        assertThat(Tensor.of(new long[] {5}).add(ints)).hasToString("[2] int32 cpu [4, 6]");
        assertThat(bools.add(Tensor.of(new long[] {5}))).as("a higher kind").hasToString("[2] int64 cpu [6, 5]");
        assertThat(Tensor.of(new long[] {5}).add(Tensor.of(new long[] {6}))).hasToString("[] int64 cpu 11");
        assertThat(bools.add(bools)).as("or").hasToString("[2] bool cpu [ True, False]");
        assertThat(integers().add(integers())).hasToString("[0] int64 cpu []");
    }

    @Test
    void booleansCountAsOnes() {
        Tensor bools = integers(1, 0).to(DType.BOOL);
        Tensor halves = Tensor.of(new float[] {0.5f, 0.5f}, 2);
        assertThat(bools.add(halves)).hasToString("[2] float32 cpu [1.5000, 0.5000]");
        assertThat(halves.add(bools)).hasToString("[2] float32 cpu [1.5000, 0.5000]");
        assertThat(bools.mul(halves).toFloatArray()).containsExactly(0.5f, 0);
        assertThatThrownBy(() -> bools.sub(bools))
                .isInstanceOf(TorchException.class)
                .hasMessageStartingWith("sub of [2] bool cpu, [2] bool cpu: Subtraction, the `-` operator, with two bool"
                        + " tensors is not supported.");
    }

    @Test
    void emptyTensorsStayEmpty() {
        Tensor empty = Tensor.of(new float[0], 0, 3);
        assertThat(empty.add(1).mul(empty).exp()).hasToString("[0, 3] float32 cpu []");
        assertThat(empty.add(Tensor.of(new float[] {1, 2, 3}, 3)).shape()).isEqualTo(Shape.of(0, 3));
    }

    @Test
    void infinityAndNotANumberPass() {
        Tensor x = Tensor.of(new float[] {Float.POSITIVE_INFINITY, Float.NaN, -1}, 3);
        assertThat(x.mul(-1).toFloatArray()).containsExactly(Float.NEGATIVE_INFINITY, Float.NaN, 1);
        assertThat(x.clamp(0, 1).toFloatArray()).containsExactly(1, Float.NaN, 0);
        assertThat(x.div(0.0).toFloatArray()).containsExactly(Float.POSITIVE_INFINITY, Float.NaN, Float.NEGATIVE_INFINITY);
    }
}
