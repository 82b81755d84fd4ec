package io.panatorch.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class PsnrTest {

    @Test
    void ofAConstantDifference() {
        float[] black = {0, 0, 0, 0};
        float[] tenth = {0.1f, 0.1f, 0.1f, 0.1f};

        assertThat(Psnr.of(black, tenth)).isCloseTo(20, within(1e-5)); // mean square 0.01
    }

    @Test
    void ofADifferenceInOneOfFourValues() {
        assertThat(Psnr.of(new float[] {0, 0, 0, 0}, new float[] {0, 0, 1, 0})).isCloseTo(6.0206, within(1e-4)); // 10 log10(4)
    }

    @Test
    void ofEqualVideosIsInfinite() {
        assertThat(Psnr.of(new float[] {0.5f}, new float[] {0.5f})).isEqualTo(Double.POSITIVE_INFINITY);
    }

    @Test
    void refusesVideosOfDifferentSizes() {
        assertThatThrownBy(() -> Psnr.of(new float[2], new float[3]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2 and 3");
    }
}
