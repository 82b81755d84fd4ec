package io.panatorch.cogvideox.vae;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("pure")
class TilingTest {

    private static final VaeConfig PUBLISHED = VaeFixtures.config(16, List.of(128, 256, 256, 512), 3, 32);

    @Test
    void diffusersTilesAreHalfOfTheSampleSize() {
        Tiling tiling = Tiling.of(PUBLISHED);
        assertThat(tiling).isEqualTo(new Tiling(240, 360, 1.0 / 6, 1.0 / 5));
        assertThat(tiling.rows(8)).isEqualTo(new Tiling.Axis(30, 5));
        assertThat(tiling.columns(8)).isEqualTo(new Tiling.Axis(45, 9));
        assertThat(tiling.columns(8).step()).isEqualTo(36);
    }

    /** Factors whose product with the tile is a whole number but for rounding. */
    @ParameterizedTest
    @CsvSource({"56, 0.14285714285714285", "80, 0.9", "80, 0.3", "240, 0.9", "8, 0", "800, 0.07"})
    void wholeOverlapsFit(int size, double factor) {
        assertThatCode(() -> new Tiling(size, size, factor, factor).requireFit(PUBLISHED)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "100 | 360 | 0.2 | 0.2 | tileSampleMinHeight: expected a multiple of 8, the pixels of a latent, found 100; 104 would do",
        "240 | 3 | 0.1 | 0.2 | tileSampleMinWidth: expected a multiple of 8, the pixels of a latent, found 3; 8 would do",
        "240 | 360 | 0.25 | 0.2 | overlapFactorHeight: expected a whole number of the 30 latents of a tile, found 0.25,"
                + " which are 7.5; 8/30 would do",
        "240 | 64 | 0.1 | 0.2 | overlapFactorWidth: expected a whole number of the 8 latents of a tile, found 0.2,"
                + " which are 1.6; 2/8 would do",
        "240 | 16 | 0.1 | 0.9 | overlapFactorWidth: expected a whole number of the 2 latents of a tile, found 0.9,"
                + " which are 1.8; 1/2 would do",
    })
    void whatMakesNoWholeOverlapsIsRefused(int height, int width, double rows, double columns, String problem) {
        Tiling tiling = new Tiling(height, width, rows, columns);
        assertThatThrownBy(() -> tiling.requireFit(PUBLISHED))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("tiling: " + problem);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "0 | 8 | 0 | 0 | tileSampleMinHeight: expected 1 pixel or more, found 0",
        "8 | -8 | 0 | 0 | tileSampleMinWidth: expected 1 pixel or more, found -8",
        "8 | 8 | 1 | 0 | overlapFactorHeight: expected a number from 0 and below 1, found 1.0",
        "8 | 8 | NaN | 0 | overlapFactorHeight: expected a number from 0 and below 1, found NaN",
        "8 | 8 | 0 | -0.5 | overlapFactorWidth: expected a number from 0 and below 1, found -0.5",
    })
    void whatIsNoTileIsRefused(int height, int width, double rows, double columns, String problem) {
        assertThatThrownBy(() -> new Tiling(height, width, rows, columns))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("tiling: " + problem);
    }

    @Test
    void memoryIsSavedInEitherWayOrBoth() {
        Tiling tiling = Tiling.of(PUBLISHED);
        assertThat(VaeMemory.WHOLE).isEqualTo(new VaeMemory(false, Optional.empty()));
        assertThat(VaeMemory.WHOLE.withSlicing().withTiling(tiling)).isEqualTo(new VaeMemory(true, Optional.of(tiling)));
        assertThat(VaeMemory.WHOLE.withTiling(tiling).withSlicing()).isEqualTo(new VaeMemory(true, Optional.of(tiling)));
    }
}
