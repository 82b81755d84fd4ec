package io.panatorch.cache.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.HeldBytes;
import io.panatorch.cache.SiteKind;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("pure")
class CachePicturesTest {

    /** Of 4 steps and up to 24 rows: the pitch of cells, and where the first one of a group begins. */
    private static final int COLUMN = 56;
    private static final int ROW = 18;
    private static final int LEFT = 50;
    private static final int FIRST_GROUP = 86;
    private static final int SECOND_GROUP = FIRST_GROUP + 2 * ROW + 28;
    private static final int FIRST_GROUP_UNDER_A_SCALE = FIRST_GROUP + 18;

    @ParameterizedTest
    @EnumSource(Theme.class)
    void everyDecisionHasItsColourInItsPlace(Theme theme) throws Exception {
        BufferedImage image = image(CachePictures.decisions(Samples.small(), theme));
        Palette palette = Palette.of(theme);
        assertThat(colors(image, FIRST_GROUP)).as("CRPR").containsExactly(
                palette.computed(), palette.reused(), palette.partial(), palette.reused());
        assertThat(colors(image, FIRST_GROUP + ROW)).as("CRCR").containsExactly(
                palette.computed(), palette.reused(), palette.computed(), palette.reused());
        assertThat(colors(image, SECOND_GROUP)).as("CC-C").containsExactly(
                palette.computed(), palette.computed(), palette.nothing(), palette.computed());
        assertThat(new Color(image.getRGB(1, 1))).isEqualTo(palette.paper());
    }

    @Test
    void changesAreColouredOnTheirScale() throws Exception {
        BufferedImage image = image(CachePictures.changes(Samples.measured(), Theme.LIGHT));
        LogScale scale = new LogScale(0.01, 0.05);
        Color nothing = Palette.of(Theme.LIGHT).nothing();
        assertThat(colors(image, FIRST_GROUP_UNDER_A_SCALE)).containsExactly(
                nothing, Palette.change(0), nothing, Palette.change(scale.place(0.03)));
        assertThat(Palette.change(0)).isEqualTo(new Color(0x440154));
        assertThat(Palette.change(7)).isEqualTo(new Color(0xfde725));
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "6, 4, 1", "42, 50, 3", "42, 1000, 1", "200, 50, 1"})
    void fitsAnyNumberOfLayersAndSteps(int layers, int steps, int kinds) throws Exception {
        List<SiteKind> some = List.of(SiteKind.SPATIAL_ATTENTION, SiteKind.CROSS_ATTENTION, SiteKind.FEED_FORWARD);
        CacheStatistics statistics = Samples.statistics(IntStream.range(0, kinds * layers).mapToObj(i -> Samples.site(
                some.get(i / layers), i % layers, "C".repeat(steps), HeldBytes.NONE, _ -> 0.1, 0)).toList());
        for (byte[] file : List.of(CachePictures.decisions(statistics, Theme.LIGHT), CachePictures.changes(statistics, Theme.DARK))) {
            BufferedImage image = image(file);
            assertThat(image.getWidth()).isBetween(600, 6200);
            assertThat(image.getHeight()).isBetween(200, 2 * (200 + 12 * kinds * layers + 100));
        }
    }

    @Test
    void refusesWhatThereIsNot() {
        CacheStatistics none = Samples.statistics(List.of());
        assertThatThrownBy(() -> CachePictures.decisions(none, Theme.LIGHT)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("picture of a cache: expected statistics with sites that were visited, found none");
        CacheStatistics unmeasured = Samples.small();
        assertThatThrownBy(() -> CachePictures.changes(unmeasured, Theme.LIGHT)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("picture of changes: expected statistics of a session that measures them, found none");
        assertThatCode(CachePictures::check).doesNotThrowAnyException();
    }

    /** In the middles of the first four cells of a row that begins at a height, in the pixels of a screen. */
    private static List<Color> colors(BufferedImage image, int top) {
        return IntStream.range(0, 4).mapToObj(step -> new Color(image.getRGB(
                HeatMap.DENSITY * (LEFT + step * COLUMN + COLUMN / 2), HeatMap.DENSITY * (top + ROW / 2)))).toList();
    }

    private static BufferedImage image(byte[] png) throws Exception {
        return ImageIO.read(new ByteArrayInputStream(png));
    }
}
