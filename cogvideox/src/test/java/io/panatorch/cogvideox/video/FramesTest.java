package io.panatorch.cogvideox.video;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FramesTest {

    @ParameterizedTest
    @CsvSource({"0, 8, 1, 8", "8, -1, 1, 8", "8, 8, 0, 8", "8, 8, 1, 0", "8, 8, 1, NaN", "8, 8, 1, Infinity",
        "65536, 65536, 1, 8"})
    void impossibleVideosAreRefused(int width, int height, int count, double fps) {
        assertThatIllegalArgumentException().isThrownBy(() -> new Frames(width, height, count, fps, i -> new byte[0]));
    }

    @Test
    void picturesAreMadeWhenAskedFor() {
        int[] made = {0};
        Frames frames = new Frames(2, 1, 3, 8, index -> {
            made[0]++;
            return new byte[] {(byte) index, 0, 0, 0, 0, 0};
        });
        assertThat(made[0]).isZero();
        assertThat(frames.rgb(2)[0]).isEqualTo((byte) 2);
        assertThat(made[0]).isOne();
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> frames.rgb(3));
    }

    @Test
    void aPictureOfAnotherSizeIsRefused() {
        Frames frames = new Frames(2, 2, 1, 8, index -> new byte[6]);
        assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> frames.rgb(0))
                .withMessage("picture 0 has 6 bytes, not 12 (2x2 RGB)");
    }
}
