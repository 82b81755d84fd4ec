package io.panatorch.cache.report;

import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.CacheStatistics.SiteStatistics;
import io.panatorch.cache.SiteKind;
import io.panatorch.svg.Svg;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The numbers that a method compared with its threshold, over the steps: a line for each site that has some, and a point for each
 * number, in the colour of what came of it.
 */
final class ComparedPlot {

    private static final int MARGIN = Canvas.MARGIN;
    private static final int LEFT = 64;
    private static final int HEIGHT = 200;
    private static final int AXIS = 28;
    private static final int SMALL = Canvas.SMALL;
    private static final int GAP = 6;
    private static final double MOST_RADIUS = 4;

    private final List<SiteStatistics> lines;
    private final List<SiteStatistics> all;
    private final Palette palette;
    private final LogScale scale;
    private final int steps;
    private final double width;
    private final Canvas canvas;
    private final Svg svg;

    ComparedPlot(CacheStatistics statistics, Palette palette, double width) {
        this.all = statistics.sites();
        this.lines = all.stream().filter(site -> site.compared().stream().anyMatch(Double::isFinite)).toList();
        this.palette = palette;
        this.scale = LogScale.around(lines.stream().flatMap(site -> site.compared().stream()).mapToDouble(Double::doubleValue));
        this.steps = lines.stream().mapToInt(site -> site.compared().size()).max().orElseThrow();
        this.width = width;
        this.canvas = new Canvas(palette, width);
        this.svg = canvas.svg;
    }

    /** {@return an SVG file} */
    String draw(String title, String description, Legend legend) {
        double y = canvas.drawHead(title, legend) + 2 * MARGIN;
        drawScale(y);
        for (SiteStatistics site : lines) {
            draw(site, y);
        }
        return canvas.file(width, y + HEIGHT + AXIS, title, description);
    }

    private double x(int step) {
        return LEFT + (step + 0.5) * (width - MARGIN - LEFT) / steps;
    }

    /** What is no more than 0 lies at the lower end. */
    private double y(double top, double number) {
        return top + (1 - Math.clamp(number > 0 ? scale.place(number) : 0, 0, 1)) * HEIGHT;
    }

    private void drawScale(double top) {
        double free = Double.POSITIVE_INFINITY;
        for (double tick : scale.ticks()) {
            double at = y(top, tick);
            if (at < free) {
                svg.line(LEFT, at, width - MARGIN, at, "stroke=\"" + palette.nothing() + "\"");
                svg.text(LEFT - GAP, at + 4, "end", Canvas.text(palette.soft(), SMALL), Legend.percent(tick));
                free = at - SMALL - GAP;
            }
        }
        double bottom = top + HEIGHT + SMALL + GAP;
        int interval = HeatMap.interval((width - MARGIN - LEFT) / steps, Svg.width(Integer.toString(steps), SMALL) + GAP);
        for (int step = 0; step < steps; step += interval) {
            svg.text(x(step), bottom, "middle", Canvas.text(palette.soft(), SMALL), Integer.toString(step));
        }
        svg.text(LEFT - GAP, bottom, "end", Canvas.text(palette.soft(), SMALL), "step");
    }

    private void draw(SiteStatistics site, double top) {
        double radius = Math.clamp((width - LEFT) / steps / 3, 1, MOST_RADIUS);
        List<String> points = new ArrayList<>();
        Svg dots = new Svg();
        for (int step = 0; step < site.compared().size(); step++) {
            double number = site.compared().get(step);
            if (Double.isFinite(number)) {
                String place = Svg.number(x(step)) + "," + Svg.number(y(top, number));
                points.add(place);
                dots.add("<circle cx=\"%s\" cy=\"%s\" r=\"%s\" fill=\"%s\"/>", Svg.number(x(step)), Svg.number(y(top, number)),
                        Svg.number(radius), reuses(site, step) ? palette.reused() : palette.computed());
            }
        }
        svg.add("<polyline fill=\"none\" stroke=\"%s\" points=\"%s\"/>%s", palette.soft(), String.join(" ", points), dots);
    }

    /** What is decided at one site may be reused at others of its branch. */
    private boolean reuses(SiteStatistics site, int step) {
        return all.stream().filter(other -> other.branch() == site.branch() && isRow(other) == isRow(site)).map(SiteStatistics::decisions)
                .anyMatch(decisions -> decisions.charAt(step) == CacheStatistics.REUSED);
    }

    /** Blocks and the denoiser are decided together; another method may decide what is inside. */
    private static boolean isRow(SiteStatistics site) {
        return site.site().kind() == SiteKind.BLOCK || site.site().kind() == SiteKind.DENOISER;
    }

    /** {@return how many of the steps with a number reused something} */
    long reused() {
        return lines.stream().flatMapToInt(site -> IntStream.range(0, site.compared().size())
                .filter(step -> Double.isFinite(site.compared().get(step)) && reuses(site, step))).count();
    }

    /** {@return how many numbers there are} */
    long count() {
        return lines.stream().flatMap(site -> site.compared().stream()).filter(Double::isFinite).count();
    }
}
