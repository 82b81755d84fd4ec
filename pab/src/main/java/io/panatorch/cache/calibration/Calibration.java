package io.panatorch.cache.calibration;

import io.panatorch.cache.pab.BroadcastRule;
import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import java.util.List;

/**
 * What a calibration found.
 *
 * @param options what it was to find
 * @param rules the choice
 * @param curves what was measured of the model: how much each kind of site changes
 * @param predictedPsnr what the measurements of single cells alone say of the choice, in decibels
 * @param predictedSpeedUp what the times of the skipped sites say of it
 * @param measured what it gave on the prompts of the calibration; the videos without a cache had been made long before, so its
 *     speed-up is a rough one
 * @param runs how many generations it took
 */
public record Calibration(CalibrationOptions options, List<BroadcastRule> rules, List<ChangeCurve> curves,
        double predictedPsnr, double predictedSpeedUp, Figures measured, int runs) {

    /** Copies the lists. */
    public Calibration {
        rules = List.copyOf(rules);
        curves = List.copyOf(curves);
    }

    /** {@return the method with these rules} */
    public PyramidAttentionBroadcast method() {
        PyramidAttentionBroadcast.Builder builder = PyramidAttentionBroadcast.builder();
        rules.forEach(builder::rule);
        return builder.build();
    }
}
