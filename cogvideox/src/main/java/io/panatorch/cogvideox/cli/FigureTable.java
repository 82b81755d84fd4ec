package io.panatorch.cogvideox.cli;

import io.panatorch.cache.calibration.Figures;
import io.panatorch.cache.report.TextTable;
import io.panatorch.cogvideox.html.HtmlPage.Cell;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What settings gave, as every calibration tells it: in rows of a table, and in the file of the choice. */
final class FigureTable {

    static final List<String> HEADINGS = List.of("", "speed-up", "PSNR mean", "PSNR least", "reused");

    private FigureTable() {}

    /**
     * {@return a row}
     *
     * @param partOfMost the speed-up in relation to the largest in the table
     */
    static List<Cell> row(String name, String speedUp, double partOfMost, Figures figures) {
        return List.of(Cell.of(name), new Cell(speedUp, partOfMost, false), Cell.of(ComparisonReport.decibels(figures.psnr())),
                Cell.of(ComparisonReport.decibels(figures.worstPsnr())), Cell.of(String.format(Locale.ROOT, "%.0f", figures.reused())));
    }

    static List<String> lines(List<List<Cell>> rows) {
        TextTable table = new TextTable(HEADINGS);
        rows.forEach(row -> table.row(row.stream().map(Cell::text).toList()));
        return table.lines();
    }

    /**
     * {@return what a file says of the choice}
     *
     * @param psnr on the prompts that it was found with, as the speed-up is
     */
    static Map<String, Double> expected(double targetPsnr, double psnr, double speedUp, Figures unseen) {
        Map<String, Double> expected = new LinkedHashMap<>();
        expected.put("target_psnr", targetPsnr);
        expected.put("psnr", hundredths(psnr));
        expected.put("speed_up", hundredths(speedUp));
        expected.put("unseen_psnr", hundredths(unseen.psnr()));
        expected.put("unseen_worst_psnr", hundredths(unseen.worstPsnr()));
        expected.put("unseen_speed_up", hundredths(unseen.speedUp().median()));
        expected.values().removeIf(number -> !Double.isFinite(number)); // videos that are equal have no ratio
        return expected;
    }

    private static double hundredths(double number) {
        return Math.rint(number * 100) / 100;
    }

    /** {@return the command that generates with the choice} */
    static String command(Path file, Map<String, String> conditions) {
        return "panatorch generate --cache-config " + file + " --steps " + conditions.get("steps") + " --prompt ... --output video.mp4";
    }

    static String prompts(int count) {
        return count == 1 ? " prompt" : " prompts";
    }
}
