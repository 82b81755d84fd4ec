package io.panatorch.cache.calibration;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
class BandsTest {

    private static int[] split(int most, double... changes) {
        return Bands.split(changes, most);
    }

    @Test
    void cutsWhereTheChangeChanges() {
        assertThat(split(3, 8, 9, 8, 8, 1, 1, 1.1, 1, 4, 4, 4.1)).containsExactly(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2);
    }

    @Test
    void splitsAFlatBottomToo() {
        int[] bands = Bands.split(DoubleStream.generate(() -> 0.1).limit(40).toArray(), 4);
        assertThat(bands).startsWith(0).endsWith(3);
        for (int band = 0; band < 4; band++) {
            int wanted = band;
            assertThat(IntStream.of(bands).filter(b -> b == wanted).count()).isBetween(3L, 18L);
        }
    }

    @Test
    void fewStepsHaveFewBands() {
        assertThat(split(6, 1, 5)).containsExactly(0, 0);
        assertThat(split(6, 1, 5, 9, 1, 2)).containsExactly(0, 0, 0, 0, 0);
        assertThat(split(6, 1, 1, 1, 9, 9, 9)).containsExactly(0, 0, 0, 1, 1, 1);
        assertThat(split(1, 1, 1, 1, 9, 9, 9)).containsOnly(0);
        assertThat(Bands.split(new double[4], 2)).containsOnly(0);
    }
}
