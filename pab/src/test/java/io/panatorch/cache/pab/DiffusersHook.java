package io.panatorch.cache.pab;

/**
 * The state machine that diffusers hooks into one attention layer, transcribed from
 * {@code hooks/pyramid_attention_broadcast.py}; what the rule is compared with.
 */
final class DiffusersHook {

    private final int skipRange;
    private final int low;
    private final int high;
    private int iteration;
    private Object cache;

    DiffusersHook(int skipRange, int low, int high) {
        this.skipRange = skipRange;
        this.low = low;
        this.high = high;
    }

    /** One call of the attention at a timestep: true if it computes, false if it returns its cache. */
    boolean computes(int timestep) {
        boolean compute = cache == null || iteration == 0 || !(low < timestep && timestep < high)
                || iteration % skipRange == 0;
        Object output = compute ? new Object() : cache;
        cache = output;
        iteration++;
        return compute;
    }

    /** The decisions of a whole run, one letter a step. */
    static String decisions(int skipRange, int low, int high, int[] timesteps) {
        DiffusersHook hook = new DiffusersHook(skipRange, low, high);
        StringBuilder letters = new StringBuilder();
        for (int timestep : timesteps) {
            letters.append(hook.computes(timestep) ? 'C' : 'R');
        }
        return letters.toString();
    }
}
