package io.panatorch.cogvideox.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Generator;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.Elements;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("cpu")
class SamplerTest {

    private static final double STEP = 2e-6;

    static Stream<StepGoldens.Case> sequences() {
        return StepGoldens.sequences();
    }

    static Stream<StepGoldens.Case> addNoise() {
        return StepGoldens.addNoise();
    }

    @ParameterizedTest
    @MethodSource("sequences")
    void stepsAreThoseOfDiffusers(StepGoldens.Case golden) throws IOException {
        Schedule schedule = golden.schedule();
        try (var _ = TensorScope.open();
                Sampler sampler = schedule.begin(Noise.of(Generator.seeded(golden.json().path("noise_seed").asLong())))) {
            Tensor outputs = golden.tensor("model_output");
            Tensor expected = golden.tensor("prev_sample");
            Tensor sample = golden.tensor("sample0");
            assertThat(schedule.size()).isEqualTo((int) outputs.size(0));
            for (int i = 0; i < schedule.size(); i++) {
                assertThat(schedule.timestep(i)).isEqualTo(golden.json().get("timesteps").get(i).asInt());

                Tensor previous = sampler.step(i, sample, outputs.narrow(0, i, 1).squeeze(0));

                assertThat(previous.dtype()).isEqualTo(DType.FLOAT32);
                float[] values = expected.narrow(0, i, 1).squeeze(0).toFloatArray();
                Elements.assertClose("step " + i, previous.toFloatArray(), values,
                        golden.json().path("tolerance").asDouble(STEP) * Math.max(1, largest(values)));
                // Not our own, so that the rounding to a half type cannot part the two.
                sample = expected.narrow(0, i, 1).squeeze(0).to(golden.sampleType());
            }
        }
    }

    private static double largest(float[] values) {
        double largest = 0;
        for (float value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }

    @ParameterizedTest
    @MethodSource("addNoise")
    void addsNoiseAsDiffusersDoes(StepGoldens.Case golden) throws IOException {
        Schedule schedule = golden.schedule();
        assertThat(schedule.timestep(0)).isEqualTo(golden.json().get("timestep").asInt());
        try (var _ = TensorScope.open()) {
            Tensor noisy = schedule.addNoise(golden.tensor("original"), golden.tensor("noise"));

            assertThat(noisy.dtype()).isEqualTo(golden.tensor("noisy").dtype());
            double tolerance = noisy.dtype() == DType.FLOAT32 ? 3e-7 : 0;
            Elements.assertClose("noisy", noisy.to(DType.FLOAT32).toFloatArray(),
                    golden.tensor("noisy").to(DType.FLOAT32).toFloatArray(), tolerance);
        }
    }

    @Test
    void noNoiseIsDrawnWithoutEta() throws IOException {
        Generator generator = Generator.seeded(3);
        Schedule schedule = StepGoldens.scheduler("ddim_5b").schedule(ScheduleRequest.steps(2));
        try (var _ = TensorScope.open(); Sampler sampler = schedule.begin(Noise.of(generator))) {
            Tensor sample = Generator.seeded(4).randn(Shape.of(2, 8), DType.FLOAT32);
            sampler.step(0, sample, sample);
            sampler.step(1, sample, sample);

            assertThat(generator.randn(Shape.of(4), DType.FLOAT64).toDoubleArray())
                    .isEqualTo(Generator.seeded(3).randn(Shape.of(4), DType.FLOAT64).toDoubleArray());
        }
    }

    @Test
    void takesItsStepsInOrder() throws IOException {
        Schedule schedule = StepGoldens.scheduler("dpm_5b").schedule(ScheduleRequest.steps(2));
        try (var _ = TensorScope.open(); Sampler sampler = schedule.begin(Noise.of(Generator.seeded(0)))) {
            Tensor sample = Tensor.of(new float[] {1, 2}, 2);
            assertThatIllegalStateException().isThrownBy(() -> sampler.step(1, sample, sample))
                    .withMessage("step 1 of a run of 2: the next one is 0");
            sampler.step(0, sample, sample);
            assertThatIllegalStateException().isThrownBy(() -> sampler.step(0, sample, sample))
                    .withMessage("step 0 of a run of 2: the next one is 1");
            sampler.step(1, sample, sample);
            assertThatIllegalStateException().isThrownBy(() -> sampler.step(2, sample, sample))
                    .withMessage("step 2 of a run of 2: it has ended");

            Sampler closed = schedule.begin(Noise.of(Generator.seeded(0)));
            closed.close();
            assertThatIllegalStateException().isThrownBy(() -> closed.step(0, sample, sample))
                    .withMessage("step 0 of a run of 2: it has ended");
        }
    }

    /** Each item of a batch with a generator of its own is what it would be alone. */
    @Test
    void itemsOfABatchMayHaveTheirOwnGenerators() throws IOException {
        Schedule schedule = StepGoldens.scheduler("dpm_5b").schedule(ScheduleRequest.steps(3));
        Noise both = new Noise(List.of(Generator.seeded(5), Generator.seeded(6)));
        try (var _ = TensorScope.open();
                Sampler batch = schedule.begin(both);
                Sampler alone = schedule.begin(Noise.of(Generator.seeded(6)))) {
            Tensor sample = Generator.seeded(4).randn(Shape.of(2, 3, 7), DType.FLOAT32);
            Tensor second = sample.narrow(0, 1, 1);
            for (int i = 0; i < 3; i++) {
                sample = batch.step(i, sample, sample);
                second = alone.step(i, second, second);

                Elements.assertSame("step " + i, sample.narrow(0, 1, 1).toFloatArray(), second.toFloatArray());
            }
            assertThatIllegalArgumentException().isThrownBy(() -> both.draw(Shape.of(3, 2), DType.FLOAT32, Device.CPU))
                    .withMessage("generators: expected one, or one for each of 3 items of the batch, found 2");
        }
    }

    /** What a run keeps must not depend on tensors of its caller. */
    @Test
    void callersMayCloseTheirTensors() throws IOException {
        Schedule schedule = StepGoldens.scheduler("dpm_5b").schedule(ScheduleRequest.steps(3));
        try (Sampler sampler = schedule.begin(Noise.of(Generator.seeded(0)))) {
            for (int i = 0; i < 3; i++) {
                try (var _ = TensorScope.open()) {
                    Tensor sample = Tensor.of(new float[] {1, 2}, 2);
                    Tensor output = Tensor.of(new float[] {3, 4}, 2);
                    assertThat(sampler.step(i, sample, output).toFloatArray()).doesNotContain(Float.NaN);
                }
            }
        }
    }

    @Test
    void noiseIsAddedToFloatingPointNumbersOnly() throws IOException {
        Schedule schedule = StepGoldens.scheduler("ddim_2b").schedule(ScheduleRequest.steps(3));
        try (var _ = TensorScope.open()) {
            Tensor whole = Tensor.of(new long[] {1}, 1);
            assertThatIllegalArgumentException().isThrownBy(() -> schedule.addNoise(whole, whole))
                    .withMessage("addNoise: expected floating-point numbers, found int64");
        }
    }
}
