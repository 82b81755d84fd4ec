package io.panatorch.cache.pab;

/**
 * When an attention is skipped: a pure function of the step and its timestep.
 *
 * @param skipRange compute at every skipRange-th call of the denoiser, counted from 0 whether or not the timestep is inside
 *     the window; 1 computes always
 * @param low reuse only at timesteps strictly above this
 * @param high reuse only at timesteps strictly below this
 */
record BroadcastRule(int skipRange, int low, int high) implements ReuseRule {

    BroadcastRule {
        if (skipRange < 1) {
            throw new IllegalArgumentException("skip range: expected 1 or more, found " + skipRange);
        }
        if (low >= high) {
            throw new IllegalArgumentException(
                    "timestep skip range: expected low < high, found " + low + ", " + high);
        }
    }

    /** Whether the step at this index reuses the output of the step before it. */
    boolean reuses(int index, int timestep) {
        return index % skipRange != 0 && low < timestep && timestep < high;
    }

    @Override
    public boolean reuses(int index, int[] timesteps) {
        return reuses(index, timesteps[index]);
    }

    @Override
    public String toString() {
        return "skip range " + skipRange + " in (" + low + ", " + high + ")";
    }
}
