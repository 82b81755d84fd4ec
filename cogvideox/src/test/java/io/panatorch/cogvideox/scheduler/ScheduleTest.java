package io.panatorch.cogvideox.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.Elements;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("cpu")
class ScheduleTest {

    static Stream<Golden.Sequence> sequences() {
        return Golden.sequences();
    }

    @ParameterizedTest
    @MethodSource("sequences")
    void stepsAreThoseOfDiffusersToTheLastBit(Golden.Sequence golden) throws IOException {
        StepCoefficients[] steps = steps(golden);
        try (var _ = TensorScope.open()) {
            Tensor sample = Tensor.of(golden.sample(), golden.sample().length);
            for (int i = 0; i < steps.length; i++) {
                float[] output = golden.outputs()[i];
                sample = steps[i].apply(sample, Tensor.of(output, output.length));

                Elements.assertSame("result of step " + i, sample.toFloatArray(), golden.previous()[i]);
            }
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
}
