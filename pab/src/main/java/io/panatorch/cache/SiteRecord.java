package io.panatorch.cache;

import io.panatorch.cache.CacheStatistics.SiteStatistics;
import io.panatorch.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/** What a session writes down of one site, step by step. */
final class SiteRecord {

    private final char[] decisions;
    private final double[] seconds;
    private final double[] changes;
    private final double[] compared;
    private double work; // of a computation; 0 where the site was never visited

    SiteRecord(int steps) {
        decisions = new char[steps];
        seconds = new double[steps];
        changes = new double[steps];
        compared = new double[steps];
        Arrays.fill(decisions, CacheStatistics.NOT_VISITED);
        Arrays.fill(seconds, Double.NaN);
        Arrays.fill(changes, Double.NaN);
        Arrays.fill(compared, Double.NaN);
    }

    boolean wasVisited() {
        return new String(decisions).chars().anyMatch(letter -> letter != CacheStatistics.NOT_VISITED);
    }

    boolean isVisited(int step) {
        return decisions[step] != CacheStatistics.NOT_VISITED;
    }

    void visited(int step, char decision, double time) {
        decisions[step] = decision;
        seconds[step] = time;
    }

    /** Notes the work of the first visit; it stays, so that what it decides does not depend on what came later. */
    void noteWork(SiteKind kind, List<Tensor> inputs) {
        if (work == 0) {
            work = Work.of(kind, inputs);
        }
    }

    void changed(int step, double change) {
        changes[step] = change;
    }

    void compared(int step, double number) {
        compared[step] = number;
    }

    double work() {
        return work;
    }

    /** Up to a step, this one included. */
    SiteStatistics statistics(Place place, int lastStep, HeldBytes bytes, int evictions) {
        int steps = lastStep + 1;
        return new SiteStatistics(place.branch(), place.site(), new String(decisions, 0, steps), list(seconds, steps),
                list(changes, steps), list(compared, steps), bytes, evictions);
    }

    private static List<Double> list(double[] numbers, int count) {
        return Arrays.stream(numbers, 0, count).boxed().toList();
    }
}
