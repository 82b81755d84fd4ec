package io.panatorch.cache.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.CacheSession;
import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.calibration.MethodCalibration.Found;
import io.panatorch.cache.calibration.MethodCalibration.Tried;
import io.panatorch.cache.testing.FakeDenoiser;
import io.panatorch.testing.TensorTest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** On a model of a few numbers, in which a computed site takes a second. A prompt is how far its latents are from those of others. */
@TensorTest
class MethodCalibrationTest {

    private static final FakeDenoiser MODEL = FakeDenoiser.SMALL.withBlocks(3);
    private static final int STEPS = 20;
    private static final List<String> PROMPTS = List.of("1", "1.2");

    private static Evaluator.Trial trial(String prompt, CacheMethod method) {
        float[] reference = latents(prompt, CacheMethod.none(), new ArrayList<>());
        List<CacheStatistics> statistics = new ArrayList<>();
        float[] found = latents(prompt, method, statistics);
        double error = 0;
        for (int i = 0; i < found.length; i++) {
            error += Math.pow((found[i] - reference[i]) / 4, 2) / found.length;
        }
        double work = statistics.getFirst().computedWork();
        return new Evaluator.Trial(error, found, work, statistics.getFirst());
    }

    private static float[] latents(String prompt, CacheMethod method, List<CacheStatistics> statistics) {
        CacheRun run = MODEL.run(STEPS);
        float[] latents = MODEL.start();
        for (int i = 0; i < latents.length; i++) {
            latents[i] *= Float.parseFloat(prompt);
        }
        try (CacheSession session = method.open(run)) {
            for (int i = 0; i < STEPS; i++) {
                session.begin(MODEL.step(i, run));
                latents = MODEL.denoise(latents, MODEL.step(i, run), session);
            }
            statistics.add(session.statistics());
        }
        return latents;
    }

    private static Found calibrate(String method, double target) throws UnreachableTargetException {
        return new MethodCalibration(target, _ -> {}).calibrate(method, PROMPTS, MethodCalibrationTest::trial);
    }

    @ParameterizedTest
    @MethodSource("io.panatorch.cache.calibration.MethodCalibration#methods")
    void findsWhatKeepsTheTargetAndSavesMost(String method) throws Exception {
        Found found = calibrate(method, 30);
        Figures best = found.best().figures();
        assertThat(best.psnr() - best.psnrError()).isGreaterThanOrEqualTo(30);
        assertThat(best.speedUp().median()).isGreaterThan(1);
        assertThat(found.tried()).filteredOn(Tried::keeps).allSatisfy(
                each -> assertThat(each.figures().speedUp().median()).isLessThanOrEqualTo(best.speedUp().median()));
        assertThat(found.best().config().name()).isEqualTo(method);
        Figures again = Figures.measure(PROMPTS, MethodCalibrationTest::trial, List.of(found.best().config().method())).getFirst();
        assertThat(again).as("its settings are all that is needed").isEqualTo(best);
        assertThat(calibrate(method, 45).best().figures().speedUp().median()).as("of a higher target")
                .isLessThanOrEqualTo(best.speedUp().median());
    }

    /** Of several prompts the mean; as many ratios as steps, the first of them 1. */
    @Test
    void measuresWhatAMethodNeeds() throws Exception {
        assertThat(numbers("magcache", "ratios")).hasSize(STEPS).first().isEqualTo(1.0);
        assertThat(numbers("teacache", "coefficients")).hasSize(5);
        assertThat(calibrate("first-block", 30).best().config().settings()).containsOnlyKeys("threshold");
    }

    private static List<?> numbers(String method, String key) throws UnreachableTargetException {
        Map<String, Object> settings = calibrate(method, 30).best().config().settings();
        assertThat(settings).containsOnlyKeys("threshold", key);
        return (List<?>) settings.get(key);
    }

    @Test
    void saysWhereItCannot() {
        assertThatThrownBy(() -> calibrate("taylorseer", 200)).isInstanceOf(UnreachableTargetException.class)
                .hasMessageStartingWith("no choice of what to skip keeps a PSNR of 200.0 dB; the nearest has about ");
        assertThatIllegalArgumentException().isThrownBy(() -> new MethodCalibration(30, _ -> {}).calibrate(List.of(), PROMPTS,
                MethodCalibrationTest::trial)).withMessage("calibration: expected a setting and a prompt or more, found 0 and 2");
        assertThatIllegalArgumentException().isThrownBy(() -> calibrate("pab", 30))
                .withMessage("method: expected one of [first-block, magcache, teacache, taylorseer], found pab");
    }
}
