package io.panatorch.cache.firstblock;

import io.panatorch.cache.Forecast;

/**
 * When the blocks after the first ones are skipped.
 *
 * @param threshold the largest relative change of the first blocks' residual at which they are
 * @param firstBlocks how many are computed at every step, and decide
 * @param lastBlocks how many at the end are computed at every step
 * @param forecastOrder of the series that foretells what the skipped ones add
 */
record FirstBlockRule(double threshold, int firstBlocks, int lastBlocks, int forecastOrder) {

    FirstBlockRule {
        if (firstBlocks < 1 || lastBlocks < 0) {
            throw new IllegalArgumentException("blocks that are computed at every step: expected 1 or more at the beginning and 0 or more"
                    + " at the end, found " + firstBlocks + " and " + lastBlocks);
        }
        Forecast.requireOrder(forecastOrder);
        if (!(threshold >= 0 && threshold < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("threshold: expected a number of 0 or more, found " + threshold);
        }
    }

    /**
     * Whether a change is small enough. One that is not a number, from a residual of zeros or from numbers that are none
     * themselves, says nothing, so that the step is computed; diffusers skips it.
     */
    boolean skips(double change) {
        return change <= threshold;
    }
}
