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
    private final double[] given; // how much of the first visit's batch the model gave
    private final double[] computed; // how much of it was computed
    private double work; // of a computation; 0 where the site was never visited
    private double rows; // of the first visit's batch

    SiteRecord(int steps) {
        decisions = new char[steps];
        seconds = new double[steps];
        changes = new double[steps];
        compared = new double[steps];
        given = new double[steps];
        computed = new double[steps];
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
    void given(int step, SiteKind kind, List<Tensor> inputs) {
        if (work == 0) {
            work = Work.of(kind, inputs);
            rows = rows(inputs);
        }
        given[step] = rows(inputs) / rows;
    }

    /** @param inputs what the computation ran on */
    void computed(int step, List<Tensor> inputs) {
        computed[step] = rows(inputs) / rows;
    }

    private static double rows(List<Tensor> inputs) {
        return inputs.isEmpty() || inputs.getFirst().shape().dim() == 0 ? 1 : Math.max(1, inputs.getFirst().size(0));
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

    /** How much the model gave at a step, in batches of the first visit. */
    double given(int step) {
        return given[step];
    }

    /** How much was computed at a step, in batches of the first visit; 0 where nothing was. */
    double computed(int step) {
        return computed[step];
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
