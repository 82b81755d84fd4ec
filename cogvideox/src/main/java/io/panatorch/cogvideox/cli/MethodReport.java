package io.panatorch.cogvideox.cli;

import io.panatorch.cache.calibration.Figures;
import io.panatorch.cache.calibration.MethodCalibration.Tried;
import io.panatorch.cache.calibration.SpeedUp;
import io.panatorch.cache.report.TextTable;
import io.panatorch.cache.settings.CacheConfig;
import io.panatorch.cogvideox.html.HtmlPage;
import io.panatorch.cogvideox.html.HtmlPage.Cell;
import io.panatorch.cogvideox.html.ScatterPlot;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A calibration of a method, or the choice among several, as text and as a page.
 *
 * @param targetPsnr in decibels
 * @param tried what was measured of each method on the prompts that it was found with
 * @param finalists the best of each method, on all the same prompts; the first is the choice
 * @param missed a line for each method that keeps no target
 * @param conditions what it was measured with
 */
record MethodReport(double targetPsnr, List<Tried> tried, List<Finalist> finalists, List<String> missed, int usedPrompts,
        int unseenPrompts, Map<String, String> conditions) {

    private static final List<String> HEADINGS = List.of("", "speed-up", "PSNR mean", "PSNR least", "reused");
    private static final int FEW = 6;

    /**
     * The best setting of a method.
     *
     * @param used what it gives on the prompts that it was found with
     * @param unseen what it gives on others
     */
    record Finalist(CacheConfig config, Figures used, Figures unseen) {}

    List<String> lines() {
        List<String> lines = new ArrayList<>();
        if (!tried.isEmpty()) {
            lines.addAll(table(triedRows()));
            lines.add("");
        }
        lines.addAll(table(rows()));
        lines.addAll(doubts());
        lines.addAll(missed);
        lines.add("");
        return lines;
    }

    private static List<String> table(List<List<Cell>> rows) {
        TextTable table = new TextTable(HEADINGS);
        rows.forEach(row -> table.row(row.stream().map(Cell::text).toList()));
        return table.lines();
    }

    private List<String> doubts() {
        Map<String, SpeedUp> speedUps = new LinkedHashMap<>();
        finalists.forEach(finalist -> speedUps.put(label(finalist.config) + " on unseen prompts", finalist.unseen.speedUp()));
        return SpeedUp.doubts(speedUps);
    }

    /** For the file of settings. */
    Map<String, Double> expected() {
        Finalist best = finalists.getFirst();
        Map<String, Double> expected = new LinkedHashMap<>();
        expected.put("target_psnr", targetPsnr);
        expected.put("psnr", hundredths(best.used.psnr()));
        expected.put("speed_up", hundredths(best.used.speedUp().median()));
        expected.put("unseen_psnr", hundredths(best.unseen.psnr()));
        expected.put("unseen_worst_psnr", hundredths(best.unseen.worstPsnr()));
        expected.put("unseen_speed_up", hundredths(best.unseen.speedUp().median()));
        expected.values().removeIf(number -> !Double.isFinite(number)); // videos that are equal have no ratio
        return expected;
    }

    private static double hundredths(double number) {
        return Math.rint(number * 100) / 100;
    }

    /** {@return a method and those of its settings that are short} */
    static String label(CacheConfig config) {
        String settings = config.settings().entrySet().stream()
                .map(setting -> setting.getKey() + "=" + (setting.getValue() instanceof List<?> list ? list.size() + " numbers or rules"
                        : setting.getValue()))
                .collect(Collectors.joining(", "));
        return settings.isEmpty() ? config.name() : config.name() + ", " + settings;
    }

    private List<List<Cell>> triedRows() {
        double most = most(tried.stream().map(Tried::figures).toList());
        return tried.stream().map(each -> row(label(each.config()) + (each.keeps() ? "" : " (below the target)"), each.figures(), most))
                .toList();
    }

    private List<List<Cell>> rows() {
        double most = most(finalists.stream().map(Finalist::unseen).toList());
        return finalists.stream().map(each -> row(label(each.config) + ", on " + unseenPrompts + " unseen prompt"
                + (unseenPrompts == 1 ? "" : "s"), each.unseen, most)).toList();
    }

    private static double most(List<Figures> figures) {
        return figures.stream().mapToDouble(each -> each.speedUp().median()).max().orElse(1);
    }

    private static List<Cell> row(String name, Figures figures, double most) {
        return List.of(Cell.of(name), new Cell(figures.speedUp().toString(), figures.speedUp().median() / most, false),
                Cell.of(ComparisonReport.decibels(figures.psnr())), Cell.of(ComparisonReport.decibels(figures.worstPsnr())),
                Cell.of(String.format(Locale.ROOT, "%.0f", figures.reused())));
    }

    /** @param file that the choice is written to, or null */
    HtmlPage page(Path file) {
        HtmlPage page = new HtmlPage(finalists.size() > 1 || !missed.isEmpty() ? "The fastest cache for a quality"
                : finalists.getFirst().config.name() + ", calibrated");
        page.lead(String.format(Locale.ROOT, "What keeps a mean PSNR of %.1f dB against videos of %s without a cache, and saves most: %s;"
                + " %s, %s steps.", targetPsnr, conditions.get("model"), label(finalists.getFirst().config), conditions.get("size"),
                conditions.get("steps")));
        page.table(HEADINGS, rows());
        doubts().forEach(page::paragraph);
        missed.forEach(page::paragraph);
        if (file != null) {
            page.code("panatorch generate --cache-config " + file + " --steps " + conditions.get("steps")
                    + " --prompt ... --output video.mp4");
        }
        if (!tried.isEmpty()) {
            page.heading("What was tried");
            List<ScatterPlot.Point> points = tried.stream().map(each -> new ScatterPlot.Point(
                    tried.size() > FEW * finalists.size() ? each.config().name() : label(each.config()),
                    each.figures().speedUp().median(), each.figures().psnr())).filter(point -> Double.isFinite(point.y())).toList();
            if (!points.isEmpty()) {
                page.picture(new ScatterPlot("times as fast", "dB PSNR, mean", points)::svg, "Up and to the right is better.");
            }
            page.table(HEADINGS, triedRows());
        }
        page.heading("How it was found");
        page.paragraph("Settings of a method lie in an order, from the most careful to the boldest, which was halved again and again:"
                + " each was measured on " + usedPrompts + " prompt" + (usedPrompts == 1 ? "" : "s") + ", every video next to the same"
                + " one without a cache. None of the unseen prompts took part in it.");
        return page.facts(conditions);
    }
}
