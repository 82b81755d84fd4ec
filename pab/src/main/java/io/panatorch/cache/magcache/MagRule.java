package io.panatorch.cache.magcache;

import java.util.List;

/**
 * Which steps are skipped: a pure function of the number of steps. All arithmetic is float32, as diffusers' is.
 *
 * @param threshold the largest error that skipped steps in a row may sum up to
 * @param maxSkipSteps how many steps in a row are skipped at most
 * @param retentionRatio the part of the steps, from the first on, that is always computed
 * @param ratios for each step of the calibration run, the magnitude of the blocks' residual in relation to the step before
 */
record MagRule(double threshold, int maxSkipSteps, double retentionRatio, List<Float> ratios) {

    boolean[] skips(int steps) {
        float[] scales = interpolated(steps);
        boolean[] skips = new boolean[steps];
        float ratio = 1;
        float error = 0;
        int row = 0;
        for (int i = (int) (retentionRatio * steps + 0.5); i < steps; i++) {
            ratio *= scales[i];
            error += Math.abs(1 - ratio);
            row++;
            skips[i] = i > 0 && error <= (float) threshold && row <= maxSkipSteps;
            if (!skips[i]) {
                ratio = 1;
                error = 0;
                row = 0;
            }
        }
        return skips;
    }

    /** The ratios at another number of steps: of each step the nearest, a half to the even one. */
    float[] interpolated(int steps) {
        float[] scales = new float[steps];
        float scale = (float) ((ratios.size() - 1) / (double) (steps - 1));
        for (int i = 0; i < steps; i++) {
            scales[i] = steps == 1 ? ratios.getLast() : ratios.get((int) Math.rint(i * scale));
        }
        return scales;
    }
}
