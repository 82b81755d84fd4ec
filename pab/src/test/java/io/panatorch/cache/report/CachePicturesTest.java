package io.panatorch.cache.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.cache.Branch;
import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.CacheStatistics.SiteStatistics;
import io.panatorch.cache.HeldBytes;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteKind;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.w3c.dom.Element;

@Tag("pure")
class CachePicturesTest {

    @ParameterizedTest
    @EnumSource(Theme.class)
    void everyDecisionHasItsColourInItsPlace(Theme theme) throws Exception {
        Picture picture = new Picture(CachePictures.decisions(Samples.small(), theme));
        Palette palette = Palette.of(theme);
        assertThat(picture.cells(0)).as("CRPR, CRCR").containsExactly(
                List.of(palette.computed(), palette.reused(), palette.partial(), palette.reused()),
                List.of(palette.computed(), palette.reused(), palette.computed(), palette.reused()));
        assertThat(picture.cells(1)).as("CC-C").containsExactly(
                List.of(palette.computed(), palette.computed(), palette.nothing(), palette.computed()));
        assertThat(picture.texts()).contains("pab: what is computed and what is reused", "6 computed", "1 computed in part", "4 reused",
                "1 not visited, inside what is reused", "spatial attention", "feed forward", "layer", "step", "0", "3");
        assertThat(picture.elements("title").getFirst().getTextContent()).startsWith("pab: what is computed");
        assertThat(picture.elements("desc").getFirst().getTextContent()).startsWith("6 computed, 1 computed in part, 4 reused");
    }

    /** Colours that a program without style sheets knows; the third kind has both, and asks the reader's. */
    @Test
    void themesHaveTheirColours() {
        assertThat(CachePictures.decisions(Samples.small(), Theme.LIGHT)).contains("#fcfcfb").doesNotContain("var(", "<style", "#15171a");
        assertThat(CachePictures.decisions(Samples.small(), Theme.DARK)).contains("#15171a").doesNotContain("var(", "<style", "#fcfcfb");
        assertThat(CachePictures.decisions(Samples.small(), Theme.AUTO)).contains("class=\"panatorch-picture\"",
                "paper:#fcfcfb", "@media(prefers-color-scheme:dark){.panatorch-picture{", "paper:#15171a", "fill=\"var(--panatorch-paper)\"");
    }

    @Test
    void changesAreColouredOnTheirScale() throws Exception {
        Picture picture = new Picture(CachePictures.changes(Samples.measured(), Theme.LIGHT));
        LogScale scale = new LogScale(0.01, 0.05);
        String nothing = Palette.of(Theme.LIGHT).nothing();
        assertThat(picture.cells(0)).containsExactly(
                List.of(nothing, Palette.change(0), nothing, Palette.change(scale.place(0.03))));
        assertThat(Palette.change(0)).isEqualTo("#440154");
        assertThat(Palette.change(0.5)).isNotEqualTo(Palette.change(0.55));
        assertThat(Palette.change(7)).isEqualTo("#fde725");
        assertThat(picture.texts()).contains("1 %", "5 %", "not measured");
    }

    /** A point for each number, the larger above, in the colour of what came of it at any site. */
    @Test
    void comparedNumbersAreACurve() throws Exception {
        List<Double> compared = List.of(Double.NaN, 0.01, 0.1, 0.0);
        List<Double> none = List.of(Double.NaN, Double.NaN, Double.NaN, Double.NaN);
        SiteStatistics deciding = new SiteStatistics(Branch.CONDITIONAL, new Site(SiteKind.BLOCK, 0, "blocks.0"), "CCCC", none, none,
                compared, HeldBytes.NONE, 0);
        SiteStatistics other = new SiteStatistics(Branch.CONDITIONAL, new Site(SiteKind.BLOCK, 1, "blocks.1"), "CRCR", none, none, none,
                HeldBytes.NONE, 0);
        Picture picture = new Picture(CachePictures.compared(Samples.statistics(List.of(deciding, other)), Theme.LIGHT, 400));
        Palette palette = Palette.of(Theme.LIGHT);
        List<Element> points = picture.elements("circle");
        assertThat(points).extracting(point -> point.getAttribute("fill"))
                .containsExactly(palette.reused(), palette.computed(), palette.reused());
        List<Double> heights = points.stream().map(point -> Double.valueOf(point.getAttribute("cy"))).toList();
        assertThat(heights.get(1)).isLessThan(heights.get(0));
        assertThat(heights.get(0)).isLessThanOrEqualTo(heights.get(2));
        assertThat(picture.elements("polyline")).singleElement()
                .satisfies(line -> assertThat(line.getAttribute("points").split(" ")).hasSize(3));
        assertThat(picture.texts()).contains("pab: what is compared with the", "threshold, median 1.0 %", "2 followed by reuse",
                "1 by computing all", "1 %", "10 %", "step");
        assertThat(picture.width()).isEqualTo(400);
        assertThatThrownBy(() -> CachePictures.compared(Samples.measured(), Theme.LIGHT, 400))
                .hasMessage("picture of compared numbers: expected a method that compares some, found none");
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "6, 4, 1", "30, 50, 3", "42, 50, 3", "42, 1000, 1", "200, 50, 1"})
    void fitsAnyNumberOfLayersAndSteps(int layers, int steps, int kinds) throws Exception {
        CacheStatistics statistics = many(layers, kinds, "CR".repeat(steps).substring(0, steps));
        for (int width : new int[] {240, 344, 760, 1400}) {
            for (String svg : List.of(CachePictures.decisions(statistics, Theme.LIGHT, width),
                    CachePictures.changes(statistics, Theme.AUTO, width))) {
                Picture picture = new Picture(svg);
                assertThat(picture.width()).isEqualTo(Math.max(width, steps < 100 ? 0 : 60 + Math.max(2 * steps, width - 60)));
                assertThat(picture.height()).isBetween(80.0, 200.0 + 28 * kinds + 18 * kinds * layers);
                assertThat(picture.attribute("viewBox")).isEqualTo("0 0 " + (int) picture.width() + " " + (int) picture.height());
                assertThat(IntStream.range(0, kinds).mapToObj(picture::cells)).allSatisfy(cells -> {
                    assertThat(cells).hasSize(layers);
                    assertThat(cells.getFirst()).hasSize(steps);
                });
                assertThat(picture.elements("text")).allSatisfy(text -> assertThat(Double.parseDouble(text.getAttribute("x")))
                        .isBetween(12.0, picture.width())).allSatisfy(text -> assertThat(size(text)).isGreaterThanOrEqualTo(11));
            }
        }
    }

    private static int size(Element text) {
        return Integer.parseInt(text.getAttribute("font-size"));
    }

    private static CacheStatistics many(int layers, int kinds, String decisions) {
        List<SiteKind> some = List.of(SiteKind.SPATIAL_ATTENTION, SiteKind.CROSS_ATTENTION, SiteKind.FEED_FORWARD);
        return Samples.statistics(IntStream.range(0, kinds * layers).mapToObj(i -> Samples.site(
                some.get(i / layers), i % layers, decisions, HeldBytes.NONE, _ -> 0.1, 0)).toList());
    }

    /** What PAB decides of the largest model, of more steps than anybody takes, and what no method decides. */
    @Test
    void filesAreSmall() {
        assertThat(CachePictures.decisions(many(42, 1, "CR".repeat(25)), Theme.AUTO)).hasSizeLessThan(8_000);
        assertThat(CachePictures.decisions(many(42, 3, "CR".repeat(500)), Theme.AUTO)).hasSizeLessThan(50_000);
        Random random = new Random(7);
        CacheStatistics any = Samples.statistics(IntStream.range(0, 42).mapToObj(i -> Samples.site(SiteKind.SPATIAL_ATTENTION, i,
                IntStream.range(0, 50).mapToObj(_ -> random.nextBoolean() ? "C" : "R").collect(Collectors.joining()), HeldBytes.NONE,
                _ -> Math.exp(-5 * random.nextDouble()), 0)).toList());
        assertThat(CachePictures.decisions(any, Theme.AUTO)).hasSizeLessThan(20_000);
        assertThat(CachePictures.changes(any, Theme.AUTO)).hasSizeLessThan(50_000);
    }

    /** A method's name is its author's, and SVG is XML, which is refused as a whole where a character is wrong. */
    @Test
    void anyNameIsWrittenSoThatItCanBeRead() throws Exception {
        CacheStatistics small = Samples.small();
        String name = "a<b>&\"c\" \u0000 🚀 עברית " + "long ".repeat(30);
        CacheStatistics named = new CacheStatistics(name, small.sites(), small.bytesOfKinds(), small.bytes(), small.computedWork());
        Picture picture = new Picture(CachePictures.decisions(named, Theme.LIGHT, 344));
        assertThat(picture.elements("title").getFirst().getTextContent()).startsWith("a<b>&\"c\" \ufffd 🚀 עברית long");
        assertThat(picture.texts().getFirst()).as("broken into lines").startsWith("a<b>&").hasSizeLessThan(45);
    }

    @Test
    void refusesWhatThereIsNot() {
        CacheStatistics none = Samples.statistics(List.of());
        assertThatThrownBy(() -> CachePictures.decisions(none, Theme.LIGHT)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("picture of a cache: expected statistics with sites that were visited, found none");
        CacheStatistics unmeasured = Samples.small();
        assertThatThrownBy(() -> CachePictures.changes(unmeasured, Theme.LIGHT)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("picture of changes: expected statistics of a session that measures them, in which a site was computed twice,"
                        + " found no change");
        assertThatThrownBy(() -> CachePictures.decisions(unmeasured, Theme.LIGHT, 239)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("picture of a cache: expected a width of 240 pixels or more, found 239");
    }
}
