package io.panatorch.cache.firstblock;

/**
 * When the blocks after the first are skipped.
 *
 * @param threshold the largest relative change of the first block's residual at which they are
 */
record FirstBlockRule(double threshold) {

    FirstBlockRule {
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
