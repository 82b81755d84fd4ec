package io.panatorch.cache.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.panatorch.cache.Branch;
import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.CacheStatistics.SiteStatistics;
import io.panatorch.cache.HeldBytes;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteKind;
import io.panatorch.cache.pab.BroadcastRule;
import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import io.panatorch.cache.testing.RecordingRun;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** With a model that is nothing but sites, and videos that skipping moves by rule. */
@Tag("pure")
class PabCalibrationTest {

    private static final int[] TIMESTEPS = IntStream.iterate(975, t -> t > 0, t -> t - 25).toArray(); // 39 steps
    private static final int LAYERS = 4;
    private static final int SAMPLE = 200;
    private static final List<String> PROMPTS = List.of("aaa", "bbbb", "ccc", "dddd");
    private static final List<Site> SITES = IntStream.range(0, LAYERS).boxed().flatMap(layer -> List.of(
            new Site(SiteKind.SPATIAL_ATTENTION, layer, layer + ".attn"),
            new Site(SiteKind.FEED_FORWARD, layer, layer + ".ff")).stream()).toList();

    private static final List<double[]> DIRECTIONS = IntStream.range(0, TIMESTEPS.length).mapToObj(Random::new)
            .map(random -> IntStream.range(0, SAMPLE).mapToDouble(_ -> random.nextGaussian()).toArray()).toList();

    /** A U: the bottom lies between 250 and 725. */
    private static double change(int timestep) {
        return timestep > 725 ? 0.4 : timestep < 250 ? 0.2 : 0.04;
    }

    /** An attention takes three times what an MLP does; a reused one takes nothing. */
    private static double seconds(SiteKind kind) {
        return kind == SiteKind.SPATIAL_ATTENTION ? 0.003 : 0.001;
    }

    /** A step that reuses moves the video in a direction of its own, by how much the output lags behind. */
    private static Evaluator.Trial trial(String prompt, CacheMethod method) {
        RecordingRun model = new RecordingRun(method, new CacheRun(SITES, TIMESTEPS)).toTheEnd();
        float[] video = new float[SAMPLE];
        List<SiteStatistics> statistics = new ArrayList<>();
        double total = 0.1;
        for (Site site : SITES) {
            List<Double> times = new ArrayList<>();
            List<Double> changes = new ArrayList<>();
            double lag = 0;
            for (int step = 0; step < TIMESTEPS.length; step++) {
                boolean computed = !method.kinds().contains(site.kind()) || model.decisions(site).charAt(step) == 'C';
                lag = computed ? 0 : lag + change(TIMESTEPS[step]);
                move(video, step, 0.02 * lag * prompt.length() / LAYERS);
                times.add(computed ? seconds(site.kind()) : 0.0);
                changes.add(computed && step > 0 ? change(TIMESTEPS[step]) : Double.NaN);
                total += times.getLast();
            }
            if (method.kinds().contains(site.kind())) {
                statistics.add(new SiteStatistics(Branch.CONDITIONAL, site, model.decisions(site), times, changes, List.of(), new HeldBytes(0, 0, 0, 0), 0));
            }
        }
        double error = 0;
        for (float value : video) {
            error += (double) value * value / SAMPLE;
        }
        HeldBytes none = new HeldBytes(0, 0, 0, 0);
        return new Evaluator.Trial(error, video, total, new CacheStatistics(method.name(), statistics,
                Map.of(SiteKind.SPATIAL_ATTENTION, none, SiteKind.FEED_FORWARD, none), none, Double.NaN));
    }

    private static void move(float[] video, int step, double length) {
        double[] direction = DIRECTIONS.get(step / 4);
        for (int i = 0; length > 0 && i < video.length; i++) {
            video[i] += (float) (length * direction[i]);
        }
    }

    private static Calibration calibrate(double target) throws UnreachableTargetException {
        return new PabCalibration(CalibrationOptions.of(target)).calibrate(PROMPTS, PabCalibrationTest::trial);
    }

    @Test
    void keepsTheTargetAndSavesMoreThanAPreset() throws Exception {
        Figures preset = Figures.measure(PROMPTS, PabCalibrationTest::trial,
                List.of(PyramidAttentionBroadcast.cogVideoX())).getFirst();

        Calibration found = calibrate(preset.psnr());

        assertThat(found.measured().psnr()).isBetween(preset.psnr(), preset.psnr() + 3);
        double speedUp = found.measured().speedUp().median();
        assertThat(speedUp).isGreaterThan(1.05 * preset.speedUp().median());
        assertThat(found.predictedSpeedUp()).isBetween(0.97 * speedUp, 1.03 * speedUp);
        assertThat(Math.abs(found.predictedPsnr() - found.measured().psnr())).isLessThan(3);
        assertThat(found.rules()).as("the bottom of the U").anySatisfy(rule -> {
            assertThat(rule.low()).isLessThan(500);
            assertThat(rule.high()).isGreaterThan(500);
        });
        assertThat(found.measured().worstPsnr()).isLessThan(found.measured().psnr());
    }

    @Test
    void aHigherTargetSavesLess() throws Exception {
        Calibration low = calibrate(30);
        Calibration high = calibrate(45);
        assertThat(high.predictedSpeedUp()).isLessThan(low.predictedSpeedUp());
        assertThat(high.measured().psnr()).isGreaterThan(45);
        assertThat(calibrate(45).rules()).as("again").isEqualTo(high.rules());
    }

    @Test
    void curvesAreWhatOutputsChange() throws Exception {
        Calibration found = calibrate(40);
        assertThat(found.curves()).extracting(ChangeCurve::kind)
                .containsExactly(SiteKind.SPATIAL_ATTENTION, SiteKind.FEED_FORWARD);
        ChangeCurve curve = found.curves().getFirst();
        assertThat(curve.timesteps()).hasSize(TIMESTEPS.length).startsWith(975, 950);
        assertThat(curve.median()).isEqualTo(curve.high()).isEqualTo(curve.low())
                .containsExactlyElementsOf(IntStream.of(TIMESTEPS).mapToObj(PabCalibrationTest::change).toList());
    }

    @Test
    void tellsHowFarItIs() throws Exception {
        List<PabCalibration.Progress> told = new ArrayList<>();
        Calibration found = new PabCalibration(CalibrationOptions.of(40), told::add)
                .calibrate(PROMPTS, PabCalibrationTest::trial);
        assertThat(told).hasSize(found.runs()).first()
                .isEqualTo(new PabCalibration.Progress("without a cache", 1, PROMPTS.size() * 8));
        assertThat(told).allSatisfy(progress -> assertThat(progress.run()).isLessThanOrEqualTo(progress.ofRuns()));
    }

    @Test
    void saysWhatCannotBe() {
        assertThatThrownBy(() -> calibrate(200)).isInstanceOf(UnreachableTargetException.class)
                .hasMessageMatching("no choice of what to skip keeps a PSNR of 200\\.0 dB; the nearest has about"
                        + " \\d+\\.\\d dB; choose a lower target");
        PabCalibration calibration = new PabCalibration(CalibrationOptions.of(30));
        assertThatIllegalArgumentException().isThrownBy(() -> calibration.calibrate(List.of(), PabCalibrationTest::trial))
                .withMessage("calibration: expected at least one prompt, found none");
        assertThatIllegalArgumentException().isThrownBy(() -> CalibrationOptions.of(Double.NaN))
                .withMessage("target PSNR: expected a number above 0, found NaN");
        assertThatIllegalArgumentException().isThrownBy(() -> CalibrationOptions.of(30).withGrid(0, 6))
                .withMessage("layer groups: expected 1 or more, found 0");
        assertThatIllegalArgumentException().isThrownBy(() -> CalibrationOptions.of(30).withGrid(3, 0))
                .withMessage("bands: expected 1 or more, found 0");
        assertThatIllegalArgumentException().isThrownBy(() -> calibration.calibrate(PROMPTS, PabCalibrationTest::twoSteps))
                .withMessage("calibration: expected 4 steps or more, found 2");
    }

    private static Evaluator.Trial twoSteps(String prompt, CacheMethod method) {
        new RecordingRun(method, new CacheRun(SITES, new int[] {900, 300})).toTheEnd();
        return trial(prompt, CacheMethod.none());
    }

    @Test
    void partsAreKindsAndLayersThatAreSkippedTogether() {
        CacheStatistics observed = trial("a", Observer.ofLayers()).statistics();
        assertThat(Parts.of(List.of(observed), 2)).extracting(Part::layers).containsExactly(
                Map.of(SiteKind.SPATIAL_ATTENTION, List.of(), SiteKind.FEED_FORWARD, List.of()),
                Map.of(SiteKind.SPATIAL_ATTENTION, List.of()), Map.of(SiteKind.FEED_FORWARD, List.of()),
                Map.of(SiteKind.SPATIAL_ATTENTION, List.of(2, 3), SiteKind.FEED_FORWARD, List.of(2, 3)),
                Map.of(SiteKind.SPATIAL_ATTENTION, List.of(0, 1), SiteKind.FEED_FORWARD, List.of(0, 1)));
        assertThat(Parts.of(List.of(observed), 1)).hasSize(3).first()
                .satisfies(part -> assertThat(part.secondsSaved()).isCloseTo(0.016, within(1e-12)));
        assertThat(Parts.of(List.of(observed), 1).getFirst().rules(3, 10, 20)).containsExactly(
                new BroadcastRule(SiteKind.SPATIAL_ATTENTION, 3, 10, 20), new BroadcastRule(SiteKind.FEED_FORWARD, 3, 10, 20));
    }
}
