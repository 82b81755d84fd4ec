package io.panatorch.cache;

import io.panatorch.cache.CacheStatistics.KindStatistics;
import io.panatorch.cache.CacheStatistics.SiteStatistics;
import java.util.List;
import java.util.function.Function;
import java.util.stream.DoubleStream;

/** What can be told alike of one site, of all sites of a kind, and of a whole generation. */
public sealed interface VisitCounts permits SiteStatistics, KindStatistics, CacheStatistics {

    /** {@return the sites that are counted} */
    List<SiteStatistics> sites();

    /** {@return what is held for them} */
    HeldBytes bytes();

    /** {@return how often the computation ran on the model's inputs} */
    default int computed() {
        return count(CacheStatistics.COMPUTED);
    }

    /** {@return how often it ran on other inputs} */
    default int partial() {
        return count(CacheStatistics.PARTIAL);
    }

    /** {@return how often it did not run} */
    default int reused() {
        return count(CacheStatistics.REUSED);
    }

    /** {@return how often there was no visit, as at a site inside another one that was not computed} */
    default int notVisited() {
        return count(CacheStatistics.NOT_VISITED);
    }

    private int count(char letter) {
        return sites().stream().mapToInt(site -> (int) site.decisions().chars().filter(c -> c == letter).count()).sum();
    }

    /** {@return the measured time of all visits, in seconds; where sites lie inside each other, each has its own part} */
    default double totalSeconds() {
        return finite(SiteStatistics::seconds).sum();
    }

    /**
     * {@return the time that was saved, in seconds, less what reusing took}
     *
     * <p>At each site every visit that was not computed as a whole is set against the median of those that were. Covered sites
     * inside one that was not computed were not visited, and what that saved is not in this number.
     */
    default double secondsSaved() {
        return sites().stream().mapToDouble(SiteStatistics::saved).sum();
    }

    /**
     * {@return a percentile of the numbers that a method compared with its threshold, by which thresholds are chosen; NaN where there are
     * none}
     *
     * @param percent in [0, 100]
     */
    default double comparedPercentile(double percent) {
        return percentile(finite(SiteStatistics::compared), percent);
    }

    /**
     * A percentile of the relative changes from one computed output to the next, between the two nearest by interpolation.
     *
     * @param percent in [0, 100]
     * @return NaN where no change was measured
     */
    default double changePercentile(double percent) {
        return percentile(finite(SiteStatistics::changes), percent);
    }

    private DoubleStream finite(Function<SiteStatistics, List<Double>> numbers) {
        return sites().stream().flatMap(site -> numbers.apply(site).stream()).mapToDouble(Double::doubleValue)
                .filter(Double::isFinite);
    }

    /**
     * A percentile of numbers, between the two nearest by interpolation.
     *
     * @param percent in [0, 100]; 50 is the median
     * @return NaN of no numbers
     */
    static double percentile(DoubleStream numbers, double percent) {
        if (!(percent >= 0 && percent <= 100)) {
            throw new IllegalArgumentException("percentile: expected a number in [0, 100], found " + percent);
        }
        double[] sorted = numbers.sorted().toArray();
        if (sorted.length == 0) {
            return Double.NaN;
        }
        double place = percent / 100 * (sorted.length - 1);
        int below = (int) place;
        double above = sorted[Math.min(below + 1, sorted.length - 1)];
        return sorted[below] + (place - below) * (above - sorted[below]);
    }
}
