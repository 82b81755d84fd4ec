package io.panatorch.cache.calibration;

import java.util.stream.IntStream;

/**
 * The steps of a generation.
 *
 * @param timesteps the scheduler's, falling
 * @param changes how much outputs change at each step
 * @param bandOf the band of each step, from 0
 */
record Timeline(int[] timesteps, double[] changes, int[] bandOf) {

    /** How far reused outputs lag behind in a band, and how often they are reused. */
    record Lag(double sum, int reused) {}

    int bands() {
        return bandOf[bandOf.length - 1] + 1;
    }

    /**
     * Of what is reused in one band at every step whose index is no multiple of the skip range: the sum of what the outputs
     * changed since they were computed.
     */
    Lag lag(int band, int skipRange) {
        double sum = 0;
        double behind = 0;
        int reused = 0;
        for (int step = 0; step < timesteps.length; step++) {
            if (bandOf[step] != band || step % skipRange == 0) {
                behind = 0;
            } else {
                behind += changes[step];
                sum += behind;
                reused++;
            }
        }
        return new Lag(sum, reused);
    }

    /** The bound below the steps of a band: between timesteps, for schedules that differ a little. */
    int low(int band) {
        int last = lastStep(band);
        return last == timesteps.length - 1 ? timesteps[last] - 1 : Math.floorDiv(timesteps[last] + timesteps[last + 1], 2);
    }

    /** The bound above the steps of a band. */
    int high(int band) {
        int first = band == 0 ? 0 : lastStep(band - 1) + 1;
        return first == 0 ? timesteps[0] + 1 : Math.ceilDiv(timesteps[first] + timesteps[first - 1], 2);
    }

    /** Whether no step lies between the bound below one band and that above another. */
    boolean meet(int low, int high) {
        return IntStream.of(timesteps).noneMatch(t -> high <= t && t <= low);
    }

    private int lastStep(int band) {
        int last = 0;
        while (last + 1 < bandOf.length && bandOf[last + 1] <= band) {
            last++;
        }
        return last;
    }
}
