package io.panatorch.cache.teacache;

import java.util.ArrayList;
import java.util.Arrays;
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
        double largest = xs.stream().mapToDouble(Math::abs).max().orElseThrow();
        double scale = largest == 0 ? 1 : largest;
        double[] places = xs.stream().mapToDouble(x -> x / scale).toArray();
        int unknowns = Math.min(degree + 1, distinct(places));
        // Orthogonal polynomials at these places, by Gram and Schmidt: powers alone are nearly the same at places near each other.
        List<double[]> basis = new ArrayList<>(); // coefficients of powers, the lowest first
        double[] result = new double[unknowns];
        for (int power = 0; power < unknowns; power++) {
            double[] next = new double[unknowns];
            next[power] = 1;
            for (int pass = 0; pass < 2; pass++) { // the second takes off what rounding left
                for (double[] other : basis) {
                    subtract(next, other, product(next, other, places) / product(other, other, places));
                }
            }
            double weight = 0;
            for (int i = 0; i < places.length; i++) {
                weight += value(next, places[i]) * (ys.get(i) - value(result, places[i]));
            }
            subtract(result, next, -weight / product(next, next, places));
            basis.add(next);
        }
        List<Double> coefficients = new ArrayList<>();
        for (int power = 0; power < unknowns; power++) {
            coefficients.addFirst(result[power] / Math.pow(scale, power));
        }
        return new Polynomial(coefficients);
    }

    private static int distinct(double[] places) {
        double[] sorted = places.clone();
        Arrays.sort(sorted);
        int count = 1;
        double last = sorted[0];
        for (double place : sorted) {
            if (place - last > APART) {
                count++;
                last = place;
            }
        }
        return count;
    }

    private static double product(double[] left, double[] right, double[] places) {
        return Arrays.stream(places).map(place -> value(left, place) * value(right, place)).sum();
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
