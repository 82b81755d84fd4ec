package io.panatorch.cache.calibration;

import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.CacheStatistics.SiteStatistics;
import io.panatorch.cache.SiteKind;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * How much the outputs of a kind of sites change from each step to the next. In trained models it has the shape of a U: much at
 * the first and at the last steps, little between.
 *
 * @param kind the sites
 * @param timesteps the scheduler's, in the order of the steps
 * @param median of the relative changes over sites and prompts at each step; the first step has that of the second, since
 *     there is none before it
 * @param low their 10th percentile
 * @param high their 90th percentile
 */
public record ChangeCurve(
        SiteKind kind, List<Integer> timesteps, List<Double> median, List<Double> low, List<Double> high) {

    private static final double LOW = 0.1;
    private static final double HIGH = 0.9;

    /** Copies the lists. */
    public ChangeCurve {
        timesteps = List.copyOf(timesteps);
        median = List.copyOf(median);
        low = List.copyOf(low);
        high = List.copyOf(high);
    }

    /** Of runs that computed everything and measured changes. */
    static ChangeCurve of(SiteKind kind, List<Integer> timesteps, List<CacheStatistics> runs) {
        List<Double> median = new ArrayList<>();
        List<Double> low = new ArrayList<>();
        List<Double> high = new ArrayList<>();
        for (int step = 0; step < timesteps.size(); step++) {
            List<Double> changes = changes(kind, runs, Math.max(step, 1));
            median.add(percentile(changes, 0.5));
            low.add(percentile(changes, LOW));
            high.add(percentile(changes, HIGH));
        }
        return new ChangeCurve(kind, timesteps, median, low, high);
    }

    private static List<Double> changes(SiteKind kind, List<CacheStatistics> runs, int step) {
        List<Double> changes = new ArrayList<>();
        for (CacheStatistics run : runs) {
            for (SiteStatistics site : run.sites()) {
                if (site.site().kind() == kind && Double.isFinite(site.changes().get(step))) {
                    changes.add(site.changes().get(step));
                }
            }
        }
        return changes;
    }

    /** The nearest; 0 of none. */
    static double percentile(List<Double> numbers, double share) {
        List<Double> sorted = new ArrayList<>(numbers);
        Collections.sort(sorted);
        return sorted.isEmpty() ? 0 : sorted.get((int) Math.round(share * (sorted.size() - 1)));
    }
}
