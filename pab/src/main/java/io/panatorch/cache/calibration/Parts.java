package io.panatorch.cache.calibration;

import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.CacheStatistics.SiteStatistics;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteKind;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** The parts of a model that may be skipped together, from generations that computed everything. */
final class Parts {

    private static final double MEDIAN = 0.5;

    /** A layer's time that is as near to its kind's is taken for noise: only one that is farther makes it another choice. */
    private static final double ALIKE = 0.3;

    private final List<CacheStatistics> runs;
    private final Map<SiteKind, Map<Integer, Double>> seconds = new EnumMap<>(SiteKind.class);

    private Parts(List<CacheStatistics> runs) {
        this.runs = runs;
        for (SiteStatistics site : runs.getFirst().sites()) {
            SiteKind kind = site.site().kind();
            seconds.computeIfAbsent(kind, _ -> layers(kind));
        }
    }

    /**
     * Everything; each kind alone, where there are several; everything but a group of neighbouring layers.
     *
     * @param groups into how many groups the layers are split; with 1 none is left out
     */
    static List<Part> of(List<CacheStatistics> runs, int groups) {
        Parts parts = new Parts(runs);
        TreeSet<Integer> layers = new TreeSet<>();
        parts.seconds.values().forEach(ofKind -> layers.addAll(ofKind.keySet()));
        List<Part> all = new ArrayList<>();
        all.add(parts.without(parts.seconds.keySet().stream().toList(), List.of()));
        if (parts.seconds.size() > 1) {
            parts.seconds.keySet().forEach(kind -> all.add(parts.without(List.of(kind), List.of())));
        }
        List<Integer> list = List.copyOf(layers);
        int count = Math.min(groups, list.size());
        for (int i = 0; i < count && count > 1; i++) {
            List<Integer> group = list.subList(i * list.size() / count, (i + 1) * list.size() / count);
            all.add(parts.without(parts.seconds.keySet().stream().toList(), group));
        }
        return all;
    }

    private Part without(List<SiteKind> kinds, List<Integer> leftOut) {
        Map<SiteKind, List<Integer>> layers = new EnumMap<>(SiteKind.class);
        double sum = 0;
        for (SiteKind kind : kinds) {
            List<Integer> some = seconds.get(kind).keySet().stream().filter(layer -> !leftOut.contains(layer)).toList();
            sum += some.stream().mapToDouble(seconds.get(kind)::get).sum();
            if (!some.isEmpty()) {
                layers.put(kind, some.size() == seconds.get(kind).size() ? List.of() : some);
            }
        }
        return new Part(layers, sum);
    }

    /** What the sites of a kind take in each layer, in which there are several where a model has several lists of blocks. */
    private Map<Integer, Double> layers(SiteKind kind) {
        Map<Integer, List<Double>> all = new TreeMap<>();
        Map<Integer, Integer> sites = new TreeMap<>();
        List<Double> ofKind = new ArrayList<>();
        for (SiteStatistics site : runs.stream().flatMap(run -> run.sites().stream()).toList()) {
            if (site.site().kind() == kind) {
                Site where = site.site();
                List<Double> finite = site.seconds().stream().filter(Double::isFinite).toList();
                ofKind.addAll(finite);
                all.computeIfAbsent(where.layer(), _ -> new ArrayList<>()).addAll(finite);
                sites.merge(where.layer(), 1, Integer::sum);
            }
        }
        double usual = ChangeCurve.percentile(ofKind, MEDIAN);
        Map<Integer, Double> layers = new TreeMap<>();
        all.forEach((layer, times) -> {
            double own = ChangeCurve.percentile(times, MEDIAN);
            layers.put(layer, (Math.abs(own - usual) <= ALIKE * usual ? usual : own) * sites.get(layer) / runs.size());
        });
        return layers;
    }
}
