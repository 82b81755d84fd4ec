package io.panatorch.cache.pab;

/**
 * When an attention is skipped: a pure function of the step and its timestep.
 *
 * @param skipRange compute at every skipRange-th call of the denoiser, counted from 0 whether or not the timestep is inside
 *     the window; 1 computes always
 * @param low reuse only at timesteps strictly above this
 * @param high reuse only at timesteps strictly below this
 */
record BroadcastRule(int skipRange, int low, int high) {

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

    /** Whether the output of the step at this index is to be held, because the next step reuses it. */
    boolean holds(int index, int[] timesteps) {
        return index + 1 < timesteps.length && reuses(index + 1, timesteps[index + 1]);
    }
}
