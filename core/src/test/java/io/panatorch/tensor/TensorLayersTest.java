package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;
import static org.assertj.core.api.Assertions.within;

import io.panatorch.testing.Elements;
import io.panatorch.testing.TensorTest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Operators that models are made of, against {@link Naive} loops. */
@TensorTest
class TensorLayersTest {

    private TensorScope scope;

    @BeforeEach
    void open() {
        scope = TensorScope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private static Tensor tensor(double[] values, long... shape) {
        return Tensor.of(values, shape);
    }

    private static void assertNear(Tensor actual, double[] expected, long... shape) {
        assertThat(actual.shape()).isEqualTo(Shape.of(shape));
        Elements.assertClose("float64", actual.toDoubleArray(), expected, 1e-12);
    }

    private static void assertNearInFloat32(Tensor actual, double[] expected) {
        assertThat(actual.dtype()).isEqualTo(DType.FLOAT32);
        Elements.assertClose("float32", actual.toDoubleArray(), expected, 2e-6);
    }

    @Test
    void matrixProducts() {
        double[] a = Naive.numbers(1, 6);
        double[] b = Naive.numbers(2, 12);
        double[] product = Naive.matmul(a, b, 2, 3, 4);
        assertNear(tensor(a, 2, 3).matmul(tensor(b, 3, 4)), product, 2, 4);
        assertNear(tensor(a, 1, 2, 3).matmul(tensor(b, 3, 4)), product, 1, 2, 4);
        assertNearInFloat32(tensor(a, 2, 3).to(DType.FLOAT32).matmul(tensor(b, 3, 4).to(DType.FLOAT32)), product);
        assertThatThrownBy(() -> tensor(a, 2, 3).matmul(tensor(a, 2, 3)))
                .isInstanceOf(TorchException.class)
                .hasMessage("matmul of [2, 3] float64 cpu, [2, 3] float64 cpu:"
                        + " mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)");
    }

    @Test
    void linearLayers() {
        double[] x = Naive.numbers(1, 2 * 3 * 4);
        double[] w = Naive.numbers(2, 5 * 4);
        double[] bias = Naive.numbers(3, 5);
        Tensor weight = tensor(w, 5, 4);
        double[] product = Naive.matmul(x, weight.transpose(0, 1).toDoubleArray(), 6, 4, 5);
        assertNear(tensor(x, 2, 3, 4).linear(weight, null), product.clone(), 2, 3, 5);
        for (int i = 0; i < product.length; i++) {
            product[i] += bias[i % 5];
        }
        assertNear(tensor(x, 2, 3, 4).linear(weight, tensor(bias, 5)), product, 2, 3, 5);
        assertThatThrownBy(() -> tensor(x, 6, 4).linear(weight, tensor(x, 24)))
                .hasMessageStartingWith("linear of [6, 4] float64 cpu, [5, 4] float64 cpu, [24] float64 cpu: ");
    }

    /** Which oneDNN refuses. */
    @Test
    void aSlidingWindowAsWeightOfALargeLinearLayer() {
        Tensor x = Tensor.of(Naive.floats(1, 16 * 512), 16, 512);
        for (long[] strides : new long[][] {{1, 1}, {2, 1}, {1, 3}}) {
            Tensor weight = Operator.named("aten::as_strided")
                    .call(Tensor.of(Naive.floats(2, 2048), 2048), new long[] {512, 512}, strides).tensor();
            Elements.assertClose("linear", x.linear(weight, null).toFloatArray(), x.linear(weight.copy(), null).toFloatArray(), 1e-3);
        }
    }

    /** Of which libtorch's fused attention leaves elements of the result as they were in memory. */
    @Test
    void queriesOfASlidingWindow() {
        Tensor key = tensor(Naive.numbers(1, 2 * 3 * 5), 1, 2, 3, 5);
        Tensor query = Operator.named("aten::as_strided")
                .call(tensor(Naive.numbers(2, 20), 20), new long[] {1, 2, 4, 5}, new long[] {1, 2, 0, 1}).tensor();
        assertNear(Tensor.scaledDotProductAttention(query, key, key, null, 0.4),
                Tensor.scaledDotProductAttention(query.copy(), key, key, null, 0.4).toDoubleArray(), 1, 2, 4, 5);
    }

    @Test
    void softmaxOverAnyDimension() {
        double[] x = {1, 2, 3, 1, 1, 1};
        double e = Math.E;
        double sum = 1 + e + e * e;
        assertNear(tensor(x, 2, 3).softmax(-1),
                new double[] {1 / sum, e / sum, e * e / sum, 1 / 3.0, 1 / 3.0, 1 / 3.0}, 2, 3);
        double[] columns = tensor(x, 2, 3).softmax(0).toDoubleArray();
        assertThat(columns[0] + columns[3]).isEqualTo(1, within(1e-15));
        assertThat(columns[0]).isEqualTo(0.5, within(1e-15));
    }

    @Test
    void norms() {
        double[] x = Naive.numbers(1, 4 * 6);
        double[] w = Naive.numbers(2, 6);
        double[] b = Naive.numbers(3, 6);
        Tensor input = tensor(x, 2, 2, 6);
        double[] layer = Naive.normalise(x, 6, 1e-3, true);
        double[] rms = Naive.normalise(x, 6, 1e-3, false);
        assertNear(input.layerNorm(null, null, 1e-3), layer, 2, 2, 6);
        assertNear(input.rmsNorm(null, 1e-3), rms, 2, 2, 6);
        for (int i = 0; i < x.length; i++) {
            layer[i] = layer[i] * w[i % 6] + b[i % 6];
            rms[i] *= w[i % 6];
        }
        assertNear(input.layerNorm(tensor(w, 6), tensor(b, 6), 1e-3), layer, 2, 2, 6);
        assertNear(input.rmsNorm(tensor(w, 6), 1e-3), rms, 2, 2, 6);
        assertThatThrownBy(() -> input.layerNorm(tensor(w, 3, 2), null, 1e-3))
                .hasMessageStartingWith("layer_norm of [2, 2, 6] float64 cpu, [3, 2] float64 cpu: ");
        assertThatThrownBy(() -> tensor(new double[1]).layerNorm(null, null, 1e-3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("layer_norm of [] float64 cpu: expected a dimension to normalise over, found none");
    }

    /** Asking for the shape writes to the memory that the arguments are in: no matter which comes first. */
    @Test
    void normsOfATensorNobodyHasLookedAt() {
        double[] x = Naive.numbers(1, 12);
        assertNear(tensor(x, 2, 6).mul(1).layerNorm(tensor(x, 12).narrow(0, 0, 6), null, 0),
                tensor(Naive.normalise(x, 6, 0, true), 2, 6).mul(tensor(x, 2, 6).narrow(0, 0, 1)).toDoubleArray(), 2, 6);
    }

    @Test
    void groupNorm() {
        double[] x = Naive.numbers(1, 2 * 4 * 3);
        double[] w = Naive.numbers(2, 4);
        double[] b = Naive.numbers(3, 4);
        double[] expected = Naive.normalise(x, 2 * 3, 1e-6, true); // two channels of three make a group
        assertNear(tensor(x, 2, 4, 3).groupNorm(2, null, null, 1e-6), expected, 2, 4, 3);
        for (int i = 0; i < x.length; i++) {
            expected[i] = expected[i] * w[i / 3 % 4] + b[i / 3 % 4];
        }
        assertNear(tensor(x, 2, 4, 3).groupNorm(2, tensor(w, 4), tensor(b, 4), 1e-6), expected, 2, 4, 3);
        assertThatThrownBy(() -> tensor(x, 2, 4, 3).groupNorm(3, null, null, 1e-6))
                .hasMessage("group_norm of [2, 4, 3] float64 cpu: Expected number of channels in input to be divisible by"
                        + " num_groups, but got input of shape [2, 4, 3] and num_groups=3");
    }

    @ParameterizedTest
    @CsvSource({"5, 5, 4", "3, 7, 8", "40, 33, 16"})
    void attention(int n, int m, int d) {
        double[] q = Naive.numbers(1, n * d);
        double[] k = Naive.numbers(2, m * d);
        double[] v = Naive.numbers(3, m * d);
        double[] mask = Naive.numbers(4, n * m);
        double[] expected = Naive.attention(q, k, v, new double[n * m], n, m, d, 0.3);
        Tensor query = tensor(q, 1, 1, n, d);
        Tensor key = tensor(k, 1, 1, m, d);
        Tensor value = tensor(v, 1, 1, m, d);
        assertNear(Tensor.scaledDotProductAttention(query, key, value, null, 0.3), expected, 1, 1, n, d);
        double[] masked = Naive.attention(q, k, v, mask, n, m, d, 0.3);
        assertNear(Tensor.scaledDotProductAttention(query, key, value, tensor(mask, n, m), 0.3), masked, 1, 1, n, d);
        Tensor single = Tensor.scaledDotProductAttention(
                query.to(DType.FLOAT32), key.to(DType.FLOAT32), value.to(DType.FLOAT32), null, 0.3);
        assertNearInFloat32(single, expected);
    }

    @Test
    void attentionKeepsHeadsApart() {
        double[] x = Naive.numbers(1, 2 * 3 * 4);
        Tensor both = tensor(x, 1, 2, 3, 4);
        Tensor second = both.narrow(1, 1, 1);
        Elements.assertClose("second head",
                Tensor.scaledDotProductAttention(both, both, both, null, 0.5).narrow(1, 1, 1).toDoubleArray(),
                Tensor.scaledDotProductAttention(second, second, second, null, 0.5).toDoubleArray(), 1e-12);
        assertThatThrownBy(() -> Tensor.scaledDotProductAttention(both, both, both, tensor(x, 24), 1))
                .hasMessageStartingWith("scaled_dot_product_attention of [1, 2, 3, 4] float64 cpu, [1, 2, 3, 4] float64 cpu,"
                        + " [1, 2, 3, 4] float64 cpu, [24] float64 cpu: ");
    }

    @ParameterizedTest
    @CsvSource({"1, 0, 0, 0", "1, 1, 1, 1", "2, 0, 1, 1", "2, 1, 0, 2"})
    void conv3d(int stride, int frames, int height, int width) {
        int[] padding = {frames, height, width};
        Naive.Conv conv = new Naive.Conv(
                2, 3, new int[] {4, 5, 6}, new int[] {3, 2, 3}, new int[] {stride, stride, stride}, padding);
        double[] x = Naive.numbers(1, 2 * 4 * 5 * 6);
        double[] w = Naive.numbers(2, 3 * 2 * 3 * 2 * 3);
        double[] b = Naive.numbers(3, 3);
        double[] expected = conv.run(x, w, b);
        long[] steps = {stride, stride, stride};
        long[] pads = {frames, height, width};
        Tensor input = tensor(x, 1, 2, 4, 5, 6);
        Tensor weight = tensor(w, 3, 2, 3, 2, 3);
        assertNear(input.conv3d(weight, tensor(b, 3), steps, pads), expected,
                1, 3, conv.outSize(0), conv.outSize(1), conv.outSize(2));
        Tensor single = input.to(DType.FLOAT32)
                .conv3d(weight.to(DType.FLOAT32), tensor(b, 3).to(DType.FLOAT32), steps, pads);
        Elements.assertClose("float32", single.toDoubleArray(), expected, 1e-5);
        assertNear(input.conv3d(weight, null, steps, pads), conv.run(x, w, new double[3]),
                1, 3, conv.outSize(0), conv.outSize(1), conv.outSize(2));
    }

    /** Whatever computes it, sums are kept in float32 and rounded once. */
    @ParameterizedTest
    @CsvSource({"BFLOAT16, 0.00391", "FLOAT16, 0.000489"})
    void convolutionsOfHalfTypesAreRoundedOnce(DType dtype, double step) {
        Tensor x = tensor(Naive.numbers(1, 64 * 4 * 5 * 6), 1, 64, 4, 5, 6).to(dtype);
        Tensor weight = tensor(Naive.numbers(2, 3 * 64 * 3 * 3 * 3), 3, 64, 3, 3, 3).to(dtype);
        Tensor bias = tensor(Naive.numbers(3, 3), 3).to(dtype);
        long[] ones = {1, 1, 1};
        Tensor half = x.conv3d(weight, bias, ones, ones);
        assertThat(half.dtype()).isEqualTo(dtype);
        assertRoundedOnce(half, x.to(DType.FLOAT64).conv3d(weight.to(DType.FLOAT64), bias.to(DType.FLOAT64), ones, ones), step);
    }

    /** Few rows, many, and outputs that are computed in parts. libtorch's own round the product, and again when the bias is added. */
    @ParameterizedTest
    @CsvSource({
        "BFLOAT16, 0.00391, 3, 1500, 1000", "BFLOAT16, 0.00391, 200, 64, 400", "BFLOAT16, 0.00391, 130, 3000, 701",
        "FLOAT16, 0.000489, 3, 1500, 1000", "FLOAT16, 0.000489, 200, 64, 400", "FLOAT16, 0.000489, 130, 3000, 701"
    })
    void linearLayersOfHalfTypes(DType dtype, double step, int rows, int in, int out) {
        Tensor x = tensor(Naive.numbers(1, in * rows), in, rows).to(dtype).transpose(0, 1).unsqueeze(0); // not contiguous
        Tensor weight = tensor(Naive.numbers(2, out * in), out, in).to(dtype);
        Tensor bias = tensor(Naive.numbers(3, out), out).to(dtype);
        for (Tensor added : new Tensor[] {bias, null}) {
            Tensor half = x.linear(weight, added);
            assertThat(half.describe()).isEqualTo("[1, " + rows + ", " + out + "] " + dtype.torchName() + " cpu");
            Tensor exact = x.to(DType.FLOAT64).linear(weight.to(DType.FLOAT64), added == null ? null : added.to(DType.FLOAT64));
            assertWithin(half, exact, 2 * step, step);
        }
    }

    /** Whichever implementation computes a layer, it reads weights and biases that are views at their places. */
    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "BFLOAT16", "FLOAT16"})
    void weightsAndBiasesMayBeViews(DType dtype) {
        int size = 256;
        Tensor x = tensor(Naive.numbers(1, size * size), size, size).to(dtype);
        Tensor weight = tensor(Naive.numbers(2, size * size), size, size).to(dtype).transpose(0, 1);
        Tensor frames = x.reshape(1, size, 4, 8, 8);
        Tensor kernel = tensor(Naive.numbers(3, 27 * size * size), 27, size, size).to(dtype)
                .permute(2, 1, 0).reshape(size, size, 27).transpose(0, 1).reshape(size, size, 3, 3, 3).transpose(3, 4);
        long[] ones = {1, 1, 1};
        for (Tensor bias : everyOtherAndOneForAll(size, dtype)) {
            assertThat(bias.isContiguous()).isFalse();
            assertWithin(x.linear(weight, bias), x.linear(weight.copy(), bias.copy()).to(DType.FLOAT64), 0.004, 1e-3);
            assertWithin(frames.conv3d(kernel, bias, ones, ones),
                    frames.conv3d(kernel.contiguous(), bias.copy(), ones, ones).to(DType.FLOAT64), 0.004, 1e-3);
        }
    }

    private static Tensor[] everyOtherAndOneForAll(int size, DType dtype) {
        Tensor numbers = tensor(Naive.numbers(4, 2 * size), size, 2).to(dtype);
        return new Tensor[] {numbers.narrow(1, 1, 1).squeeze(1), numbers.narrow(0, 3, 1).narrow(1, 0, 1).reshape(1).expand(size)};
    }

    /** With scores far beyond what float16 holds. */
    @ParameterizedTest
    @CsvSource({"BFLOAT16, 0.00391", "FLOAT16, 0.000489"})
    void attentionOfHalfTypesIsRoundedOnce(DType dtype, double step) {
        Tensor q = tensor(Naive.numbers(1, 2 * 70 * 3 * 16), 2, 70, 3, 16).to(dtype).transpose(1, 2);
        Tensor k = tensor(Naive.numbers(2, 2 * 90 * 3 * 16), 2, 90, 3, 16).to(dtype).transpose(1, 2);
        Tensor v = tensor(Naive.numbers(3, 2 * 90 * 3 * 16), 2, 90, 3, 16).to(dtype).transpose(1, 2);
        Tensor mask = tensor(Naive.numbers(4, 3 * 70 * 90), 1, 3, 70, 90).to(dtype);
        for (Tensor added : new Tensor[] {mask, null}) {
            Tensor half = Tensor.scaledDotProductAttention(q, k, v, added, 0.25);
            assertThat(half.dtype()).isEqualTo(dtype);
            assertRoundedOnce(half, Tensor.scaledDotProductAttention(q.to(DType.FLOAT64), k.to(DType.FLOAT64), v.to(DType.FLOAT64),
                    added == null ? null : added.to(DType.FLOAT64), 0.25), step);
        }
        Tensor large = tensor(new double[] {300, -300, -300, 300}, 1, 1, 2, 2).to(dtype);
        Tensor chosen = Tensor.scaledDotProductAttention(large, large, large, null, 1); // scores of 180,000
        assertThat(chosen.toDoubleArray()).isEqualTo(large.toDoubleArray());
    }

    /** What is between a layer's input and output does not overflow where these do not. */
    @Test
    void largeNumbersOfFloat16() {
        Tensor x = tensor(new double[] {60000, 59000, -60000, 58000, -59000, 60000, 1, 0}, 1, 8).to(DType.FLOAT16);
        assertRoundedOnce(x.layerNorm(null, null, 1e-5), x.to(DType.FLOAT64).layerNorm(null, null, 1e-5), 0.000489);
        assertRoundedOnce(x.rmsNorm(null, 1e-5), x.to(DType.FLOAT64).rmsNorm(null, 1e-5), 0.000489);
        assertRoundedOnce(x.groupNorm(2, null, null, 1e-5), x.to(DType.FLOAT64).groupNorm(2, null, null, 1e-5), 0.000489);
        assertRoundedOnce(x.silu(), x.to(DType.FLOAT64).silu(), 0.000489);
        assertRoundedOnce(x.gelu(true), x.to(DType.FLOAT64).gelu(true), 0.000489);
    }

    private static void assertRoundedOnce(Tensor half, Tensor exact, double step) {
        assertWithin(half, exact, step, 1e-4);
    }

    private static void assertWithin(Tensor half, Tensor exact, double relative, double absolute) {
        assertThat(half.shape()).isEqualTo(exact.shape());
        double[] found = half.toDoubleArray();
        double[] expected = exact.toDoubleArray();
        for (int i = 0; i < expected.length; i++) {
            assertThat(found[i]).isCloseTo(expected[i], offset(Math.abs(expected[i]) * relative + absolute));
        }
    }

    @Test
    void conv2d() {
        Naive.Conv conv = new Naive.Conv(
                2, 3, new int[] {1, 5, 6}, new int[] {1, 3, 2}, new int[] {1, 2, 1}, new int[] {0, 1, 0});
        double[] x = Naive.numbers(1, 2 * 5 * 6);
        double[] w = Naive.numbers(2, 3 * 2 * 3 * 2);
        double[] b = Naive.numbers(3, 3);
        Tensor weight = tensor(w, 3, 2, 3, 2);
        assertNear(tensor(x, 1, 2, 5, 6).conv2d(weight, tensor(b, 3), new long[] {2, 1}, new long[] {1, 0}),
                conv.run(x, w, b), 1, 3, conv.outSize(1), conv.outSize(2));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> tensor(x, 1, 2, 5, 6).conv2d(weight, null, new long[] {1}, new long[] {0, 0}))
                .withMessage("stride: expected 2 numbers, found 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> tensor(x, 1, 2, 5, 6, 1).conv3d(weight, null, new long[3], new long[2]))
                .withMessage("padding: expected 3 numbers, found 2");
    }

    @Test
    void nearestNeighbours() {
        Tensor image = tensor(new double[] {1, 2, 3, 4}, 1, 1, 2, 2);
        assertNear(image.unsqueeze(2).upsampleNearest3d(1, 4, 3), new double[] {1, 1, 2, 1, 1, 2, 3, 3, 4, 3, 3, 4}, 1, 1, 1, 4, 3);
        Tensor video = tensor(new double[] {1, 2, 3, 4}, 1, 1, 2, 1, 2);
        assertNear(video.upsampleNearest3d(3, 2, 2), new double[] {1, 2, 1, 2, 1, 2, 1, 2, 3, 4, 3, 4}, 1, 1, 3, 2, 2);
        assertThatThrownBy(() -> image.upsampleNearest3d(2, 2, 2))
                .isInstanceOf(TorchException.class)
                .hasMessageStartingWith("upsample_nearest3d of [1, 1, 2, 2] float64 cpu: ");
    }

    @Test
    void embeddings() {
        Tensor table = tensor(new double[] {0, 1, 10, 11, 20, 21}, 3, 2);
        Tensor indices = Tensor.of(new long[] {2, 0, 2, 1}, 2, 2);
        assertNear(table.embedding(indices), new double[] {20, 21, 0, 1, 20, 21, 10, 11}, 2, 2, 2);
        assertThatThrownBy(() -> table.embedding(Tensor.of(new long[] {3}, 1)))
                .hasMessage("embedding of [3, 2] float64 cpu, [1] int64 cpu: index out of range in self");
    }
}
