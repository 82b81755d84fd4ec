package io.panatorch.cache.teacache;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** @param coefficients the highest power first */
record Polynomial(List<Double> coefficients) {

    /** How far apart two places are, for their largest, that are counted as two. */
    private static final double APART = 1e-6;

    Polynomial {
        coefficients = List.copyOf(coefficients);
    }

    double at(double x) {
        double sum = 0;
        for (double coefficient : coefficients) {
            sum = sum * x + coefficient;
        }
        return sum;
    }

    /**
     * The one of a degree whose squared distances from points are least in sum; of a lower degree where there are fewer places.
     *
     * @param xs at least one, finite
     */
    static Polynomial fit(List<Double> xs, List<Double> ys, int degree) {
        double scale = xs.stream().mapToDouble(Math::abs).max().orElseThrow();
        if (scale == 0) {
            scale = 1;
        }
        int unknowns = Math.min(degree + 1, places(xs, scale));
        // Orthogonal polynomials at these places, by Gram and Schmidt: powers alone are nearly the same at places near each other.
        List<double[]> basis = new ArrayList<>(); // coefficients of powers of x / scale, the lowest first
        double[] result = new double[unknowns];
        for (int power = 0; power < unknowns; power++) {
            double[] next = new double[unknowns];
            next[power] = 1;
            for (int pass = 0; pass < 2; pass++) { // the second takes off what rounding left
                for (double[] other : basis) {
                    subtract(next, other, product(next, other, xs, scale) / product(other, other, xs, scale));
                }
            }
            double weight = 0;
            for (int i = 0; i < xs.size(); i++) {
                weight += value(next, xs.get(i) / scale) * (ys.get(i) - value(result, xs.get(i) / scale));
            }
            subtract(result, next, -weight / product(next, next, xs, scale));
            basis.add(next);
        }
        List<Double> coefficients = new ArrayList<>();
        for (int power = 0; power < unknowns; power++) {
            coefficients.add(result[power] / Math.pow(scale, power));
        }
        Collections.reverse(coefficients);
        return new Polynomial(coefficients);
    }

    private static int places(List<Double> xs, double scale) {
        List<Double> sorted = xs.stream().sorted().toList();
        int count = 1;
        double last = sorted.getFirst();
        for (double x : sorted) {
            if (x - last > APART * scale) {
                count++;
                last = x;
            }
        }
        return count;
    }

    private static double product(double[] left, double[] right, List<Double> xs, double scale) {
        return xs.stream().mapToDouble(x -> value(left, x / scale) * value(right, x / scale)).sum();
    }

    private static void subtract(double[] from, double[] other, double factor) {
        for (int i = 0; i < from.length; i++) {
            from[i] -= factor * other[i];
        }
    }

    private static double value(double[] lowestFirst, double x) {
        double sum = 0;
        for (int i = lowestFirst.length - 1; i >= 0; i--) {
            sum = sum * x + lowestFirst[i];
        }
        return sum;
    }
}
