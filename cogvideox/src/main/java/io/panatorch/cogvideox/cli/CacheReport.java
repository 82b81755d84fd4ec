package io.panatorch.cogvideox.cli;

import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.report.CachePictures;
import io.panatorch.cache.report.CacheText;
import io.panatorch.cache.report.TextTable;
import io.panatorch.cache.report.Theme;
import io.panatorch.cogvideox.html.HtmlPage;
import io.panatorch.io.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What a cache did in one generation, in a file whose ending says how: {@code .txt} for tables alone, {@code .html} for a page.
 *
 * @param statistics what it did
 * @param seconds how long each stage took
 * @param conditions what the videos were made with, prompts included
 */
record CacheReport(CacheStatistics statistics, Map<String, Double> seconds, Map<String, String> conditions) {

    private static final double PERCENT = 100;

    /** What the columns of the tables say, by their headings. */
    private static final Map<String, String> MEANINGS = meanings();

    /**
     * Tells whether a file is to be a page.
     *
     * @throws IllegalArgumentException for an ending of neither kind
     */
    static boolean isPage(Path target) {
        String name = String.valueOf(target.getFileName()).toLowerCase(Locale.ROOT);
        if (!name.endsWith(".html") && !name.endsWith(".txt")) {
            throw new IllegalArgumentException("--cache-report: expected a file that ends with .html or .txt, found " + target);
        }
        return name.endsWith(".html");
    }

    /** Writes the tables, whole or not at all. */
    void writeText(Path target) throws IOException {
        AtomicFile.write(target, temporary -> Files.writeString(temporary, CacheText.of(statistics)));
    }

    /** The page. */
    HtmlPage page(PageVideo video) {
        HtmlPage page = new HtmlPage("What the cache did").lead(lead());
        page.heading(video.tiles().size() == 1 ? "The video" : "The videos");
        page.beside(video::addTo, facts -> facts.facts(conditions));
        page.heading("What was computed, and what changed from step to step");
        page.beside(left -> addDecisions(left, statistics), right -> addChanges(right, statistics));
        if (!Double.isNaN(statistics.comparedPercentile(0))) {
            page.heading("What decided").picture(width -> CachePictures.compared(statistics, Theme.AUTO, width),
                    "The number that the method compared with its threshold at each step.");
        }
        page.heading("Numbers").table(CacheText.kinds(statistics));
        TextTable sites = CacheText.sites(statistics);
        if (statistics.sites().size() > 1) {
            page.folded("All " + statistics.sites().size() + " places in the model, one by one", part -> part.table(sites));
        }
        Map<String, String> meanings = new LinkedHashMap<>(MEANINGS);
        meanings.keySet().retainAll(sites.rows().getFirst());
        page.facts(meanings);
        page.heading("How it was measured");
        page.paragraph("In the one generation that made " + (video.tiles().size() == 1 ? "this video" : "these videos") + ". Each covered"
                + " place in the model was timed at every step." + (measured() ? " To say how much outputs change, the last output of"
                        + " each place was kept and compared with the next one, which takes time and memory of its own: without a"
                        + " report it is faster." : ""));
        return page.facts(times());
    }

    private String lead() {
        int visits = statistics.computed() + statistics.partial() + statistics.reused();
        String counts = statistics.reused() + statistics.partial() == 0
                ? "nothing was skipped (" + visits + " computations)"
                : String.format(Locale.ROOT, "of %d computations %d were skipped (%.0f %%)%s", visits, statistics.reused(),
                        PERCENT * statistics.reused() / visits,
                        statistics.partial() == 0 ? "" : " and " + statistics.partial() + " were done in part");
        String saved = statistics.secondsSaved() > 0
                ? String.format(Locale.ROOT, ", which saved about %.2f s; the denoising took %.2f s", statistics.secondsSaved(),
                        seconds.getOrDefault("denoise", Double.NaN))
                : "";
        String work = CacheText.part(statistics.computedWork());
        return "Method: " + statistics.method() + ". At the places in the model that it covers, " + counts + saved + "."
                + (work.isEmpty() ? "" : " Of the work of the whole model " + work + " was computed.");
    }

    private boolean measured() {
        return !Double.isNaN(statistics.changePercentile(0));
    }

    private Map<String, String> times() {
        Map<String, String> times = new LinkedHashMap<>();
        seconds.forEach((stage, time) -> times.put(stage, String.format(Locale.ROOT, "%.2f s", time)));
        return times;
    }

    /** Adds the picture of what was computed. */
    static void addDecisions(HtmlPage page, CacheStatistics statistics) {
        if (!statistics.sites().isEmpty()) {
            page.picture(width -> CachePictures.decisions(statistics, Theme.AUTO, width),
                    "Each row is one place in the model, each column one denoising step.");
        }
    }

    /** Adds the picture of how outputs changed, where that was measured. */
    static void addChanges(HtmlPage page, CacheStatistics statistics) {
        if (!Double.isNaN(statistics.changePercentile(0))) {
            page.picture(width -> CachePictures.changes(statistics, Theme.AUTO, width),
                    "Where an output was computed: the sum of its absolute differences from the one that was computed there before,"
                            + " in relation to the sum of that one's absolute values.");
        }
    }

    private static Map<String, String> meanings() {
        Map<String, String> meanings = new LinkedHashMap<>();
        meanings.put("computed", "how often a place in the model was computed");
        meanings.put("partial", "how often it was computed for a part of its inputs, such as half of the batch");
        meanings.put("reused", "how often an earlier output was taken instead");
        meanings.put("took", "the time of all visits, computed or not");
        meanings.put("saved", "how much longer the visits that were not computed would have taken, at the median time of those that were");
        meanings.put("held now", "memory of outputs that were kept at the end");
        meanings.put("at the peak", "the most memory of outputs that were kept at once");
        meanings.put("offloaded now", "as held now, of what was moved to the memory of the CPU");
        meanings.put("at that peak", "as at the peak, of what was moved to the memory of the CPU");
        meanings.put("let go", "how often an output was not kept because the budget of memory was used up");
        meanings.put("change p50", "half of the outputs changed by less than this from one computation to the next");
        meanings.put("change p90", "nine of ten changed by less");
        meanings.put("change p99", "99 of 100 changed by less");
        return meanings;
    }
}
