package io.panatorch.cache.pab;

/** When a site is skipped: a pure function of the run's timesteps, without a state. */
sealed interface ReuseRule permits BroadcastRule, MlpBroadcastRule {

    /** Whether the step at this index reuses the output of the step before it. */
    boolean reuses(int index, int[] timesteps);

    /** Whether the output of the step at this index is to be held, because the next step reuses it. */
    default boolean holds(int index, int[] timesteps) {
        return index + 1 < timesteps.length && reuses(index + 1, timesteps);
    }

    /** Whether the sites of a layer are broadcast at all. */
    default boolean covers(int layer) {
        return true;
    }
}
