package io.panatorch.cache.magcache;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.Forecast;
import io.panatorch.cache.SiteCall;
import io.panatorch.cache.SiteKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * The method: at a skipped step no block is computed. What all blocks together added to the video's tokens in the last computed
 * step is added to the tokens before the first block, and the text's tokens stay as they came.
 *
 * <p>A step is skipped if, of the steps in a row that would be skipped with it, the product of the ratios so far differs from 1
 * by little enough: summed over the row, by {@code threshold} at most. The row has at most {@code maxSkipSteps} steps.
 */
public final class MagCache implements CacheMethod {


    private final MagRule rule;
    private final int forecastOrder;

    private MagCache(MagRule rule, int forecastOrder) {
        this.rule = rule;
        this.forecastOrder = forecastOrder;
    }

    /**
     * {@return a builder with diffusers' defaults}
     *
     * @param magRatios what a {@linkplain #calibration calibration run} gave; where a generation has another number of steps,
     *     each of its steps takes the nearest
     * @throws IllegalArgumentException where there are none, or one is not a finite number
     */
    public static Builder builder(List<Double> magRatios) {
        return new Builder(magRatios);
    }

    /**
     * A method that computes everything and measures the ratios. Calibrate with the model, scheduler and guidance that
     * generations will use.
     *
     * @param whenDone takes the ratios, one for each step, when the last step of a generation is done; it is not called where a
     *     generation ends before
     */
    public static CacheMethod calibration(Consumer<? super List<Double>> whenDone) {
        return new MagCalibration(whenDone);
    }

    @Override
    public String name() {
        return "magcache";
    }

    @Override
    public Set<SiteKind> kinds() {
        return Set.of(SiteKind.BLOCK);
    }

    @Override
    public CachePolicy policy(CacheRun run) {
        return run.sites().isEmpty() ? SiteCall::compute : new MagPolicy(rule.skips(run.timesteps().length), forecastOrder, run);
    }

    @Override
    public boolean canReuse(CacheRun run) {
        boolean[] skips = rule.skips(run.timesteps().length);
        return !run.sites().isEmpty() && IntStream.range(0, skips.length).anyMatch(index -> skips[index]);
    }

    @Override
    public String toString() {
        return "MagCache[threshold " + rule.threshold() + ", at most " + rule.maxSkipSteps() + " in a row, retention ratio "
                + rule.retentionRatio() + ", " + rule.ratios().size() + " ratios"
                + (forecastOrder == 0 ? "" : ", forecast of order " + forecastOrder) + "]";
    }

    /** Settings under diffusers' names. Each value is checked when it is set. */
    public static final class Builder {

        private static final double DEFAULT_THRESHOLD = 0.06;
        private static final int DEFAULT_MAX_SKIP_STEPS = 3;
        private static final double DEFAULT_RETENTION_RATIO = 0.2;

        private final List<Float> ratios;
        private double threshold = DEFAULT_THRESHOLD;
        private int maxSkipSteps = DEFAULT_MAX_SKIP_STEPS;
        private double retentionRatio = DEFAULT_RETENTION_RATIO;
        private int forecastOrder;

        private Builder(List<Double> magRatios) {
            List<Float> rounded = new ArrayList<>();
            for (Double ratio : Objects.requireNonNull(magRatios, "magRatios")) {
                require(ratio != null && Float.isFinite(ratio.floatValue()), "mag ratios: expected finite numbers", ratio);
                rounded.add(ratio.floatValue());
            }
            require(!rounded.isEmpty(), "mag ratios: expected one for each step of a calibration run", "none");
            this.ratios = List.copyOf(rounded);
        }

        /** The largest error that skipped steps in a row may sum up to; 0 or more, 0.06 if not set. */
        public Builder threshold(double value) {
            require(value >= 0 && value < Double.POSITIVE_INFINITY, "threshold: expected a number of 0 or more", value);
            threshold = value;
            return this;
        }

        /** How many steps in a row are skipped at most; 1 or more, 3 if not set. */
        public Builder maxSkipSteps(int value) {
            require(value >= 1, "max skip steps: expected 1 or more", value);
            maxSkipSteps = value;
            return this;
        }

        /** The part of the steps, from the first on, that is always computed; in [0, 1], 0.2 if not set. */
        public Builder retentionRatio(double value) {
            require(value >= 0 && value <= 1, "retention ratio: expected a number in [0, 1]", value);
            retentionRatio = value;
            return this;
        }

        /**
         * The order of the series by which a skipped step adds what the blocks are expected to add; 0, if not set, repeats what they
         * added, and each order more holds as much again.
         */
        public Builder forecastOrder(int value) {
            forecastOrder = Forecast.requireOrder(value);
            return this;
        }

        private static void require(boolean holds, String expected, Object found) {
            if (!holds) {
                throw new IllegalArgumentException(expected + ", found " + found);
            }
        }

        /** {@return the method} */
        public MagCache build() {
            return new MagCache(new MagRule(threshold, maxSkipSteps, retentionRatio, ratios), forecastOrder);
        }
    }
}
