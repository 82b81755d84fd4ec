package io.panatorch.cache.teacache;

import java.util.List;
import java.util.function.DoubleUnaryOperator;

/**
 * When blocks are skipped.
 *
 * @param threshold what the estimates of skipped steps in a row stay below
 * @param coefficients of the polynomial from the embedding's relative change to the estimate, the highest power first
 */
record TeaRule(double threshold, List<Double> coefficients) {

    TeaRule {
        if (!(threshold >= 0 && threshold < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("threshold: expected a number of 0 or more, found " + threshold);
        }
        if (coefficients == null || coefficients.isEmpty()
                || !coefficients.stream().allMatch(coefficient -> coefficient != null && Double.isFinite(coefficient))) {
            throw new IllegalArgumentException("coefficients: expected finite numbers, found " + coefficients);
        }
        coefficients = List.copyOf(coefficients);
    }

    double estimate(double change) {
        return new Polynomial(coefficients).at(change);
    }

    /** The estimates of one generation, summed up since the last computed step. */
    final class Sum {

        private double distance;

        /**
         * Takes the change at a step; the first and the last step are always computed, and so is one whose change is not
         * finite, of which the polynomial could make anything.
         *
         * @param agreement takes the sum, and gives the one to compare with the threshold
         */
        boolean skips(int index, int steps, double change, DoubleUnaryOperator agreement) {
            distance = agreement.applyAsDouble(Double.isFinite(change) ? distance + estimate(change) : Double.NaN);
            return isBetween(index, steps) && Double.isFinite(distance) && distance < threshold;
        }

        /** To follow each step that is computed. */
        void restart() {
            distance = 0;
        }
    }

    /** Whether a step is one that may be skipped. */
    static boolean isBetween(int index, int steps) {
        return index > 0 && index < steps - 1;
    }
}
