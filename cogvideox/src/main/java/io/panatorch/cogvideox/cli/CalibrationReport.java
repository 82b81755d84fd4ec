package io.panatorch.cogvideox.cli;

import io.panatorch.cache.SiteKind;
import io.panatorch.cache.calibration.Calibration;
import io.panatorch.cache.calibration.ChangeCurve;
import io.panatorch.cache.calibration.Figures;
import io.panatorch.cache.calibration.SpeedUp;
import io.panatorch.cache.pab.BroadcastRule;
import io.panatorch.cache.report.TextTable;
import io.panatorch.cogvideox.html.HtmlPage;
import io.panatorch.cogvideox.html.HtmlPage.Cell;
import io.panatorch.cogvideox.html.TimelinePlot;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A calibration, as text and as a page.
 *
 * @param calibration what was found
 * @param unseen what it gives on prompts that it was not found with
 * @param preset what the authors' setting gives on those
 * @param conditions what it was measured with
 */
record CalibrationReport(Calibration calibration, Figures unseen, Figures preset, int usedPrompts, int unseenPrompts,
        Map<String, String> conditions) {

    private static final String PRESET = "the authors' preset on those";
    private static final List<String> RULE_HEADINGS = List.of("what", "layers", "computed at", "timesteps between");

    List<String> lines() {
        TextTable rules = new TextTable(RULE_HEADINGS);
        ruleRows().forEach(row -> rules.row(row.stream().map(Cell::text).toList()));
        List<String> lines = new ArrayList<>(rules.lines());
        lines.add("");
        lines.addAll(FigureTable.lines(rows()));
        lines.addAll(doubts());
        lines.add("");
        return lines;
    }

    /** For the file of rules. */
    Map<String, Double> expected() {
        return FigureTable.expected(calibration.options().targetPsnr(), calibration.measured().psnr(), calibration.predictedSpeedUp(),
                unseen);
    }

    private List<List<Cell>> rows() {
        Figures own = calibration.measured();
        double expected = calibration.predictedSpeedUp();
        double most = Math.max(expected, Math.max(unseen.speedUp().median(), preset.speedUp().median()));
        return List.of(
                FigureTable.row("expected, from " + usedPrompts + FigureTable.prompts(usedPrompts), String.format(Locale.ROOT, "%.2f ×", expected),
                        expected / most, own),
                FigureTable.row(measured(), unseen.speedUp().toString(), unseen.speedUp().median() / most, unseen),
                FigureTable.row(PRESET, preset.speedUp().toString(), preset.speedUp().median() / most, preset));
    }

    private String measured() {
        return "measured on " + unseenPrompts + " unseen" + FigureTable.prompts(unseenPrompts);
    }

    private List<String> doubts() {
        Map<String, SpeedUp> speedUps = new LinkedHashMap<>();
        speedUps.put(measured(), unseen.speedUp());
        speedUps.put(PRESET, preset.speedUp());
        return SpeedUp.doubts(speedUps);
    }

    private List<List<Cell>> ruleRows() {
        return calibration.rules().stream().map(rule -> List.of(Cell.of(words(rule.kind())), Cell.of(layers(rule)),
                Cell.of("every " + ordinal(rule.skipRange()) + " step"), Cell.of(rule.low() + " and " + rule.high()))).toList();
    }

    private static String words(SiteKind kind) {
        return kind == SiteKind.FEED_FORWARD ? "MLP" : kind.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private static String layers(BroadcastRule rule) {
        return rule.layers().isEmpty() ? "all" : rule.layers().toString().replaceAll("[\\[\\]]", "");
    }

    private static String ordinal(int number) {
        return switch (number) {
            case 2 -> "2nd";
            case 3 -> "3rd";
            default -> number + "th";
        };
    }

    /** @param rules the file that they are written to, or null */
    HtmlPage page(Path rules) {
        HtmlPage page = new HtmlPage("Pyramid Attention Broadcast, calibrated");
        page.lead(String.format(Locale.ROOT, "What can be skipped of %s, and when, so that videos keep a mean PSNR of %.1f dB: %s, %s"
                + " steps.", conditions.get("model"), calibration.options().targetPsnr(), conditions.get("size"),
                conditions.get("steps")));
        page.table(FigureTable.HEADINGS, rows());
        page.paragraph(judgement() + " Speed-up is of the denoising, against videos without a cache made next to these; in brackets what"
                + " half of them lie between. Reused counts the attentions and MLPs of one video that were not"
                + " computed.");
        doubts().forEach(page::paragraph);
        page.heading("How much outputs change, and what is skipped");
        page.beside(left -> left.picture(plot()::svg, "Relative change from each step to the next: the median over layers and prompts,"
                + " and where eight of ten lie. Below, the windows in which outputs are reused."), right -> addRules(right, rules));
        page.heading("How it was found");
        page.paragraph(String.format(Locale.ROOT, "%d videos of %d prompts. Every attention and MLP was watched in a generation"
                + " without a cache. Then parts of the model were skipped alone, one band of timesteps at a time, to see in which"
                + " direction and how far that moves the video. A model of first order adds these moves up for any choice; it expected"
                + " %.1f dB of this one, which has %.1f dB on those prompts. None of the unseen prompts took part in it.",
                calibration.runs(), usedPrompts, calibration.predictedPsnr(), calibration.measured().psnr()));
        return page.facts(conditions);
    }

    private void addRules(HtmlPage page, Path rules) {
        page.subheading("The rules").table(RULE_HEADINGS, ruleRows());
        if (rules != null) {
            page.code(FigureTable.command(rules, conditions));
        }
    }

    private String judgement() {
        double target = calibration.options().targetPsnr();
        return unseen.psnr() >= target
                ? String.format(Locale.ROOT, "Prompts that were not used to find it keep the target of %.1f dB.", target)
                : String.format(Locale.ROOT, "Prompts that were not used to find it miss the target of %.1f dB by %.1f dB.", target,
                        target - unseen.psnr());
    }

    private TimelinePlot plot() {
        return new TimelinePlot("change", calibration.curves().getFirst().timesteps(),
                calibration.curves().stream().map(this::curve).toList());
    }

    private TimelinePlot.Curve curve(ChangeCurve curve) {
        List<TimelinePlot.Window> windows = calibration.rules().stream().filter(rule -> rule.kind() == curve.kind())
                .map(rule -> new TimelinePlot.Window(rule.low(), rule.high(), "1 of " + rule.skipRange() + " computed"
                        + (rule.layers().isEmpty() ? "" : ", layers " + layers(rule)))).toList();
        return new TimelinePlot.Curve(words(curve.kind()), curve.median(), curve.low(), curve.high(), windows);
    }
}
