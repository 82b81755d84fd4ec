package io.panatorch.cache.report;

import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.CacheStatistics.KindStatistics;
import io.panatorch.cache.CacheStatistics.SiteStatistics;
import io.panatorch.cache.HeldBytes;
import io.panatorch.cache.VisitCounts;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Statistics as text: a table of the kinds of sites and all together, one of the sites, and which part of the model's work was
 * computed. What would be empty is left out.
 */
public final class CacheText {

    private static final int KIBI = 1024;
    private static final double PERCENT = 100;
    private static final List<Integer> PERCENTILES = List.of(50, 90, 99);

    /** @param shown whether the column is worth showing for these statistics */
    private record Column(String heading, Predicate<VisitCounts> shown, Function<VisitCounts, String> cell) {}

    private CacheText() {}

    /** {@return all of it, in lines that end with a line feed} */
    public static String of(CacheStatistics statistics) {
        String work = part(statistics.computedWork());
        return String.join("\n", kinds(statistics).lines()) + "\n\n" + String.join("\n", sites(statistics).lines()) + "\n"
                + (work.isEmpty() ? "" : "\ncomputed work of the whole model: " + work + "\n");
    }

    /** {@return the table of the kinds of sites, and of all together} */
    public static TextTable kinds(CacheStatistics statistics) {
        List<Column> columns = shown(statistics);
        TextTable kinds = new TextTable(headings(statistics.method(), columns));
        for (KindStatistics kind : statistics.kinds()) {
            kinds.row(cells(name(kind), columns, kind));
        }
        return kinds.row(cells("all", columns, statistics));
    }

    /** {@return the table of the sites} */
    public static TextTable sites(CacheStatistics statistics) {
        List<Column> columns = shown(statistics);
        TextTable sites = new TextTable(headings("site", columns));
        statistics.sites().forEach(site -> sites.row(cells(statistics.nameOf(site), columns, site)));
        return sites;
    }

    private static List<Column> shown(CacheStatistics statistics) {
        return columns().stream().filter(column -> column.shown.test(statistics)).toList();
    }

    static String name(KindStatistics kind) {
        return kind.kind().name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private static List<String> headings(String first, List<Column> columns) {
        List<String> headings = new ArrayList<>(List.of(first));
        columns.forEach(column -> headings.add(column.heading));
        return headings;
    }

    private static List<String> cells(String name, List<Column> columns, VisitCounts counts) {
        List<String> cells = new ArrayList<>(List.of(name));
        columns.forEach(column -> cells.add(column.cell.apply(counts)));
        return cells;
    }

    private static List<Column> columns() {
        List<Column> columns = new ArrayList<>();
        columns.add(new Column("computed", _ -> true, counts -> Integer.toString(counts.computed())));
        columns.add(new Column("partial", all -> all.partial() > 0, counts -> Integer.toString(counts.partial())));
        columns.add(new Column("reused", _ -> true, counts -> Integer.toString(counts.reused())));
        columns.add(new Column("took", all -> all.totalSeconds() > 0, counts -> seconds(counts.totalSeconds())));
        columns.add(new Column("saved", all -> all.totalSeconds() > 0 && all.partial() + all.reused() > 0,
                counts -> seconds(counts.secondsSaved())));
        columns.add(bytes("held now", HeldBytes::now));
        columns.add(bytes("at the peak", HeldBytes::peak));
        columns.add(bytes("offloaded now", HeldBytes::offloaded));
        columns.add(bytes("at that peak", HeldBytes::offloadedPeak));
        columns.add(new Column("let go", all -> evictions(all) > 0, counts -> Integer.toString(evictions(counts))));
        for (int percent : PERCENTILES) {
            columns.add(new Column("change p" + percent, all -> !Double.isNaN(all.changePercentile(percent)),
                    counts -> change(counts.changePercentile(percent))));
        }
        for (int percent : PERCENTILES) {
            columns.add(new Column("compared p" + percent, all -> !Double.isNaN(all.comparedPercentile(percent)),
                    counts -> change(counts.comparedPercentile(percent))));
        }
        return columns;
    }

    private static Column bytes(String heading, Function<HeldBytes, Long> count) {
        return new Column(heading, all -> count.apply(all.bytes()) > 0, counts -> bytes(count.apply(counts.bytes())));
    }

    private static int evictions(VisitCounts counts) {
        return counts.sites().stream().mapToInt(SiteStatistics::evictions).sum();
    }

    private static String seconds(double seconds) {
        return String.format(Locale.ROOT, "%.3f s", seconds);
    }

    /** {@return a number of bytes as people read it, such as {@code 1.5 MiB}} */
    public static String bytes(long count) {
        String[] units = {"KiB", "MiB", "GiB"};
        double amount = (double) count / KIBI;
        int unit = 0;
        while (amount >= KIBI && unit < units.length - 1) {
            amount /= KIBI;
            unit++;
        }
        return count == 0 ? "0" : String.format(Locale.ROOT, "%.1f %s", amount, units[unit]);
    }

    /** {@return a part of a whole as people read it, such as {@code 63 %}; empty of NaN} */
    public static String part(double part) {
        return Double.isNaN(part) ? "" : String.format(Locale.ROOT, "%.0f %%", PERCENT * part);
    }

    private static String change(double change) {
        return Double.isNaN(change) ? "" : String.format(Locale.ROOT, "%.2f %%", PERCENT * change);
    }
}
