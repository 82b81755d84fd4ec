package io.panatorch.cache.calibration;

import io.panatorch.cache.VisitCounts;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How many times as fast: of pairs of videos of which one was made next to the other, so that a slow moment of the machine meets
 * both.
 *
 * @param median over the pairs
 * @param low what half of the pairs lie between, its lower end
 * @param high its upper end
 * @param pairs how many there are
 */
public record SpeedUp(double median, double low, double high, int pairs) {

    /** Of fewer pairs it is not told what half of them lie between. */
    private static final int ENOUGH = 4;

    private static final double LOWER_QUARTILE = 25;
    private static final double MEDIAN = 50;
    private static final double UPPER_QUARTILE = 75;

    /** {@return that of pairs, by the ratios of their times} */
    public static SpeedUp of(List<Double> ratios) {
        return new SpeedUp(percentile(ratios, MEDIAN), percentile(ratios, LOWER_QUARTILE), percentile(ratios, UPPER_QUARTILE),
                ratios.size());
    }

    private static double percentile(List<Double> ratios, double percent) {
        return VisitCounts.percentile(ratios.stream().mapToDouble(Double::doubleValue), percent);
    }

    /**
     * {@return in lines, which speed-ups not to believe: all where there are few pairs, else those where 1 is among what half of the
     * pairs lie between}
     *
     * @param named one or more of as many pairs each, by what they are of
     */
    public static List<String> doubts(Map<String, SpeedUp> named) {
        List<String> doubts = new ArrayList<>();
        if (named.values().stream().anyMatch(SpeedUp::isOfFew)) {
            doubts.add("note: a speed-up of fewer than " + ENOUGH + " videos may be noise; what was computed is not");
            return doubts;
        }
        named.forEach((name, speedUp) -> {
            if (speedUp.low <= 1 && speedUp.high >= 1) {
                doubts.add(String.format(Locale.ROOT,
                        "note: %s: half of its videos were %.2f to %.2f times as fast, which tells nothing", name, speedUp.low,
                        speedUp.high));
            }
        });
        return doubts;
    }

    private boolean isOfFew() {
        return pairs < ENOUGH;
    }

    /** {@return it as people read it: {@code 1.29 ×}, and where there are enough pairs {@code 1.29 × (1.20–1.33)}} */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, isOfFew() ? "%.2f ×" : "%.2f × (%.2f–%.2f)", median, low, high);
    }
}
