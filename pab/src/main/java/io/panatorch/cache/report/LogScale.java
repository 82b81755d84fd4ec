package io.panatorch.cache.report;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;

/**
 * A logarithmic scale between two round numbers.
 *
 * @param low more than 0
 * @param high more than {@code low}
 */
record LogScale(double low, double high) {

    private static final double[] ROUND = {1, 2, 5, 10};
    private static final int LOWEST_EXPONENT = -9;
    private static final int FEW_TICKS = 3;

    /** The narrowest that has all positive numbers in it; from 0.1 % to 100 % where there is none. */
    static LogScale around(DoubleStream numbers) {
        double[] positive = numbers.filter(x -> x > 0 && x < Double.POSITIVE_INFINITY).sorted().toArray();
        if (positive.length == 0) {
            return new LogScale(1e-3, 1);
        }
        double low = below(positive[0]);
        double high = above(positive[positive.length - 1]);
        return low < high ? new LogScale(low, high) : new LogScale(below(low * 0.99), high);
    }

    /** {@return where a number lies, 0 at the low and 1 at the high end} */
    double place(double number) {
        return Math.log(number / low) / Math.log(high / low);
    }

    /** Powers of ten, or round numbers where these are few. */
    List<Double> ticks() {
        List<Double> round = new ArrayList<>();
        for (double tick = low; tick <= high * 1.001; tick = above(tick * 1.001)) {
            round.add(tick);
        }
        List<Double> powers = round.stream().filter(tick -> Math.abs(Math.rint(Math.log10(tick)) - Math.log10(tick)) < 1e-9)
                .toList();
        return powers.size() < FEW_TICKS ? round : powers;
    }

    private static double above(double number) {
        double power = power(number);
        for (double factor : ROUND) {
            if (factor * power >= number * (1 - 1e-12)) {
                return factor * power;
            }
        }
        return ROUND[ROUND.length - 1] * power;
    }

    private static double below(double number) {
        double power = power(number);
        for (int i = ROUND.length - 1; i > 0; i--) {
            if (ROUND[i] * power <= number * (1 + 1e-12)) {
                return ROUND[i] * power;
            }
        }
        return power;
    }

    private static double power(double number) {
        return Math.pow(10, Math.max(LOWEST_EXPONENT, Math.floor(Math.log10(number) + 1e-12)));
    }
}
