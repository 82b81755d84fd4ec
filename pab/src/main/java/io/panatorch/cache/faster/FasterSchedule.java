package io.panatorch.cache.faster;

/**
 * What one run skips, and how much of what it computes must be held for that: pure functions of the step's index.
 *
 * <p>With guidance an attention is reused only where the unconditional half of the batch is left out, because only the conditional
 * half of its outputs is held.
 */
final class FasterSchedule {

    private final SkipRule unconditional;
    private final int[] timesteps;

    FasterSchedule(SkipRule unconditional, int[] timesteps) {
        this.unconditional = unconditional;
        this.timesteps = timesteps;
    }

    /** Whether the step leaves the unconditional half out; false after the last step. */
    boolean skipsUnconditional(int index) {
        return index < timesteps.length && unconditional.skips(index, timesteps[index]);
    }

    /** Whether the step reuses an attention; false after the last step. */
    boolean reuses(SkipRule attention, int index, boolean guided) {
        return index < timesteps.length && attention.skips(index, timesteps[index])
                && (!guided || skipsUnconditional(index));
    }

    /** Of how many steps, up to this one, an attention's outputs are to be held: a reuse takes those of the two steps before it. */
    int outputsAfter(SkipRule attention, int index, boolean guided) {
        if (reuses(attention, index + 1, guided)) {
            return 2;
        }
        return reuses(attention, index + 2, guided) ? 1 : 0;
    }
}
