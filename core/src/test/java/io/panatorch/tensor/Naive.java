package io.panatorch.tensor;

import java.util.stream.IntStream;

/** Operators as their formulas have them, over doubles in row-major order. */
public final class Naive {

    private Naive() {}

    /** {@return n numbers between -1 and 1 without a pattern, the same for the same seed} */
    public static double[] numbers(int seed, int n) {
        return IntStream.range(0, n).mapToDouble(i -> Math.sin(1.7 * i + 37 * seed + 0.3 * i * i)).toArray();
    }

    /** {@return the same, rounded to float32} */
    public static float[] floats(int seed, int n) {
        double[] numbers = numbers(seed, n);
        float[] out = new float[n];
        for (int i = 0; i < n; i++) {
            out[i] = (float) numbers[i];
        }
        return out;
    }

    /** {@return the matrix product of a [rows, inner] and b [inner, columns]} */
    static double[] matmul(double[] a, double[] b, int rows, int inner, int columns) {
        double[] out = new double[rows * columns];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                for (int k = 0; k < inner; k++) {
                    out[i * columns + j] += a[i * inner + k] * b[k * columns + j];
                }
            }
        }
        return out;
    }

    /** {@return softmax(q · kᵀ · scale + mask) · v of one head; q [n, d], k and v [m, d], mask [n, m]} */
    static double[] attention(double[] q, double[] k, double[] v, double[] mask, int n, int m, int d, double scale) {
        double[] out = new double[n * d];
        for (int i = 0; i < n; i++) {
            double[] weights = new double[m];
            double sum = 0;
            for (int j = 0; j < m; j++) {
                double score = 0;
                for (int c = 0; c < d; c++) {
                    score += q[i * d + c] * k[j * d + c];
                }
                weights[j] = Math.exp(score * scale + mask[i * m + j]);
                sum += weights[j];
            }
            for (int j = 0; j < m; j++) {
                for (int c = 0; c < d; c++) {
                    out[i * d + c] += weights[j] / sum * v[j * d + c];
                }
            }
        }
        return out;
    }

    /**
     * {@return (x - mean) / √(variance + eps) over rows of the given length; the root mean square in place of both where
     * {@code centred} is false}
     */
    static double[] normalise(double[] x, int length, double eps, boolean centred) {
        double[] out = new double[x.length];
        for (int start = 0; start < x.length; start += length) {
            int from = start;
            double mean = centred ? IntStream.range(from, from + length).mapToDouble(i -> x[i]).average().orElseThrow() : 0;
            double variance = IntStream.range(from, from + length)
                    .mapToDouble(i -> (x[i] - mean) * (x[i] - mean))
                    .average()
                    .orElseThrow();
            for (int i = start; i < start + length; i++) {
                out[i] = (x[i] - mean) / Math.sqrt(variance + eps);
            }
        }
        return out;
    }

    /** Sizes of a convolution: channels in and out, then frames, height, width of input, kernel, stride and padding. */
    record Conv(int in, int out, int[] size, int[] kernel, int[] stride, int[] padding) {

        int outSize(int axis) {
            return (size[axis] + 2 * padding[axis] - kernel[axis]) / stride[axis] + 1;
        }

        double[] run(double[] x, double[] weight, double[] bias) {
            double[] result = new double[out * outSize(0) * outSize(1) * outSize(2)];
            int at = 0;
            for (int o = 0; o < out; o++) {
                for (int f = 0; f < outSize(0); f++) {
                    for (int h = 0; h < outSize(1); h++) {
                        for (int w = 0; w < outSize(2); w++) {
                            result[at++] = bias[o] + sum(x, weight, o, new int[] {f, h, w});
                        }
                    }
                }
            }
            return result;
        }

        private double sum(double[] x, double[] weight, int o, int[] place) {
            double sum = 0;
            int volume = kernel[0] * kernel[1] * kernel[2];
            for (int i = 0; i < in; i++) {
                for (int tap = 0; tap < volume; tap++) {
                    int[] offset = {tap / (kernel[1] * kernel[2]), tap / kernel[2] % kernel[1], tap % kernel[2]};
                    sum += weight[(o * in + i) * volume + tap] * at(x, i, place, offset);
                }
            }
            return sum;
        }

        private double at(double[] x, int channel, int[] place, int[] offset) {
            int index = channel;
            for (int axis = 0; axis < 3; axis++) {
                int position = place[axis] * stride[axis] - padding[axis] + offset[axis];
                if (position < 0 || position >= size[axis]) {
                    return 0;
                }
                index = index * size[axis] + position;
            }
            return x[index];
        }
    }
}
