package io.panatorch.cache.faster;

/**
 * When something is skipped: a pure function of the step and its timestep. The first step never is.
 *
 * @param skipRange compute at every skipRange-th call of the denoiser, counted from 0 whether or not the timestep is inside
 *     the window; 1 computes always
 * @param low skip only at timesteps strictly above this
 * @param high skip only at timesteps strictly below this
 */
record SkipRule(int skipRange, int low, int high) {

    SkipRule {
        if (skipRange < 1) {
            throw new IllegalArgumentException("skip range: expected 1 or more, found " + skipRange);
        }
        if (low >= high) {
            throw new IllegalArgumentException("timestep skip range: expected low < high, found " + low + ", " + high);
        }
    }

    boolean skips(int index, int timestep) {
        return index % skipRange != 0 && low < timestep && timestep < high;
    }

    @Override
    public String toString() {
        return "skip range " + skipRange + " in (" + low + ", " + high + ")";
    }
}
