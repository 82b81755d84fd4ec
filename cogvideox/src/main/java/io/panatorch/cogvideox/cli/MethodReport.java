package io.panatorch.cogvideox.cli;

import io.panatorch.cache.calibration.Figures;
import io.panatorch.cache.calibration.MethodCalibration.Tried;
import io.panatorch.cache.calibration.SpeedUp;
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
import java.util.stream.Stream;

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
            lines.addAll(FigureTable.lines(triedRows()));
            lines.add("");
        }
        lines.addAll(FigureTable.lines(rows()));
        lines.addAll(doubts());
        lines.addAll(missed);
        lines.add("");
        return lines;
    }

    private List<String> doubts() {
        Map<String, SpeedUp> speedUps = new LinkedHashMap<>();
        finalists.forEach(finalist -> speedUps.put(label(finalist.config) + " on unseen prompts", finalist.unseen.speedUp()));
        return SpeedUp.doubts(speedUps);
    }

    /** For the file of settings. */
    Map<String, Double> expected() {
        Finalist best = finalists.getFirst();
        return FigureTable.expected(targetPsnr, best.used.psnr(), best.used.speedUp().median(), best.unseen);
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
        return tried.stream().map(each -> row(label(each.config()) + (each.keeps() ? "" : missed(each.figures())), each.figures(), most))
                .toList();
    }

    /** A mean is as sure as the prompts are many. */
    private String missed(Figures figures) {
        return figures.psnr() < targetPsnr ? " (below the target)" : " (not surely above the target)";
    }

    private List<List<Cell>> rows() {
        double most = most(finalists.stream().flatMap(each -> Stream.of(each.used, each.unseen)).toList());
        return finalists.stream().flatMap(each -> Stream.of(
                row(label(each.config) + ", on " + usedPrompts + FigureTable.prompts(usedPrompts), each.used, most),
                row(label(each.config) + ", on " + unseenPrompts + " unseen" + FigureTable.prompts(unseenPrompts), each.unseen, most)))
                .toList();
    }

    private static double most(List<Figures> figures) {
        return figures.stream().mapToDouble(each -> each.speedUp().median()).max().orElse(1);
    }

    private static List<Cell> row(String name, Figures figures, double most) {
        return FigureTable.row(name, figures.speedUp().toString(), figures.speedUp().median() / most, figures);
    }

    /** @param file that the choice is written to, or null */
    HtmlPage page(Path file) {
        HtmlPage page = new HtmlPage(finalists.size() > 1 || !missed.isEmpty() ? "The fastest cache for a quality"
                : finalists.getFirst().config.name() + ", calibrated");
        page.lead(String.format(Locale.ROOT, "What keeps a mean PSNR of %.1f dB against videos of %s without a cache, and saves most: %s;"
                + " %s, %s steps.", targetPsnr, conditions.get("model"), label(finalists.getFirst().config), conditions.get("size"),
                conditions.get("steps")));
        page.table(FigureTable.HEADINGS, rows());
        doubts().forEach(page::paragraph);
        missed.forEach(page::paragraph);
        if (file != null) {
            page.code(FigureTable.command(file, conditions));
        }
        if (!tried.isEmpty()) {
            page.heading("What was tried");
            List<ScatterPlot.Point> points = tried.stream().map(each -> new ScatterPlot.Point(
                    tried.size() > FEW * finalists.size() ? each.config().name() : label(each.config()),
                    each.figures().speedUp().median(), each.figures().psnr())).filter(point -> Double.isFinite(point.y())).toList();
            if (!points.isEmpty()) {
                page.picture(new ScatterPlot("times as fast", "dB PSNR, mean", points)::svg, "Up and to the right is better.");
            }
            page.table(FigureTable.HEADINGS, triedRows());
        }
        page.heading("How it was found");
        page.paragraph("Settings of a method lie in an order, from the most careful to the boldest, which was halved again and again:"
                + " each was measured on " + usedPrompts + FigureTable.prompts(usedPrompts) + ", every video next to the same"
                + " one without a cache. None of the unseen prompts took part in it.");
        return page.facts(conditions);
    }
}
