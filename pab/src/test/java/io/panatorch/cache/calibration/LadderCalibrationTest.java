package io.panatorch.cache.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.HeldBytes;
import io.panatorch.cache.calibration.LadderCalibration.Tried;
import io.panatorch.cache.firstblock.FirstBlockCache;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Rung n takes 1 / (n + 1) of the time and has 50 - 2·n dB, a little more or less by the prompt. */
@Tag("pure")
class LadderCalibrationTest {

    private static final int RUNGS = 16;
    private static final List<FirstBlockCache> LADDER =
            IntStream.range(0, RUNGS).mapToObj(rung -> FirstBlockCache.of(0.01 * (rung + 1))).toList();
    private static final List<String> PROMPTS = List.of("+", "-");

    private static Evaluator.Trial trial(String prompt, CacheMethod method) {
        int rung = LADDER.indexOf(method);
        double psnr = 50 - 2 * rung + (prompt.equals("+") ? 0.1 : -0.1);
        CacheStatistics nothing = new CacheStatistics(method.name(), List.of(), Map.of(), HeldBytes.NONE, 1);
        return new Evaluator.Trial(rung < 0 ? 0 : Decibels.toError(psnr), new float[0], 1.0 / (Math.max(rung, 0) + 1), nothing);
    }

    private static List<Tried> calibrate(double target, List<Integer> told) {
        return new LadderCalibration(target, told::add).calibrate(LADDER, PROMPTS, LadderCalibrationTest::trial);
    }

    @Test
    void findsTheBoldestThatKeepsTheTarget() {
        for (int rung = 0; rung < RUNGS; rung++) {
            List<Integer> told = new ArrayList<>();
            List<Tried> tried = calibrate(50 - 2 * rung - 0.5, told);
            Tried best = LadderCalibration.best(tried).orElse(tried.getFirst());
            assertThat(best.rung()).isEqualTo(rung);
            assertThat(best.figures().speedUp().median()).isEqualTo(rung + 1);
            assertThat(tried).hasSizeLessThanOrEqualTo(5).isSortedAccordingTo((a, b) -> a.rung() - b.rung());
            assertThat(told).hasSameSizeAs(tried).first().isEqualTo((RUNGS - 1) / 2);
        }
    }

    /** Prompts that took no part are to keep it too, so the standard error of the mean, 0.1 here, is kept as a distance. */
    @Test
    void keepsADistance() {
        assertThat(LadderCalibration.best(calibrate(40.05, new ArrayList<>())).orElseThrow().rung()).isEqualTo(4);
        assertThat(LadderCalibration.best(calibrate(39.85, new ArrayList<>())).orElseThrow().rung()).isEqualTo(5);
    }

    @Test
    void hasNoneWhereNothingKeepsItOrSavesAnything() {
        assertThat(LadderCalibration.best(calibrate(60, new ArrayList<>()))).isEmpty();
        assertThat(LadderCalibration.best(calibrate(49, new ArrayList<>()))).as("the lowest rung takes as long as no cache").isEmpty();
    }

    @Test
    void needsATarget() {
        assertThatIllegalArgumentException().isThrownBy(() -> new LadderCalibration(Double.NaN, _ -> {}));
    }

    /** A slow moment of the machine makes it look fast. */
    @Test
    void whatReusedNothingIsNotTheFastest() {
        Tried nothing = new Tried(0, new Figures(Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY, 0, new SpeedUp(1.68, 1.68, 1.68, 1), 0), true);
        Tried bold = new Tried(1, new Figures(40, 40, 0, new SpeedUp(1.2, 1.2, 1.2, 1), 5), true);
        assertThat(LadderCalibration.best(List.of(nothing, bold))).contains(bold);
        assertThat(LadderCalibration.best(List.of(nothing))).isEmpty();
    }
}
