package io.panatorch.cogvideox.cli;

import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.report.CachePictures;
import io.panatorch.cache.report.CacheText;
import io.panatorch.cache.report.Theme;
import io.panatorch.cogvideox.html.HtmlPage;
import io.panatorch.io.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** What a cache did, in a file whose ending says how. */
enum CacheReport {
    /** Tables alone. */
    TEXT,
    /** Tables and pictures. */
    HTML;

    /**
     * Tells the kind of a file.
     *
     * @throws IllegalArgumentException for another ending
     */
    static CacheReport of(Path target) {
        String name = String.valueOf(target.getFileName()).toLowerCase(Locale.ROOT);
        if (name.endsWith(".txt")) {
            return TEXT;
        }
        if (name.endsWith(".html")) {
            return HTML;
        }
        throw new IllegalArgumentException("--cache-report: expected a file that ends with .html or .txt, found " + target);
    }

    /** Finds out before the work whether it can be done. */
    void check() throws IOException {
        if (this == HTML) {
            checkPictures();
        }
    }

    static void checkPictures() throws IOException {
        try {
            CachePictures.check();
        } catch (IllegalStateException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    void write(CacheStatistics statistics, Path target) throws IOException {
        String text = CacheText.of(statistics);
        if (this == TEXT) {
            AtomicFile.write(target, temporary -> Files.writeString(temporary, text));
            return;
        }
        HtmlPage page = new HtmlPage("What the cache did").lead("Method: " + statistics.method() + ".");
        addDecisions(page, statistics);
        addChanges(page, statistics);
        page.heading("Numbers").code(text).write(target);
    }

    /** Adds the picture of what was computed. */
    static void addDecisions(HtmlPage page, CacheStatistics statistics) {
        if (!statistics.sites().isEmpty()) {
            page.picture(CachePictures.decisions(statistics, Theme.LIGHT), CachePictures.decisions(statistics, Theme.DARK),
                    "Each row is one place in the model, each column one denoising step.");
        }
    }

    /** Adds the picture of how outputs changed, where that was measured. */
    static void addChanges(HtmlPage page, CacheStatistics statistics) {
        if (!Double.isNaN(statistics.changePercentile(0))) {
            page.picture(CachePictures.changes(statistics, Theme.LIGHT), CachePictures.changes(statistics, Theme.DARK),
                    "Where an output was computed: the sum of its absolute differences from the one that was computed there before,"
                            + " in relation to the sum of that one's absolute values.");
        }
    }
}
