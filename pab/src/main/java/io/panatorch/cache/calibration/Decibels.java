package io.panatorch.cache.calibration;

/** Errors of values in [0, 1], written as peak signal-to-noise ratios and back. */
final class Decibels {

    private static final double PER_DECADE = 10;

    private Decibels() {}

    static double of(double meanSquaredError) {
        return -PER_DECADE * Math.log10(meanSquaredError);
    }

    static double toError(double decibels) {
        return Math.pow(10, -decibels / PER_DECADE);
    }
}
