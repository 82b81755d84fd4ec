package io.panatorch.cache.report;

import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.CacheStatistics.KindStatistics;
import io.panatorch.cache.CacheStatistics.SiteStatistics;
import io.panatorch.cache.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

/**
 * Statistics as pictures: a row for each site, by kind and in the order of the model, and a column for each {@linkplain Step
 * step} so far.
 *
 * <p>Each is SVG: the text of a file {@code .svg}, and an element that HTML takes as it is. Neither a display nor a font is needed.
 * Several thousand cells make some tens of kilobytes.
 */
public final class CachePictures {

    private static final double PERCENT = 100;
    private static final int WIDTH = 760;
    private static final int LEAST_WIDTH = 240;

    private CachePictures() {}

    /**
     * Draws what was computed and what was reused, {@value #WIDTH} pixels wide.
     *
     * @return SVG
     * @throws IllegalArgumentException where no site was visited
     */
    public static String decisions(CacheStatistics statistics, Theme theme) {
        return decisions(statistics, theme, WIDTH);
    }

    /**
     * Draws what was computed and what was reused.
     *
     * @param width in pixels, {@value #LEAST_WIDTH} or more, in which text stays as large as in any other; where so many steps have no
     *     room in it, the picture is wider
     * @return SVG
     * @throws IllegalArgumentException where no site was visited
     */
    public static String decisions(CacheStatistics statistics, Theme theme, int width) {
        Palette palette = Palette.of(theme);
        List<Legend.Swatch> swatches = new ArrayList<>();
        add(swatches, palette.computed(), "computed", statistics.computed());
        add(swatches, palette.partial(), "computed in part", statistics.partial());
        add(swatches, palette.reused(), "reused", statistics.reused());
        add(swatches, palette.nothing(), "not visited, inside what is reused", statistics.notVisited());
        String title = statistics.method() + ": what is computed and what is reused";
        return map(statistics, palette, width, (site, step) -> palette.decision(site.decisions().charAt(step))).draw(title,
                String.join(", ", swatches.stream().map(Legend.Swatch::text).toList()), new Legend.Swatches(swatches));
    }

    private static void add(List<Legend.Swatch> swatches, String color, String name, int count) {
        if (count > 0) {
            swatches.add(new Legend.Swatch(color, count + " " + name));
        }
    }

    /**
     * Draws by how much outputs changed since they were last computed, on a logarithmic scale, {@value #WIDTH} pixels wide.
     *
     * @return SVG
     * @throws IllegalArgumentException where no change was {@linkplain io.panatorch.cache.SessionOptions#withMeasuring measured}
     */
    public static String changes(CacheStatistics statistics, Theme theme) {
        return changes(statistics, theme, WIDTH);
    }

    /**
     * Draws by how much outputs changed since they were last computed, on a logarithmic scale.
     *
     * @param width as of {@link #decisions(CacheStatistics, Theme, int)}
     * @return SVG
     * @throws IllegalArgumentException where no change was {@linkplain io.panatorch.cache.SessionOptions#withMeasuring measured}
     */
    public static String changes(CacheStatistics statistics, Theme theme, int width) {
        double median = statistics.changePercentile(PERCENT / 2);
        if (Double.isNaN(median)) {
            throw new IllegalArgumentException("picture of changes: expected statistics of a session that measures them, in which a site was"
                    + " computed twice, found no change");
        }
        Palette palette = Palette.of(theme);
        LogScale scale = LogScale.around(statistics.sites().stream().flatMap(site -> site.changes().stream())
                .mapToDouble(Double::doubleValue));
        String title = statistics.method() + ": change of outputs since they were last computed, median " + percent(median);
        String description = "one in ten changes by less than " + percent(statistics.changePercentile(10)) + ", one in ten by more than "
                + percent(statistics.changePercentile(90));
        return map(statistics, palette, width, (site, step) -> {
            double change = site.changes().get(step);
            return Double.isNaN(change) ? palette.nothing() : Palette.change(scale.place(change));
        }).draw(title, description, new Legend.Scale(scale, palette.nothing()));
    }

    /**
     * Draws the numbers that the method compared with its threshold, on a logarithmic scale over the steps: what lies below the
     * threshold is reused. That is how a threshold is chosen.
     *
     * @param width as of {@link #decisions(CacheStatistics, Theme, int)}
     * @return SVG
     * @throws IllegalArgumentException where the method compares none
     */
    public static String compared(CacheStatistics statistics, Theme theme, int width) {
        double median = statistics.comparedPercentile(PERCENT / 2);
        if (Double.isNaN(median)) {
            throw new IllegalArgumentException("picture of compared numbers: expected a method that compares some, found none");
        }
        requireWidth(width);
        Palette palette = Palette.of(theme);
        ComparedPlot plot = new ComparedPlot(statistics, palette, width);
        List<Legend.Swatch> swatches = List.of(new Legend.Swatch(palette.reused(), plot.reused() + " followed by reuse"),
                new Legend.Swatch(palette.computed(), plot.count() - plot.reused() + " by computing all"));
        return plot.draw(statistics.method() + ": what is compared with the threshold, median " + percent(median),
                String.join(", ", swatches.stream().map(Legend.Swatch::text).toList()), new Legend.Swatches(swatches));
    }

    private static String percent(double part) {
        return String.format(Locale.ROOT, "%.1f %%", PERCENT * part);
    }

    private static HeatMap map(CacheStatistics statistics, Palette palette, int width,
            BiFunction<SiteStatistics, Integer, String> color) {
        if (statistics.sites().isEmpty()) {
            throw new IllegalArgumentException("picture of a cache: expected statistics with sites that were visited, found none");
        }
        requireWidth(width);
        List<HeatMap.Group> groups = new ArrayList<>();
        for (KindStatistics kind : statistics.kinds()) {
            groups.add(new HeatMap.Group(CacheText.name(kind),
                    kind.sites().stream().map(site -> row(site, color)).toList()));
        }
        return new HeatMap(groups, palette, width);
    }

    private static void requireWidth(int width) {
        if (width < LEAST_WIDTH) {
            throw new IllegalArgumentException("picture of a cache: expected a width of " + LEAST_WIDTH + " pixels or more, found "
                    + width);
        }
    }

    private static HeatMap.Row row(SiteStatistics site, BiFunction<SiteStatistics, Integer, String> color) {
        return new HeatMap.Row(site.site().layer(),
                IntStream.range(0, site.decisions().length()).mapToObj(step -> color.apply(site, step)).toList());
    }
}
