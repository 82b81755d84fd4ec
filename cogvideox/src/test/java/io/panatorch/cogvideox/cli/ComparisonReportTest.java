package io.panatorch.cogvideox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cache.Branch;
import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.CacheStatistics.SiteStatistics;
import io.panatorch.cache.HeldBytes;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteKind;
import io.panatorch.cogvideox.compare.Setting;
import io.panatorch.cogvideox.compare.Standing;
import io.panatorch.cogvideox.compare.Trial;
import io.panatorch.cogvideox.quality.VideoQuality;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
class ComparisonReportTest {

    /** A video without a cache takes a second. */
    private static final Standing NONE = standing("none", "CCCC", 1, List.of(1., 1.), List.of(1., 1.));

    private static Standing standing(String name, String decisions, double work, List<?>... seconds) {
        return new Standing(new Setting(name, "--cache " + name, CacheMethod.none()), Stream.of(seconds).map(times -> new Trial(
                times.stream().map(Double.class::cast).toList(), new VideoQuality(30, 0.9), statistics(decisions, work))).toList());
    }

    private static CacheStatistics statistics(String decisions, double work) {
        List<Double> nothing = Collections.nCopies(decisions.length(), Double.NaN);
        List<SiteStatistics> sites = IntStream.range(0, 2).mapToObj(layer -> new SiteStatistics(Branch.CONDITIONAL,
                new Site(SiteKind.BLOCK, layer, "blocks." + layer), decisions, nothing, nothing, List.of(), HeldBytes.NONE, 0))
                .toList();
        return new CacheStatistics("m", sites, Map.of(SiteKind.BLOCK, HeldBytes.NONE), HeldBytes.NONE, work);
    }

    private static ComparisonReport report(Standing... standings) {
        List<String> prompts = Collections.nCopies(standings[0].trials().size(), "a prompt");
        return new ComparisonReport(prompts, List.of(standings), Map.of());
    }

    private static List<String> notes(Standing... standings) {
        return report(standings).lines().stream().filter(line -> line.startsWith("note: ")).toList();
    }

    @Test
    void tellsTheSpreadAndTheComputedWork() {
        assertThat(report(NONE, standing("half", "CRCR", 0.47, List.of(0.5, 0.5), List.of(0.8, 0.4))).lines()).containsExactly(
                "setting  denoising            speed-up  PSNR mean  PSNR least    SSIM  held at the peak  computed  reused  computed work",
                "none        1.00 s              1.00 ×                                                          8       0          100 %",
                "half        0.50 s  2.00 × (1.81–2.13)    30.0 dB     30.0 dB  0.9000                 0         4       4           47 %");
    }

    /** Two prompts, made once: the figures may be noise. */
    @Test
    void fewVideosTellNothing() {
        Standing none = standing("none", "CCCC", 1, List.of(1.), List.of(1.));
        assertThat(notes(none, standing("a", "CRCR", 0.5, List.of(0.9), List.of(1.1))))
                .containsExactly("note: a speed-up of fewer than 4 videos may be noise; what was computed is not");
        assertThat(notes(NONE)).isEmpty();
    }

    /** Four pairs, of which some were faster and some slower. */
    @Test
    void aSpreadAcrossOneTellsNothing() {
        assertThat(notes(NONE, standing("faster", "CRCR", 0.5, List.of(0.5, 0.9), List.of(0.5, 0.5)),
                standing("same", "CRCR", 0.5, List.of(0.8, 1.25), List.of(0.8, 1.25)))).containsExactly(
                "note: same: half of its videos were 0.80 to 1.25 times as fast, which tells nothing");
    }

    @Test
    void aSettingThatReusedNothingIsNamed() {
        assertThat(notes(NONE, standing("idle", "CCCC", 1, List.of(1.1, 1.1), List.of(1.1, 1.1)),
                standing("partial", "CPCP", 0.75, List.of(0.8, 0.8), List.of(0.8, 0.8)))).containsExactly(
                "note: idle: nothing was reused, so its speed-up is what looking costs, and noise");
    }

    @Test
    void aSettingThatReusedEverythingIsNamed() {
        assertThat(notes(NONE, standing("all", "CRRR", 0.25, List.of(0.2, 0.2), List.of(0.2, 0.2)),
                standing("most", "CRRC", 0.5, List.of(0.5, 0.5), List.of(0.5, 0.5)))).containsExactly(
                "note: all: all was reused from the first step on; the videos are of one step's work");
    }
}
