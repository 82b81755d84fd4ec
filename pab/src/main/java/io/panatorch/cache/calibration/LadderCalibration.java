package io.panatorch.cache.calibration;

import io.panatorch.cache.CacheMethod;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntConsumer;

/**
 * Finds the boldest of a method's settings that keeps a target PSNR. The settings are a ladder, from the most careful one up, of which
 * each rung is taken to be faster and less like the original than the one below; so the ladder is halved at each measurement.
 *
 * <p>The target is the mean over the prompts. As with {@link PabCalibration}, it has to be exceeded by the standard error of that mean.
 */
final class LadderCalibration {

    private final double targetPsnr;
    private final IntConsumer listener;

    /**
     * One setting that was measured.
     *
     * @param rung its place in the ladder, from 0
     * @param keeps whether it keeps the target
     */
    record Tried(int rung, Figures figures, boolean keeps) {}

    /**
     * A calibration.
     *
     * @param targetPsnr in decibels, above 0
     * @param listener is told of each rung before it is measured
     */
    LadderCalibration(double targetPsnr, IntConsumer listener) {
        this.targetPsnr = CalibrationOptions.of(targetPsnr).targetPsnr();
        this.listener = Objects.requireNonNull(listener, "listener");
    }

    /**
     * Calibrates.
     *
     * @param rungs from the most careful up, one or more
     * @param prompts to measure with; none of them twice
     * @param evaluator what it throws ends the calibration
     * @return what was measured, from the most careful up
     */
    List<Tried> calibrate(List<? extends CacheMethod> rungs, List<String> prompts, Evaluator evaluator) {
        List<Tried> tried = new ArrayList<>();
        int kept = -1;
        int missed = rungs.size();
        while (missed - kept > 1) {
            int rung = (kept + missed) / 2;
            listener.accept(rung);
            Figures figures = Figures.measure(prompts, evaluator, List.of(rungs.get(rung))).getFirst();
            boolean keeps = figures.psnr() - figures.psnrError() >= targetPsnr;
            tried.add(new Tried(rung, figures, keeps));
            if (keeps) {
                kept = rung;
            } else {
                missed = rung;
            }
        }
        tried.sort(Comparator.comparingInt(Tried::rung));
        return List.copyOf(tried);
    }

    /**
     * {@return of those that keep the target the fastest, if there is one that saves anything}
     *
     * <p>Videos that are equal to those without a cache come of settings that reused nothing, and a speed-up of these is noise.
     */
    static Optional<Tried> best(List<Tried> tried) {
        return tried.stream().filter(each -> each.keeps && Double.isFinite(each.figures.psnr()) && each.figures.speedUp().median() > 1)
                .max(Comparator.comparingDouble(each -> each.figures.speedUp().median()));
    }
}
