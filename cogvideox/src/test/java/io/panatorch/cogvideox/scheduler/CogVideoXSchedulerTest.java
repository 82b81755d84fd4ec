package io.panatorch.cogvideox.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CogVideoXSchedulerTest {

    static Stream<Golden.Alphas> alphas() {
        return Golden.alphas();
    }

    static Stream<Golden.Timesteps> timesteps() {
        return Golden.timesteps();
    }

    @ParameterizedTest
    @MethodSource("alphas")
    void hasTheNoiseTableOfDiffusers(Golden.Alphas golden) throws IOException {
        double[] alphas = new CogVideoXScheduler(Golden.config(golden.config())).alphasCumprod();

        assertThat(alphas).hasSameSizeAs(golden.values());
        for (int t = 0; t < alphas.length; t++) {
            assertThat(alphas[t]).as("timestep %d", t).isCloseTo(golden.values()[t], within(1e-12));
        }
    }

    @ParameterizedTest
    @MethodSource("timesteps")
    void visitsTheTimestepsOfDiffusers(Golden.Timesteps golden) throws IOException {
        int[] timesteps = new CogVideoXScheduler(Golden.config(golden.config())).timesteps(golden.steps());

        assertThat(timesteps).containsExactly(golden.values());
    }

    /** The checksums were made with numpy, less the 62 elements -1 that its range has too many. */
    @ParameterizedTest
    @CsvSource({"linspace, ba27c925", "leading, ed250cb3", "trailing, de297830"})
    void roundsAsNumpyForEveryNumberOfSteps(String spacing, String checksum) throws IOException {
        CogVideoXScheduler scheduler = scheduler(json -> json.put("timestep_spacing", spacing));
        CRC32 crc = new CRC32();
        for (int steps = 1; steps <= 1000; steps++) {
            int[] timesteps = scheduler.timesteps(steps);
            ByteBuffer bytes = ByteBuffer.allocate(timesteps.length * Integer.BYTES);
            bytes.asIntBuffer().put(timesteps);
            crc.update(bytes);
        }

        assertThat(Long.toHexString(crc.getValue())).isEqualTo(checksum);
    }

    @Test
    void leavesOutTheTimestepBelowZero() throws IOException {
        int[] timesteps = scheduler(json -> json.put("timestep_spacing", "trailing")).timesteps(61);

        assertThat(timesteps).hasSize(61).startsWith(999, 983).endsWith(15);
    }

    @Test
    void handsOutCopiesOfTheNoiseTable() throws IOException {
        CogVideoXScheduler scheduler = scheduler(json -> {});
        scheduler.alphasCumprod()[0] = 7;

        assertThat(scheduler.alphasCumprod()[0]).isLessThan(1);
    }

    @ParameterizedTest
    @CsvSource({"0", "-1", "1001"})
    void refusesOtherNumbersOfSteps(int steps) throws IOException {
        CogVideoXScheduler scheduler = scheduler(json -> {});

        assertThatIllegalArgumentException()
                .isThrownBy(() -> scheduler.schedule(ScheduleRequest.steps(steps)))
                .withMessage("steps: expected 1 to 1000 (num_train_timesteps), found " + steps);
    }

    @Test
    void refusesAnOffsetThatLeavesTheTable() throws IOException {
        CogVideoXScheduler scheduler = scheduler(json -> json.put("steps_offset", 1));

        assertThat(scheduler.timesteps(500)[0]).isEqualTo(999);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> scheduler.timesteps(1000))
                .withMessage("steps_offset: expected a first timestep below 1000 with 1000 steps,"
                        + " found 1000 with the offset 1");
    }

    @Test
    void refusesEpsilonFromPureNoise() throws IOException {
        CogVideoXScheduler scheduler = scheduler(
                json -> json.put("rescale_betas_zero_snr", true).put("timestep_spacing", "trailing"));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> scheduler.schedule(ScheduleRequest.steps(10)))
                .withMessage("the step at timestep 999 (of 10 steps) divides by zero: prediction_type epsilon cannot start"
                        + " from pure noise, which rescale_betas_zero_snr or the betas make of it; expected v_prediction or"
                        + " sample");
    }

    @Test
    void allowsEpsilonWhereNoStepStartsFromPureNoise() throws IOException {
        CogVideoXScheduler scheduler = scheduler(json -> json.put("rescale_betas_zero_snr", true));

        assertThat(scheduler.schedule(ScheduleRequest.steps(10)).timestep(0)).isEqualTo(900);
    }

    @Test
    void refusesATimestepWithoutNoise() throws IOException {
        // In float32 such a beta is lost: 1 - 1e-9 is 1.
        CogVideoXScheduler scheduler = scheduler(
                json -> json.put("beta_schedule", "linear").put("beta_start", 1e-9).put("prediction_type", "v_prediction"));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> scheduler.schedule(ScheduleRequest.steps(10)))
                .withMessage("the step at timestep 0 (of 10 steps) divides by zero: alphas_cumprod is 1.0 there,"
                        + " and 1.0 where it goes");
    }

    @Test
    void refusesBetasThatMakeNoTable() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> scheduler(json -> json.put("beta_schedule", "linear")
                        .put("beta_start", 1e-9)
                        .put("beta_end", 1e-9)
                        .put("rescale_betas_zero_snr", true)))
                .withMessage("betas: expected ones that give an alphas_cumprod from 0 to 1, found NaN at timestep 0");
    }

    @Test
    void takesOneTimestepOfTraining() throws IOException {
        for (String schedule : new String[] {"linear", "scaled_linear", "squaredcos_cap_v2"}) {
            CogVideoXScheduler scheduler = scheduler(json -> json.put("num_train_timesteps", 1).put("beta_schedule", schedule));

            assertThat(scheduler.schedule(ScheduleRequest.steps(1)).timestep(0)).as(schedule).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ddim_2b", "ddim_5b", "dpm_5b", "dpm_2b", "ddim_1.5", "dpm_1.5",
        "ddim_2b_linspace", "ddim_2b_leading"})
    void bothSchedulersVisitTheTimestepsOfDiffusers(String config) throws IOException {
        CogVideoXScheduler scheduler = StepGoldens.scheduler(config);

        StepGoldens.timesteps(config).forEach((steps, timesteps) ->
                assertThat(scheduler.timesteps(steps)).as("%d steps", steps).containsExactly(timesteps));
    }

    @ParameterizedTest
    @EnumSource
    void takesTimestepsOfItsOwnAsIfNoneWereGiven(SchedulerKind kind) throws IOException {
        CogVideoXScheduler scheduler = new CogVideoXScheduler(Golden.config("ddim_5b").withKind(kind));
        Schedule own = scheduler.schedule(ScheduleRequest.steps(8));
        Schedule given = scheduler.schedule(ScheduleRequest.timesteps(List.of(999, 874, 749, 624, 499, 374, 249, 124)));

        for (int i = 0; i < 8; i++) {
            assertThat(given.timestep(i)).isEqualTo(own.timestep(i));
            assertThat(given.coefficients(i)).isEqualTo(own.coefficients(i));
        }
    }

    @ParameterizedTest
    @EnumSource
    void goesFromOneGivenTimestepToTheNext(SchedulerKind kind) throws IOException {
        CogVideoXScheduler scheduler = new CogVideoXScheduler(Golden.config("ddim_5b").withKind(kind));
        double[] alphas = scheduler.alphasCumprod();
        Schedule schedule = scheduler.schedule(ScheduleRequest.timesteps(List.of(999, 700, 40, 3)));
        double[] goals = {alphas[700], alphas[40], alphas[3], 1};

        for (int i = 0; i < 4; i++) {
            StepCoefficients step = schedule.coefficients(i);
            assertThat(step.fromSample() * Math.sqrt(alphas[schedule.timestep(i)]) + step.fromDenoised())
                    .isCloseTo(Math.sqrt(goals[i]), within(1e-6));
        }
        assertThat(Stream.of(0, 1, 2, 3).map(i -> schedule.coefficients(i).draws()))
                .isEqualTo(kind == SchedulerKind.DPM ? List.of(1, 2, 2, 1) : List.of(0, 0, 0, 0));
    }

    @Test
    void refusesTimestepsOutsideTheTable() throws IOException {
        CogVideoXScheduler scheduler = scheduler(json -> {});

        assertThatIllegalArgumentException()
                .isThrownBy(() -> scheduler.schedule(ScheduleRequest.timesteps(List.of(1000, 500))))
                .withMessage("timesteps: expected 0 to 999 (below num_train_timesteps), found 1000");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> scheduler.schedule(ScheduleRequest.timesteps(List.of(500, -1))))
                .withMessage("timesteps: expected 0 to 999 (below num_train_timesteps), found -1");
    }

    /** The products are Python's: 50 times 0.58 is below 29. */
    @ParameterizedTest
    @CsvSource({"50, 0.8, 40, 799", "50, 0.58, 28, 559", "10, 1, 10, 999", "3, 0.5, 1, 332", "49, 0.020408163265306124, 1, 19"})
    void strengthLeavesOutTheNoisiestSteps(int steps, double strength, int kept, int first) throws IOException {
        CogVideoXScheduler scheduler = StepGoldens.scheduler("dpm_5b");
        Schedule whole = scheduler.schedule(ScheduleRequest.steps(steps));
        Schedule cut = scheduler.schedule(ScheduleRequest.steps(steps).withStrength(strength));

        assertThat(cut.size()).isEqualTo(kept);
        assertThat(cut.timestep(0)).isEqualTo(first);
        assertThat(cut.coefficients(0).draws()).isEqualTo(1);
        for (int i = 1; i < kept; i++) {
            assertThat(cut.coefficients(i)).isEqualTo(whole.coefficients(steps - kept + i));
        }
    }

    @Test
    void strengthCutsGivenTimestepsToo() throws IOException {
        Schedule schedule = StepGoldens.scheduler("ddim_5b").schedule(
                ScheduleRequest.timesteps(List.of(999, 800, 300, 100)).withStrength(0.5));

        assertThat(schedule.size()).isEqualTo(2);
        assertThat(schedule.timestep(0)).isEqualTo(300);
    }

    @Test
    void saysWhichStrengthWouldLeaveAStep() throws IOException {
        CogVideoXScheduler scheduler = scheduler(json -> {});

        assertThatIllegalArgumentException()
                .isThrownBy(() -> scheduler.schedule(ScheduleRequest.steps(49).withStrength(0.02)))
                .withMessage("strength: expected 0.020408163265306124 or more, which leaves one of 49 steps, found 0.02");
    }

    @Test
    void refusesAnEtaWithDpm() throws IOException {
        CogVideoXScheduler scheduler = StepGoldens.scheduler("dpm_2b");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> scheduler.schedule(ScheduleRequest.steps(10).withEta(0.5)))
                .withMessage("eta: expected 0 with CogVideoXDPMScheduler, whose noise is fixed by its timesteps, found 0.5;"
                        + " CogVideoXDDIMScheduler has an eta");
    }

    @Test
    void refusesWithDpmWhatWouldNotBeANumber() throws IOException {
        for (String type : List.of("epsilon", "v_prediction")) {
            CogVideoXScheduler scheduler = scheduler(json -> json.put("beta_schedule", "linear").put("beta_start", 1e-9)
                    .put("prediction_type", type), SchedulerKind.DPM);

            assertThatIllegalArgumentException()
                    .isThrownBy(() -> scheduler.schedule(ScheduleRequest.steps(10)))
                    .withMessage("the step at timestep 100 (of 10 steps) divides by zero:"
                            + " alphas_cumprod is 0.8419681191444397 there, and 1.0 where it goes");
        }
    }

    private static CogVideoXScheduler scheduler(Consumer<ObjectNode> change, SchedulerKind kind) throws IOException {
        return new CogVideoXScheduler(scheduler(change).config().withKind(kind));
    }

    private static CogVideoXScheduler scheduler(Consumer<ObjectNode> change) throws IOException {
        ObjectNode json = Golden.JSON.createObjectNode();
        change.accept(json);
        json.put("_class_name", "CogVideoXDDIMScheduler");
        return new CogVideoXScheduler(Golden.read(json.toString()));
    }
}
