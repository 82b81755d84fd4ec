package io.panatorch.cache.calibration;

/**
 * What a calibration is to reach, and how much it may measure for it.
 *
 * @param targetPsnr the peak signal-to-noise ratio against generations without a cache, in decibels: its mean over the prompts
 * @param layerGroups into how many groups of neighbouring layers the model is split, each of which may be left out of what is
 *     skipped; with 1 all layers get the same rules
 * @param bands into how many bands the timesteps are split; each band gets its own skip range
 * @param maxSkipRange the largest skip range to be chosen
 * @param probePrompts with how many of the prompts each part of the model is tried alone in each band
 */
public record CalibrationOptions(double targetPsnr, int layerGroups, int bands, int maxSkipRange, int probePrompts) {

    private static final int LAYER_GROUPS = 3;
    private static final int BANDS = 6;
    private static final int MAX_SKIP_RANGE = 6;
    private static final int PROBE_PROMPTS = 3;

    /** Checks each number. */
    public CalibrationOptions {
        if (!(targetPsnr > 0 && targetPsnr < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("target PSNR: expected a number above 0, found " + targetPsnr);
        }
        atLeast("layer groups", layerGroups, 1);
        atLeast("bands", bands, 1);
        atLeast("largest skip range", maxSkipRange, 2);
        atLeast("probe prompts", probePrompts, 1);
    }

    private static void atLeast(String what, int value, int minimum) {
        if (value < minimum) {
            throw new IllegalArgumentException(what + ": expected " + minimum + " or more, found " + value);
        }
    }

    /** {@return the defaults for a target: 3 layer groups, 6 bands, skip ranges up to 6, 3 probe prompts} */
    public static CalibrationOptions of(double targetPsnr) {
        return new CalibrationOptions(targetPsnr, LAYER_GROUPS, BANDS, MAX_SKIP_RANGE, PROBE_PROMPTS);
    }

    /** {@return the same with other numbers of layer groups and bands} */
    public CalibrationOptions withGrid(int groups, int bandCount) {
        return new CalibrationOptions(targetPsnr, groups, bandCount, maxSkipRange, probePrompts);
    }
}
