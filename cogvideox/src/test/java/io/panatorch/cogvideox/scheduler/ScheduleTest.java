package io.panatorch.cogvideox.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import io.panatorch.tensor.Generator;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.Elements;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("cpu")
class ScheduleTest {

    static Stream<Golden.Sequence> sequences() {
        return Golden.sequences();
    }

    @ParameterizedTest
    @MethodSource("sequences")
    void stepsAreThoseOfDiffusersToTheLastBit(Golden.Sequence golden) throws IOException {
        double kept = golden.outputs().length;
        Schedule schedule = new CogVideoXScheduler(Golden.config(golden.config())).schedule(
                ScheduleRequest.steps(golden.steps()).withStrength(Math.min(1, (kept + 0.5) / golden.steps())));
        try (var _ = TensorScope.open(); Sampler sampler = schedule.begin(Noise.of(Generator.seeded(0)))) {
            Tensor sample = Tensor.of(golden.sample(), golden.sample().length);
            for (int i = 0; i < kept; i++) {
                float[] output = golden.outputs()[i];
                sample = sampler.step(i, sample, Tensor.of(output, output.length));

                Elements.assertSame("result of step " + i, sample.toFloatArray(), golden.previous()[i]);
            }
        }
    }

    @Test
    void endsWithThePredictedOriginal() throws IOException {
        Schedule schedule = schedule("ddim_2b", 50);
        StepCoefficients last = schedule.coefficients(49);

        assertThat(schedule.size()).isEqualTo(50);
        assertThat(schedule.timestep(49)).isEqualTo(19);
        assertThat(last.fromSample()).isZero();
        assertThat(last.fromDenoised()).isEqualTo(1);
    }

    @Test
    void keepsSomeNoiseWhereTheStepsDoNotDivideTheTraining() throws IOException {
        Schedule schedule = schedule("ddim_2b", 13);

        // 1000 / 13 is 76 in integers, so that the last step goes to timestep 0, an entry of the table.
        assertThat(schedule.timestep(12)).isEqualTo(76);
        assertThat(schedule.coefficients(12).fromSample()).isGreaterThan(0.1f);
    }

    @Test
    void startsFromTheModelAloneWhereTheNoiseIsPure() throws IOException {
        for (SchedulerKind kind : SchedulerKind.values()) {
            StepCoefficients first = new CogVideoXScheduler(Golden.config("ddim_5b").withKind(kind))
                    .schedule(ScheduleRequest.steps(50)).coefficients(0);

            assertThat(first.originalFromSample()).as("%s", kind).isZero();
            assertThat(first.originalFromModel()).as("%s", kind).isEqualTo(-1);
        }
    }

    @Test
    void knowsNoStepPastTheEnd() throws IOException {
        Schedule schedule = schedule("ddim_2b", 2);

        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> schedule.timestep(2));
    }

    /**
     * A sample that is &radic;&alpha; original + &radic;(1-&alpha;) noise must become one of the next &alpha;, by either
     * scheduler and with any &eta;.
     */
    @ParameterizedTest
    @CsvSource({"DDIM, 0", "DDIM, 0.3", "DDIM, 1", "DPM, 0"})
    void stepsKeepTheShareOfTheNoise(SchedulerKind kind, double eta) throws IOException {
        CogVideoXScheduler scheduler = new CogVideoXScheduler(Golden.config("ddim_5b").withKind(kind));
        double[] alphas = scheduler.alphasCumprod();
        for (int steps : new int[] {1, 2, 7, 10, 25, 50, 1000}) {
            Schedule schedule = scheduler.schedule(ScheduleRequest.steps(steps).withEta(eta));
            for (int i = 0; i < steps; i++) {
                StepCoefficients step = schedule.coefficients(i);
                double alpha = alphas[schedule.timestep(i)];
                int goal = schedule.timestep(i) - 1000 / steps;
                double previous = goal >= 0 ? alphas[goal] : 1;

                double signal = step.fromSample() * Math.sqrt(alpha) + step.fromDenoised();
                double noise = step.fromSample() * step.fromSample() * (1 - alpha) + step.fromNoise() * step.fromNoise();
                assertThat(signal).as("signal after step %d of %d", i, steps).isCloseTo(Math.sqrt(previous), within(1e-6));
                assertThat(noise).as("noise after step %d of %d", i, steps).isCloseTo(1 - previous, within(1e-6));
                assertThat(step.denoisedFromOriginal() + step.denoisedFromOld()).isCloseTo(1, within(1e-6f));
            }
        }
    }

    /** Equations 6 and 7 of arXiv 2006.11239: mean and variance of the sample before, given this one and the original. */
    @Test
    void etaOneIsAnAncestralStep() throws IOException {
        CogVideoXScheduler scheduler = new CogVideoXScheduler(Golden.config("ddim_2b"));
        Schedule schedule = scheduler.schedule(ScheduleRequest.steps(20).withEta(1));
        for (int i = 0; i < 19; i++) {
            double alpha = scheduler.alphasCumprod()[schedule.timestep(i)];
            double previous = scheduler.alphasCumprod()[schedule.timestep(i + 1)];
            double beta = 1 - alpha / previous;
            StepCoefficients step = schedule.coefficients(i);

            assertThat((double) step.fromSample())
                    .isCloseTo(Math.sqrt(1 - beta) * (1 - previous) / (1 - alpha), within(1e-6));
            assertThat((double) step.fromDenoised()).isCloseTo(Math.sqrt(previous) * beta / (1 - alpha), within(1e-6));
            assertThat((double) step.fromNoise()).isCloseTo(Math.sqrt((1 - previous) / (1 - alpha) * beta), within(1e-6));
        }
    }

    private static Schedule schedule(String config, int steps) throws IOException {
        return new CogVideoXScheduler(Golden.config(config)).schedule(ScheduleRequest.steps(steps));
    }
}
