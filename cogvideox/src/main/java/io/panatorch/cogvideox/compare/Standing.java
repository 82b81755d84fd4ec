package io.panatorch.cogvideox.compare;

import io.panatorch.cache.VisitCounts;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * How a setting did.
 *
 * @param setting which
 * @param trials one for each prompt, in order
 */
public record Standing(Setting setting, List<Trial> trials) {

    private static final double LOWER_QUARTILE = 25;
    private static final double MEDIAN = 50;
    private static final double UPPER_QUARTILE = 75;

    /** Copies the list. */
    public Standing {
        trials = List.copyOf(trials);
        if (trials.isEmpty()) {
            throw new IllegalArgumentException("setting " + setting.name() + ": expected a video or more, found none");
        }
    }

    /** {@return the median time of denoising; of an even number of videos the mean of the two in the middle} */
    public double seconds() {
        return median(all(Trial::seconds));
    }

    /**
     * {@return how many times as fast as another one: the median over the prompts, whose videos were made one after the other, so
     * that a slow moment of the machine meets both}
     *
     * @param other with the same prompts
     */
    public double speedUp(Standing other) {
        return median(speedUps(other));
    }

    /**
     * {@return what half of the prompts' speed-ups lie between, its lower end}
     *
     * @param other with the same prompts
     */
    public double lowSpeedUp(Standing other) {
        return VisitCounts.percentile(speedUps(other), LOWER_QUARTILE);
    }

    /** {@return its upper end} */
    public double highSpeedUp(Standing other) {
        return VisitCounts.percentile(speedUps(other), UPPER_QUARTILE);
    }

    private DoubleStream speedUps(Standing other) {
        return IntStream.range(0, trials.size()).mapToDouble(i -> other.trials.get(i).seconds() / trials.get(i).seconds());
    }

    /** {@return of what the covered sites were visited for the part that was computed, all videos together} */
    public double computedPart() {
        double computed = all(trial -> trial.cache().computed() + trial.cache().partial()).sum();
        return computed / (computed + all(trial -> trial.cache().reused()).sum());
    }

    private static double median(DoubleStream numbers) {
        return VisitCounts.percentile(numbers, MEDIAN);
    }

    /** {@return the mean over all videos, in decibels; infinite where one is equal to the one without a cache} */
    public double meanPsnr() {
        return all(trial -> trial.quality().psnr()).average().orElseThrow();
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
