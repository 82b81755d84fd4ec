package io.panatorch.cache.calibration;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CacheStatistics;
import java.util.Objects;

/** Generates with a model, and compares what it gives with what it gives without a cache. */
@FunctionalInterface
public interface Evaluator {

    /**
     * Generates once. The same prompt and method give the same, but for the time.
     *
     * @param prompt what is generated
     * @param method what is skipped; the first run of each prompt has a method that skips nothing
     */
    Trial run(String prompt, CacheMethod method);

    /**
     * One generation.
     *
     * @param error mean squared difference from the same prompt's generation without a cache, of values in [0, 1]
     * @param sample some of the values that {@code error} compares: the same ones at every run, few enough to keep hundreds
     *     of samples, enough for their mean squared difference to stand for the whole
     * @param seconds how long the denoising took
     * @param statistics of its session
     */
    record Trial(double error, float[] sample, double seconds, CacheStatistics statistics) {

        /** Checks that all is there. */
        public Trial {
            Objects.requireNonNull(sample, "sample");
            Objects.requireNonNull(statistics, "statistics");
        }

        /** {@return the peak signal-to-noise ratio in decibels; infinite where nothing differs} */
        public double psnr() {
            return Decibels.of(error);
        }
    }
}
