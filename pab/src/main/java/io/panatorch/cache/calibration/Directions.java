package io.panatorch.cache.calibration;

import java.util.List;

/** Arithmetic with samples of videos as vectors. */
final class Directions {

    private Directions() {}

    /** {@code (moved − reference) / length} */
    static float[] of(float[] reference, float[] moved, double length) {
        if (reference.length != moved.length) {
            throw new IllegalArgumentException("samples: expected as many values at every run, found " + reference.length
                    + " and " + moved.length);
        }
        float[] direction = new float[reference.length];
        for (int i = 0; i < direction.length; i++) {
            direction[i] = (float) ((moved[i] - reference[i]) / length);
        }
        return direction;
    }

    /** The means of the products of the values of each pair. */
    static double[][] products(List<float[]> vectors) {
        double[][] products = new double[vectors.size()][vectors.size()];
        for (int i = 0; i < products.length; i++) {
            for (int j = 0; j <= i; j++) {
                products[i][j] = product(vectors.get(i), vectors.get(j));
                products[j][i] = products[i][j];
            }
        }
        return products;
    }

    private static double product(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum / a.length;
    }

    /**
     * The mean of matrices after each was brought to the same trace, the geometric mean of theirs: where prompts differ in nothing
     * but how much they are moved, its decibels are the mean of theirs.
     */
    static double[][] mean(List<double[][]> matrices) {
        double logarithms = 0;
        for (double[][] matrix : matrices) {
            logarithms += Math.log(trace(matrix));
        }
        double common = Math.exp(logarithms / matrices.size());
        int size = matrices.getFirst().length;
        double[][] mean = new double[size][size];
        for (double[][] matrix : matrices) {
            double scale = common / trace(matrix) / matrices.size();
            for (int i = 0; i < size; i++) {
                for (int j = 0; j < size; j++) {
                    mean[i][j] += scale * matrix[i][j];
                }
            }
        }
        return mean;
    }

    private static double trace(double[][] matrix) {
        double trace = Double.MIN_NORMAL;
        for (int i = 0; i < matrix.length; i++) {
            trace += matrix[i][i];
        }
        return trace;
    }
}
