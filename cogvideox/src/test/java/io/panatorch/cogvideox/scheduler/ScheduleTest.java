package io.panatorch.cogvideox.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import io.panatorch.cogvideox.scheduler.DdimConfig.PredictionType;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ScheduleTest {

    private static final double TOLERANCE = 2e-6;

    static Stream<Golden.Sequence> sequences() {
        return Golden.sequences();
    }

    @ParameterizedTest
    @MethodSource("sequences")
    void twoStagesAreThoseOfDiffusersToTheLastBit(Golden.Sequence golden) throws IOException {
        StepCoefficients[] steps = steps(golden);
        float[] sample = golden.sample();
        for (int i = 0; i < steps.length; i++) {
            float[] original = original(steps[i], sample, golden.outputs()[i]);
            sample = combine(steps[i].previousFromSample(), sample, steps[i].previousFromOriginal(), original);

            assertThat(original).as("original of step %d", i).containsExactly(golden.originals()[i]);
            assertThat(sample).as("result of step %d", i).containsExactly(golden.previous()[i]);
        }
    }

    @ParameterizedTest
    @MethodSource("sequences")
    void oneStageHoldsTheTolerance(Golden.Sequence golden) throws IOException {
        StepCoefficients[] steps = steps(golden);
        boolean epsilon = Golden.config(golden.config()).predictionType() == PredictionType.EPSILON;
        float[] sample = golden.sample();
        for (int i = 0; i < steps.length; i++) {
            sample = combine(steps[i].sampleFactor(), sample, steps[i].modelFactor(), golden.outputs()[i]);

            float[] expected = golden.previous()[i];
            // The samples of epsilon runs grow to 100, and the rounding of diffusers with them.
            double scale = epsilon ? largest(expected) : 1;
            assertThat(error(sample, expected)).as("step %d", i).isLessThan(TOLERANCE * scale);
        }
    }

    @Test
    void endsWithThePredictedOriginal() throws IOException {
        Schedule schedule = new DdimScheduler(Golden.config("ddim_2b")).schedule(50);
        StepCoefficients last = schedule.coefficients(49);

        assertThat(schedule.size()).isEqualTo(50);
        assertThat(schedule.timestep(49)).isEqualTo(19);
        assertThat(last.previousFromSample()).isZero();
        assertThat(last.previousFromOriginal()).isEqualTo(1);
    }

    @Test
    void keepsSomeNoiseWhereTheStepsDoNotDivideTheTraining() throws IOException {
        Schedule schedule = new DdimScheduler(Golden.config("ddim_2b")).schedule(13);

        // 1000 / 13 is 76 in integers, so that the last step goes to timestep 0, an entry of the table.
        assertThat(schedule.timestep(12)).isEqualTo(76);
        assertThat(schedule.coefficients(12).previousFromSample()).isGreaterThan(0.1f);
    }

    @Test
    void startsFromTheModelAloneWhereTheNoiseIsPure() throws IOException {
        StepCoefficients first = new DdimScheduler(Golden.config("ddim_5b")).schedule(50).coefficients(0);

        assertThat(first.originalFromSample()).isZero();
        assertThat(first.originalFromModel()).isEqualTo(-1);
        assertThat(Math.hypot(first.sampleFactor(), first.modelFactor())).isCloseTo(1, within(1e-6));
    }

    @Test
    void knowsNoStepPastTheEnd() throws IOException {
        Schedule schedule = new DdimScheduler(Golden.config("ddim_2b")).schedule(2);

        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> schedule.timestep(2));
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> schedule.coefficients(2));
    }

    /** Without a schedule, since one of the goldens leaves out a first step that a schedule refuses. */
    private static StepCoefficients[] steps(Golden.Sequence golden) throws IOException {
        DdimScheduler scheduler = new DdimScheduler(Golden.config(golden.config()));
        int[] timesteps = scheduler.timesteps(golden.steps());
        StepCoefficients[] steps = new StepCoefficients[golden.outputs().length];
        for (int i = 0; i < steps.length; i++) {
            steps[i] = scheduler.coefficients(timesteps[golden.first() + i], golden.steps());
        }
        return steps;
    }

    private static float[] original(StepCoefficients step, float[] sample, float[] output) {
        float[] original = combine(step.originalFromSample(), sample, step.originalFromModel(), output);
        for (int i = 0; i < original.length; i++) {
            original[i] /= step.originalDivisor();
        }
        return original;
    }

    private static float[] combine(float a, float[] x, float b, float[] y) {
        float[] result = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            result[i] = a * x[i] + b * y[i];
        }
        return result;
    }

    private static double error(float[] actual, float[] expected) {
        double error = 0;
        for (int i = 0; i < actual.length; i++) {
            error = Math.max(error, Math.abs((double) actual[i] - expected[i]));
        }
        return error;
    }

    private static double largest(float[] values) {
        return error(values, new float[values.length]);
    }
}
