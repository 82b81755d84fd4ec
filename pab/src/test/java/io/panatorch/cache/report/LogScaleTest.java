package io.panatorch.cache.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
class LogScaleTest {

    @Test
    void endsAtRoundNumbers() {
        assertThat(ends(0.0123, 0.34)).containsExactly(0.01, 0.5);
        assertThat(ends(0.002, 1)).as("as they are").containsExactly(0.002, 1);
        assertThat(ends(0.0701, 0.0702)).containsExactly(0.05, 0.1);
        assertThat(ends(0.1, 0.1)).as("a scale has two ends").containsExactly(0.05, 0.1);
        assertThat(ends(0, Double.NaN, 3, Double.POSITIVE_INFINITY)).as("what has no place on it").containsExactly(2, 5);
        assertThat(ends()).containsExactly(0.001, 1);
    }

    private static double[] ends(double... numbers) {
        LogScale scale = LogScale.around(DoubleStream.of(numbers));
        return new double[] {round(scale.low()), round(scale.high())};
    }

    private static double round(double number) {
        return Math.rint(number * 1e6) / 1e6;
    }

    @Test
    void placesByFactors() {
        LogScale scale = new LogScale(0.01, 1);
        assertThat(scale.place(0.01)).isCloseTo(0, within(1e-12));
        assertThat(scale.place(0.1)).isCloseTo(0.5, within(1e-12));
        assertThat(scale.place(10)).isCloseTo(1.5, within(1e-12));
        assertThat(scale.place(0)).isEqualTo(Double.NEGATIVE_INFINITY);
    }

    @Test
    void ticksArePowersOfTenUnlessThereAreFew() {
        assertThat(new LogScale(0.002, 5).ticks().stream().map(LogScaleTest::round)).containsExactly(0.01, 0.1, 1.0);
        assertThat(new LogScale(0.02, 0.5).ticks().stream().map(LogScaleTest::round))
                .containsExactly(0.02, 0.05, 0.1, 0.2, 0.5);
    }
}
