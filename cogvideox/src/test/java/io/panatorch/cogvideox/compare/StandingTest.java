package io.panatorch.cogvideox.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.HeldBytes;
import io.panatorch.cache.calibration.SpeedUp;
import io.panatorch.cogvideox.quality.VideoQuality;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
class StandingTest {

    @Test
    void timeIsTheMedian() {
        assertThat(took(3, 1, 100).seconds()).isEqualTo(3);
        assertThat(took(4, 1, 100, 2).seconds()).isEqualTo(3);
    }

    /** Neither ratio of medians nor of sums: 2, 2 and 4 times as fast, the first two in a slow moment. */
    @Test
    void speedUpIsOfNeighbours() {
        assertThat(took(10, 20, 1).speedUp(took(20, 40, 4)).median()).isEqualTo(2);
        assertThat(took(10, 1).speedUp(took(20, 4)).median()).isEqualTo(3);
    }

    /** The first prompt 1, 2 and 2.5 times as fast, the second one 4 and 5 times. */
    @Test
    void eachTimeOfEachPromptIsAPair() {
        Standing none = tookEach(List.of(List.of(10., 20., 10.), List.of(8., 30.)));
        Standing other = tookEach(List.of(List.of(10., 10., 4.), List.of(2., 6.)));
        assertThat(other.speedUp(none)).isEqualTo(new SpeedUp(2.5, 2, 4, 5));
        assertThat(other.seconds()).isEqualTo(6);
    }

    @Test
    void computedWorkIsTheMeanOfAllVideos() {
        assertThat(new Standing(Setting.NONE, List.of(computing(0.5), computing(1))).computedWork()).isEqualTo(0.75);
        assertThat(new Standing(Setting.NONE, List.of(computing(Double.NaN))).computedWork()).isNaN();
    }

    private static Trial computing(double work) {
        return new Trial(List.of(1.), new VideoQuality(1, 1), new CacheStatistics("m", List.of(), Map.of(), HeldBytes.NONE, work));
    }

    private static Standing tookEach(List<List<Double>> prompts) {
        return new Standing(Setting.NONE, prompts.stream().map(seconds -> new Trial(seconds, new VideoQuality(1, 1),
                new CacheStatistics("m", List.of(), Map.of(), HeldBytes.NONE, 1))).toList());
    }

    @Test
    void qualityIsTheMeanAndTheWorst() {
        Standing standing = new Standing(Setting.NONE,
                List.of(trial(1, 40, 0.9, 10, 0), trial(1, 20, 0.7, 30, 5), trial(1, 30, 0.8, 20, 20)));
        assertThat(standing.meanPsnr()).isCloseTo(30, within(1e-12));
        assertThat(standing.leastPsnr()).isEqualTo(20);
        assertThat(standing.meanSsim()).isCloseTo(0.8, within(1e-12));
        assertThat(standing.bytesPeak()).as("here and offloaded, of one generation").isEqualTo(40);
    }

    /** Their infinite ratio would tell nothing of the others. */
    @Test
    void equalVideosAreNoPartOfTheMean() {
        double equal = Double.POSITIVE_INFINITY;
        assertThat(new Standing(Setting.NONE, List.of(trial(1, 40, 1, 0, 0), trial(1, equal, 1, 0, 0), trial(1, 30, 1, 0, 0))).meanPsnr())
                .isEqualTo(35);
        assertThat(new Standing(Setting.NONE, List.of(trial(1, equal, 1, 0, 0))).meanPsnr()).isEqualTo(equal);
    }

    @Test
    void refusesNoVideoAtAll() {
        assertThatThrownBy(() -> new Standing(Setting.NONE, List.of())).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("setting none: expected a video or more, found none");
    }

    private static Standing took(double... seconds) {
        return new Standing(Setting.NONE, DoubleStream.of(seconds).mapToObj(s -> trial(s, 1, 1, 0, 0)).toList());
    }

    private static Trial trial(double seconds, double psnr, double ssim, long peak, long offloaded) {
        return new Trial(List.of(seconds), new VideoQuality(psnr, ssim),
                new CacheStatistics("m", List.of(), Map.of(), new HeldBytes(0, peak, 0, offloaded), 1));
    }
}
