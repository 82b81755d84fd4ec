package io.panatorch.cache.report;

import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.CacheStatistics.KindStatistics;
import io.panatorch.cache.CacheStatistics.SiteStatistics;
import io.panatorch.cache.Step;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

/**
 * Statistics as pictures: a row for each site, by kind and in the order of the model, and a column for each {@linkplain Step
 * step} so far.
 *
 * <p>Each is a PNG file at twice the density of a screen. They are drawn by the JDK's module {@code java.desktop}, which nothing
 * else here needs, so a program that draws them requires it itself. No display is used.
 */
public final class CachePictures {

    private static final double PERCENT = 100;

    private CachePictures() {}

    /**
     * Tells whether pictures can be drawn here.
     *
     * @throws IllegalStateException where not; one line that says what is missing
     */
    public static void check() {
        try {
            HeatMap.checkFonts();
        } catch (NoClassDefFoundError e) {
            throw new IllegalStateException("pictures need the JDK's module java.desktop, which is not there: add"
                    + " --add-modules java.desktop, or take a JDK that has it", e);
        } catch (RuntimeException | LinkageError e) {
            throw new IllegalStateException("pictures need fonts: install fontconfig and a font such as DejaVu, or set"
                    + " -Djava.awt.headless=true where the display does not work", e);
        }
    }

    /**
     * Draws what was computed and what was reused.
     *
     * @return a PNG file
     * @throws IllegalArgumentException where no site was visited
     */
    public static byte[] decisions(CacheStatistics statistics, Theme theme) {
        return HeatMap.png(decisionsImage(statistics, theme));
    }

    static BufferedImage decisionsImage(CacheStatistics statistics, Theme theme) {
        Palette palette = Palette.of(theme);
        List<Legend.Swatch> swatches = new ArrayList<>();
        add(swatches, palette.computed(), "computed", statistics.computed());
        add(swatches, palette.partial(), "computed in part", statistics.partial());
        add(swatches, palette.reused(), "reused", statistics.reused());
        add(swatches, palette.nothing(), "not visited, inside what is reused", statistics.notVisited());
        return draw(statistics, palette, statistics.method() + ": what is computed and what is reused",
                new Legend.Swatches(swatches), (site, step) -> palette.decision(site.decisions().charAt(step)));
    }

    private static void add(List<Legend.Swatch> swatches, Color color, String name, int count) {
        if (count > 0) {
            swatches.add(new Legend.Swatch(color, count + " " + name));
        }
    }

    /**
     * Draws by how much outputs changed since they were last computed, on a logarithmic scale.
     *
     * @return a PNG file
     * @throws IllegalArgumentException where no change was {@linkplain io.panatorch.cache.SessionOptions#withMeasuring measured}
     */
    public static byte[] changes(CacheStatistics statistics, Theme theme) {
        return HeatMap.png(changesImage(statistics, theme));
    }

    static BufferedImage changesImage(CacheStatistics statistics, Theme theme) {
        double median = statistics.changePercentile(PERCENT / 2);
        if (Double.isNaN(median)) {
            throw new IllegalArgumentException("picture of changes: expected statistics of a session that measures them, found none");
        }
        Palette palette = Palette.of(theme);
        LogScale scale = LogScale.around(statistics.sites().stream().flatMap(site -> site.changes().stream())
                .mapToDouble(Double::doubleValue));
        String title = String.format(Locale.ROOT, "%s: change of outputs since they were last computed, median %.1f %%",
                statistics.method(), PERCENT * median);
        return draw(statistics, palette, title, new Legend.Scale(scale, palette.nothing()), (site, step) -> {
            double change = site.changes().get(step);
            return Double.isNaN(change) ? palette.nothing() : Palette.change(scale.place(change));
        });
    }

    private static BufferedImage draw(CacheStatistics statistics, Palette palette, String title, Legend legend,
            BiFunction<SiteStatistics, Integer, Color> color) {
        if (statistics.sites().isEmpty()) {
            throw new IllegalArgumentException("picture of a cache: expected statistics with sites that were visited, found none");
        }
        List<HeatMap.Group> groups = new ArrayList<>();
        for (KindStatistics kind : statistics.kinds()) {
            groups.add(new HeatMap.Group(CacheText.name(kind),
                    kind.sites().stream().map(site -> row(site, color)).toList()));
        }
        return new HeatMap(title, groups, legend, palette).draw();
    }

    private static HeatMap.Row row(SiteStatistics site, BiFunction<SiteStatistics, Integer, Color> color) {
        return new HeatMap.Row(site.site().layer(),
                IntStream.range(0, site.decisions().length()).mapToObj(step -> color.apply(site, step)).toList());
    }
}
