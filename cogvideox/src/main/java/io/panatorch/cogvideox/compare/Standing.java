package io.panatorch.cogvideox.compare;

import io.panatorch.cache.VisitCounts;
import io.panatorch.cache.calibration.Figures;
import io.panatorch.cache.calibration.SpeedUp;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;

/**
 * How a setting did.
 *
 * @param setting which
 * @param trials one for each prompt, in order
 */
public record Standing(Setting setting, List<Trial> trials) {

    private static final double MEDIAN = 50;

    /** Copies the list. */
    public Standing {
        trials = List.copyOf(trials);
        if (trials.isEmpty()) {
            throw new IllegalArgumentException("setting " + setting.name() + ": expected a video or more, found none");
        }
    }

    /** {@return the median time of denoising; of an even number of videos the mean of the two in the middle} */
    public double seconds() {
        DoubleStream all = trials.stream().flatMap(trial -> trial.seconds().stream()).mapToDouble(Double::doubleValue);
        return VisitCounts.percentile(all, MEDIAN);
    }

    /**
     * {@return how many times as fast as another one: each time that a prompt's video was made is a pair}
     *
     * @param other with the same prompts, made as often
     */
    public SpeedUp speedUp(Standing other) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < trials.size(); i++) {
            List<Double> others = other.trials.get(i).seconds();
            List<Double> own = trials.get(i).seconds();
            for (int j = 0; j < own.size(); j++) {
                ratios.add(others.get(j) / own.get(j));
            }
        }
        return SpeedUp.of(ratios);
    }

    /** {@return which part of the model's work was computed, the mean over all videos, which are as much work each} */
    public double computedWork() {
        return all(trial -> trial.cache().computedWork()).average().orElseThrow();
    }

    /** {@return the mean over the videos that differ from those without a cache, in decibels; infinite where all are equal} */
    public double meanPsnr() {
        return Figures.meanPsnr(all(trial -> trial.quality().psnr()));
    }

    /** {@return that of the video that is farthest off, in decibels} */
    public double leastPsnr() {
        return all(trial -> trial.quality().psnr()).min().orElseThrow();
    }

    /** {@return the mean over all videos} */
    public double meanSsim() {
        return all(trial -> trial.quality().ssim()).average().orElseThrow();
    }

    /** {@return the most that any generation held at once, in bytes, on all devices together} */
    public long bytesPeak() {
        return trials.stream().mapToLong(trial -> trial.cache().bytes().peak() + trial.cache().bytes().offloadedPeak()).max()
                .orElseThrow();
    }

    private DoubleStream all(ToDoubleFunction<Trial> number) {
        return trials.stream().mapToDouble(number);
    }
}
