package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.testing.TensorTest;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tensors print as PyTorch prints them. */
@TensorTest
class TensorTextTest {

    private TensorScope scope;

    @BeforeEach
    void open() {
        scope = TensorScope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private static Tensor doubles(double... values) {
        return Tensor.of(values, values.length);
    }

    @Test
    void numbersHaveFourDigitsAndOneWidth() {
        assertThat(doubles(1, -2.5, 3.14159)).hasToString("[3] float64 cpu [ 1.0000, -2.5000,  3.1416]");
        assertThat(doubles(0.00005, 0.00015, 1)).hasToString("[3] float64 cpu [5.0000e-05, 1.5000e-04, 1.0000e+00]");
        assertThat(doubles(0.5, 0.03125, 2.00005)).as("rounded to even, of the exact value")
                .hasToString("[3] float64 cpu [0.5000, 0.0312, 2.0000]");
        assertThat(doubles(-0.0, 0.5, -0.0001)).hasToString("[3] float64 cpu [-0.0000e+00,  5.0000e-01, -1.0000e-04]");
    }

    @Test
    void wholeNumbersOfFloatingPointHaveADot() {
        assertThat(doubles(0, 0)).hasToString("[2] float64 cpu [0., 0.]");
        assertThat(doubles(1, 1000, -3)).hasToString("[3] float64 cpu [   1., 1000.,   -3.]");
        assertThat(doubles(1, 1001)).hasToString("[2] float64 cpu [1.0000e+00, 1.0010e+03]");
        assertThat(doubles(2e8)).hasToString("[1] float64 cpu [2.0000e+08]");
        assertThat(doubles(Double.NaN, 2, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY))
                .hasToString("[4] float64 cpu [nan, 2., -inf, inf]");
        assertThat(doubles(1e-300, 1e300)).hasToString("[2] float64 cpu [1.0000e-300, 1.0000e+300]");
    }

    @Test
    void eachDtypeHasItsValues() {
        assertThat(Tensor.of(new boolean[] {true, false}, 2)).hasToString("[2] bool cpu [ True, False]");
        assertThat(Tensor.of(new byte[] {1, -1}, 2)).hasToString("[2] uint8 cpu [  1, 255]");
        assertThat(Tensor.of(new long[] {Long.MIN_VALUE, 9007199254740993L}, 2))
                .hasToString("[2] int64 cpu [-9223372036854775808,     9007199254740993]");
        assertThat(Tensor.of(new float[] {0.1f}).to(DType.BFLOAT16)).hasToString("[] bfloat16 cpu 0.1001");
    }

    @Test
    void dimensionsAreNested() {
        assertThat(Tensor.arange(8).reshape(2, 2, 2))
                .hasToString("[2, 2, 2] int64 cpu\n[[[0, 1],\n  [2, 3]],\n\n [[4, 5],\n  [6, 7]]]");
        assertThat(Tensor.arange(30)).hasToString("[30] int64 cpu\n"
                + "[ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,\n"
                + " 20, 21, 22, 23, 24, 25, 26, 27, 28, 29]");
    }

    @Test
    void largeOnesShowTheirEnds() {
        assertThat(Tensor.arange(1001)).hasToString("[1001] int64 cpu [   0,    1,    2,  ...,  998,  999, 1000]");
        assertThat(Tensor.arange(2002).reshape(2, 1001)).hasToString("[2, 1001] int64 cpu\n"
                + "[[   0,    1,    2,  ...,  998,  999, 1000],\n [1001, 1002, 1003,  ..., 1999, 2000, 2001]]");
        assertThat(Tensor.arange(1008).reshape(504, 2)).hasToString("[504, 2] int64 cpu\n"
                + "[[   0,    1],\n [   2,    3],\n [   4,    5],\n ...,\n [1002, 1003],\n [1004, 1005],\n [1006, 1007]]");
    }

    @Test
    void theOthersAreNotRead() {
        Tensor huge = Tensor.of(new float[] {1}).expand(1L << 40, 3); // 12 TB if it were copied
        assertThat(huge.toString()).startsWith("[1099511627776, 3] float32 cpu\n[[1., 1., 1.],\n").contains("...,");
        long[] many = IntStream.range(0, 20).mapToLong(_ -> 7).toArray();
        assertThat(Tensor.of(new float[] {1}).expand(many)).asString().doesNotContain("1.");
    }

    @Test
    void whatHasNoElementsIsDescribed() {
        assertThat(Tensor.empty(Shape.of(3, 0), DType.FLOAT32, Device.CPU)).hasToString("[3, 0] float32 cpu []");
        assertThat(Tensor.empty(Shape.of(3), DType.FLOAT32, Device.META)).hasToString("[3] float32 meta");
        assertThat(Tensor.standIn(Shape.of(3), DType.FLOAT32, Device.CPU)).hasToString("stand-in [3] float32 cpu");
        Tensor closed = doubles(1);
        assertThat(closed.describe()).isEqualTo("[1] float64 cpu");
        closed.close();
        assertThat(closed).hasToString("closed tensor [1] float64 cpu");
    }
}
