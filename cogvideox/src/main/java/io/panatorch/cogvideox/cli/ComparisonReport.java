package io.panatorch.cogvideox.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.calibration.SpeedUp;
import io.panatorch.cache.report.CacheJson;
import io.panatorch.cache.report.CacheText;
import io.panatorch.cache.report.TextTable;
import io.panatorch.cogvideox.compare.Standing;
import io.panatorch.cogvideox.compare.Trial;
import io.panatorch.cogvideox.html.HtmlPage;
import io.panatorch.cogvideox.html.HtmlPage.Cell;
import io.panatorch.cogvideox.html.ScatterPlot;
import io.panatorch.io.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/**
 * A comparison, as a table, as JSON and as a page.
 *
 * @param prompts in the order of the standings' trials
 * @param standings that without a cache first
 * @param conditions what it was measured with
 */
record ComparisonReport(List<String> prompts, List<Standing> standings, Map<String, String> conditions) {

    private static final JsonMapper JSON = new JsonMapper();
    private static final List<String> HEADINGS = List.of(
            "setting", "denoising", "speed-up", "PSNR mean", "PSNR least", "SSIM", "held at the peak", "computed", "reused",
            "computed work");

    /** The table as text. */
    List<String> lines() {
        TextTable table = new TextTable(HEADINGS);
        standings.forEach(standing -> table.row(cells(standing)));
        List<String> lines = new ArrayList<>(table.lines());
        lines.addAll(notes());
        return lines;
    }

    /** What figures not to believe. */
    private List<String> notes() {
        Map<String, SpeedUp> speedUps = new LinkedHashMap<>();
        standings.stream().skip(1).forEach(standing -> speedUps.put(standing.setting().name(), standing.speedUp(none())));
        List<String> notes = new ArrayList<>(SpeedUp.doubts(speedUps));
        for (Standing standing : standings.subList(1, standings.size())) {
            String name = "note: " + standing.setting().name() + ": ";
            if (!skips(standing)) {
                notes.add(name + "nothing was reused, so its speed-up is what looking costs, and noise");
            }
            if (standing.trials().stream().allMatch(trial -> computesOnce(trial.cache()))) {
                notes.add(name + "all was reused from the first step on; the videos are of one step's work");
            }
        }
        return notes;
    }

    private static boolean computesOnce(CacheStatistics cache) {
        return cache.reused() > 0 && cache.sites().stream().allMatch(site -> site.reused() == 0 || site.computed() + site.partial() <= 1);
    }

    private Standing none() {
        return standings.getFirst();
    }

    private List<String> cells(Standing standing) {
        CacheStatistics cache = standing.trials().getFirst().cache();
        boolean isNone = standing == none();
        return List.of(standing.setting().name(), String.format(Locale.ROOT, "%.2f s", standing.seconds()),
                isNone ? "1.00 ×" : standing.speedUp(none()).toString(),
                isNone ? "" : decibels(standing.meanPsnr()), isNone ? "" : decibels(standing.leastPsnr()),
                isNone ? "" : String.format(Locale.ROOT, "%.4f", standing.meanSsim()),
                isNone ? "" : CacheText.bytes(standing.bytesPeak()), Integer.toString(cache.computed() + cache.partial()),
                Integer.toString(cache.reused()), CacheText.part(standing.computedWork()));
    }

    /** A ratio in decibels; equal videos have none. */
    static String decibels(double ratio) {
        return ratio == Double.POSITIVE_INFINITY ? "equal" : String.format(Locale.ROOT, "%.1f dB", ratio);
    }

    /** Writes all numbers, whole or not at all. */
    void writeJson(Path target) throws IOException {
        byte[] json = JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(json());
        AtomicFile.write(target, temporary -> Files.write(temporary, json));
    }

    private ObjectNode json() throws IOException {
        ObjectNode root = JSON.createObjectNode();
        root.set("versions", Report.versions());
        ObjectNode facts = root.putObject("conditions");
        conditions.forEach(facts::put);
        ArrayNode texts = root.putArray("prompts");
        prompts.forEach(texts::add);
        ArrayNode settings = root.putArray("settings");
        for (Standing standing : standings) {
            ObjectNode setting = settings.addObject();
            setting.put("name", standing.setting().name());
            setting.put("options", standing.setting().options());
            setting.put("method", standing.setting().method().toString());
            setting.put("seconds", standing.seconds());
            SpeedUp speedUp = standing.speedUp(none());
            setting.put("speed_up", speedUp.median());
            setting.put("speed_up_lower_quartile", speedUp.low());
            setting.put("speed_up_upper_quartile", speedUp.high());
            put(setting, "computed_work", standing.computedWork());
            put(setting, "psnr_mean", standing.meanPsnr());
            put(setting, "psnr_least", standing.leastPsnr());
            setting.put("ssim_mean", standing.meanSsim());
            setting.put("bytes_peak", standing.bytesPeak());
            ArrayNode trials = setting.putArray("videos");
            for (Trial trial : standing.trials()) {
                ObjectNode node = trials.addObject();
                ArrayNode seconds = node.putArray("seconds");
                trial.seconds().forEach(seconds::add);
                put(node, "psnr", trial.quality().psnr());
                node.put("ssim", trial.quality().ssim());
                node.set("cache", JSON.readTree(CacheJson.of(trial.cache())));
            }
        }
        return root;
    }

    /** JSON has no infinity, which is the ratio of equal videos. */
    private static void put(ObjectNode node, String key, double value) {
        node.put(key, Double.isFinite(value) ? (Double) value : null);
    }

    /**
     * The page.
     *
     * @param videos of each prompt
     * @param changes of a generation without a cache that measured them
     */
    HtmlPage page(List<PageVideo> videos, CacheStatistics changes) {
        HtmlPage page = new HtmlPage("Cache settings compared");
        page.lead((prompts.size() == 1 ? "One video" : prompts.size() + " videos") + " without a cache and with each setting, of the"
                + " same prompts and the same noise, on " + conditions.get("model") + ": " + conditions.get("size") + ", "
                + conditions.get("steps") + " steps.");
        page.table(HEADINGS, rows());
        notes().forEach(page::paragraph);
        List<ScatterPlot.Point> points = standings.stream().skip(1).map(standing ->
                new ScatterPlot.Point(standing.setting().name(), standing.speedUp(none()).median(), standing.meanPsnr())).toList();
        page.beside(left -> left.picture(new ScatterPlot("times as fast", "dB PSNR, mean", points)::svg,
                "Up and to the right is better."), right -> right.facts(meanings()));
        page.heading("The videos");
        for (int i = 0; i < videos.size(); i++) {
            videos.get(i).addTo(page.subheading(prompts.get(i)));
        }
        addCaches(page, changes, standings);
        page.heading("How it was measured");
        int repeats = none().trials().getFirst().seconds().size();
        page.paragraph("After a first generation that does not count, each prompt's video was made without a cache and with every"
                + " setting in turn" + (repeats == 1 ? "" : ", and all of that " + repeats + " times")
                + ". PSNR is 10 · log10(1 / MSE) in dB, with the mean square error of a whole video of values in"
                + " [0, 1]. SSIM is the mean over channels and frames of Wang's index of 2004: RGB, Gaussian window of 11 × 11 with a"
                + " deviation of 1.5. The PSNR of two equal videos is infinite.");
        return page.facts(conditions);
    }

    private static void addCaches(HtmlPage page, CacheStatistics changes, List<Standing> standings) {
        page.heading("What was computed");
        page.beside(standings.stream().skip(1).<Consumer<HtmlPage>>map(standing -> part -> {
            part.subheading(standing.setting().name()).code(standing.setting().options());
            CacheReport.addDecisions(part, standing.trials().getFirst().cache());
        }).toList());
        page.heading("What changes from step to step");
        page.beside(left -> CacheReport.addChanges(left, changes), right -> right.paragraph(
                "Without a cache, of the first prompt. Where outputs change little, reusing them costs little."));
    }

    private static Map<String, String> meanings() {
        Map<String, String> meanings = new LinkedHashMap<>();
        meanings.put("denoising", "the median time of the denoising loop");
        meanings.put("speed-up", "of the denoising against none, made next to it: the median over the videos, and what half of them"
                + " lie between");
        meanings.put("PSNR, SSIM", "how close the frames are to those without a cache; more is closer");
        meanings.put("held at the peak", "memory of what was kept for later steps");
        meanings.put("computed, reused", "counts of the places in the model that a method covers, of the first prompt");
        meanings.put("computed work", "which part of the work of the whole model was computed, of all prompts");
        return meanings;
    }

    private List<List<Cell>> rows() {
        List<List<Cell>> rows = new ArrayList<>();
        List<Standing> cached = standings.stream().filter(ComparisonReport::skips).toList();
        double fastest = best(cached, standing -> standing.speedUp(none()).median());
        for (Standing standing : standings) {
            List<Cell> cells = new ArrayList<>(cells(standing).stream().map(Cell::of).toList());
            double speedUp = standing.speedUp(none()).median();
            cells.set(2, new Cell(cells.get(2).text(), speedUp / Math.max(1, fastest), skips(standing) && speedUp == fastest));
            if (skips(standing)) {
                mark(cells, 3, standing.meanPsnr() == best(cached, Standing::meanPsnr));
                mark(cells, 4, standing.leastPsnr() == best(cached, Standing::leastPsnr));
                mark(cells, 5, standing.meanSsim() == best(cached, Standing::meanSsim));
            }
            rows.add(cells);
        }
        return rows;
    }

    /** What skips nothing cannot be the best. */
    private static boolean skips(Standing standing) {
        return standing.trials().stream().anyMatch(trial -> trial.cache().partial() + trial.cache().reused() > 0);
    }

    private static double best(List<Standing> standings, ToDoubleFunction<Standing> number) {
        return standings.stream().map(number::applyAsDouble).max(Comparator.naturalOrder()).orElse(Double.NaN);
    }

    private static void mark(List<Cell> cells, int column, boolean best) {
        cells.set(column, new Cell(cells.get(column).text(), Double.NaN, best));
    }
}
