package io.panatorch.cache.report;

import io.panatorch.cache.Branch;
import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.CacheStatistics.SiteStatistics;
import io.panatorch.cache.HeldBytes;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteKind;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** Statistics as sessions give them. */
final class Samples {

    private Samples() {}

    /** Two attentions and an MLP in four steps; nothing measured but time. */
    static CacheStatistics small() {
        return statistics(List.of(
                site(SiteKind.SPATIAL_ATTENTION, 0, "CRPR", new HeldBytes(1024, 2048, 0, 0), _ -> Double.NaN, 0),
                site(SiteKind.SPATIAL_ATTENTION, 1, "CRCR", new HeldBytes(1024, 2048, 0, 0), _ -> Double.NaN, 2),
                site(SiteKind.FEED_FORWARD, 0, "CC-C", HeldBytes.NONE, _ -> Double.NaN, 0)));
    }

    /** One attention; the changes were measured: 1 %, 3 %. */
    static CacheStatistics measured() {
        double[] changes = {Double.NaN, 0.01, Double.NaN, 0.03};
        return statistics(List.of(site(SiteKind.SPATIAL_ATTENTION, 0, "CCRC", HeldBytes.NONE, step -> changes[step], 0)));
    }

    /** A visit takes 0.5 s where it computes, half of it where it computes in part, and 0.1 s where it reuses. */
    static SiteStatistics site(SiteKind kind, int layer, String decisions, HeldBytes bytes, IntFunction<Double> change,
            int evictions) {
        List<Double> seconds = decisions.chars().mapToObj(letter -> switch (letter) {
            case CacheStatistics.COMPUTED -> 0.5;
            case CacheStatistics.PARTIAL -> 0.25;
            case CacheStatistics.REUSED -> 0.1;
            default -> Double.NaN;
        }).toList();
        String name = "blocks." + layer + (kind == SiteKind.FEED_FORWARD ? ".ff" : ".attn");
        return new SiteStatistics(Branch.CONDITIONAL, new Site(kind, layer, name), decisions, seconds,
                IntStream.range(0, decisions.length()).mapToObj(change).toList(), List.of(), bytes, evictions);
    }

    static CacheStatistics statistics(List<SiteStatistics> sites) {
        return statistics(sites, Double.NaN);
    }

    static CacheStatistics statistics(List<SiteStatistics> sites, double computedWork) {
        Map<SiteKind, HeldBytes> kinds = new EnumMap<>(SiteKind.class);
        sites.forEach(site -> kinds.merge(site.site().kind(), site.bytes(), Samples::sum));
        return new CacheStatistics("pab", sites, kinds, kinds.values().stream().reduce(HeldBytes.NONE, Samples::sum),
                computedWork);
    }

    private static HeldBytes sum(HeldBytes a, HeldBytes b) {
        return new HeldBytes(a.now() + b.now(), a.peak() + b.peak(), a.offloaded() + b.offloaded(),
                a.offloadedPeak() + b.offloadedPeak());
    }
}
