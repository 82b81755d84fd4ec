package io.panatorch.cache.taylorseer;

/**
 * Which steps are computed, and how much of them later steps need: pure functions of the step's index.
 *
 * @param interval from one computed step to the next; each follows a step after {@code before}
 * @param before the index of the first step that may be predicted; 1 or more
 * @param after the index of the first step that is not predicted any more
 * @param maxOrder the highest order of a prediction
 */
record TaylorSchedule(int interval, int before, int after, int maxOrder) {

    boolean computes(int index) {
        return index < before || (index - before - 1) % interval == 0 || index >= after;
    }

    /**
     * How many factors (value, first difference, second difference, …) of those known after a step are to be held. A step that is
     * computed in between makes of {@code n} factors {@code n + 1}, so the longer the way to the next prediction, the fewer.
     */
    int factorsAfter(int index, int steps) {
        int factors = maxOrder + 1;
        for (int next = index + 1; next < steps; next++) {
            if (!computes(next)) {
                return Math.max(factors, 0);
            }
            factors--;
        }
        return 0;
    }
}
