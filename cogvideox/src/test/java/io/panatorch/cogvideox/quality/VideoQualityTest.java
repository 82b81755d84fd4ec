package io.panatorch.cogvideox.quality;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("cpu")
class VideoQualityTest {

    private static final int[] SIZES = {2, 3, 13, 17};
    private static final int COUNT = 2 * 3 * 13 * 17;

    /** The expected numbers were computed with numpy, the SSIM window by window with a two-dimensional Gaussian. */
    @Test
    void ofTwoFramesInColour() {
        try (var _ = TensorScope.open()) {
            VideoQuality quality = VideoQuality.of(video(first()), video(second()));
            assertThat(quality.psnr()).isCloseTo(28.174693355367047, within(1e-9));
            assertThat(quality.ssim()).isCloseTo(0.9873914308893693, within(1e-9));
        }
    }

    @Test
    void ofAConstantDifference() {
        try (var _ = TensorScope.open()) {
            Tensor black = Tensor.zeros(Shape.of(4, 3, 11, 12), DType.FLOAT64, Device.CPU);
            VideoQuality quality = VideoQuality.of(black, black.add(0.1));
            assertThat(quality.psnr()).as("a mean square of 0.01").isCloseTo(20, within(1e-9));
            assertThat(quality.ssim()).as("C1 / (0.01 + C1)").isCloseTo(1e-4 / 0.0101, within(1e-9));
        }
    }

    /** One plane of two differs: its mean square is 1, and one in a whole video of both is a half. */
    @Test
    void psnrIsOfTheWholeVideoAndNotTheMeanOfItsFrames() {
        try (var _ = TensorScope.open()) {
            Tensor black = Tensor.zeros(Shape.of(1, 1, 11, 11), DType.FLOAT32, Device.CPU);
            VideoQuality quality = VideoQuality.of(Tensor.cat(0, black, black), Tensor.cat(0, black, black.add(1)));
            assertThat(quality.psnr()).isCloseTo(10 * Math.log10(2), within(1e-9));
        }
    }

    @Test
    void ofEqualVideos() {
        try (var _ = TensorScope.open()) {
            assertThat(VideoQuality.of(video(first()), video(first())))
                    .isEqualTo(new VideoQuality(Double.POSITIVE_INFINITY, 1));
        }
    }

    @Test
    void refusesWhatCannotBeCompared() {
        try (var _ = TensorScope.open()) {
            Tensor video = Tensor.zeros(Shape.of(2, 3, 11, 11), DType.FLOAT32, Device.CPU);
            assertThatThrownBy(() -> VideoQuality.of(video, video.narrow(0, 0, 1)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("video quality: expected two videos of one shape [..., channels, height, width],"
                            + " found [2, 3, 11, 11] and [1, 3, 11, 11]");
            Tensor small = video.narrow(3, 0, 10);
            assertThatThrownBy(() -> VideoQuality.of(small, small))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("SSIM: expected pictures of 11 × 11 pixels or more, found 11 × 10");
        }
    }

    private static Tensor video(float[] values) {
        return Tensor.of(values, SIZES[0], SIZES[1], SIZES[2], SIZES[3]);
    }

    private static float[] first() {
        float[] values = new float[COUNT];
        for (int i = 0; i < COUNT; i++) {
            values[i] = (float) (0.7 * (0.5 + 0.5 * Math.sin(i / 9.0)) + 0.3 * (7919 * i % 1009 / 1008.0));
        }
        return values;
    }

    private static float[] second() {
        float[] values = first();
        for (int i = 0; i < COUNT; i++) {
            values[i] = (float) (0.9 * values[i] + 0.1 * (104729L * i % 997 / 996.0));
        }
        return values;
    }
}
