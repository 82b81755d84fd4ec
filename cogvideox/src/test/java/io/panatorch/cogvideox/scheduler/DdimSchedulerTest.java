package io.panatorch.cogvideox.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class DdimSchedulerTest {

    static Stream<Golden.Alphas> alphas() {
        return Golden.alphas();
    }

    static Stream<Golden.Timesteps> timesteps() {
        return Golden.timesteps();
    }

    @ParameterizedTest
    @MethodSource("alphas")
    void hasTheNoiseTableOfDiffusers(Golden.Alphas golden) throws IOException {
        double[] alphas = new DdimScheduler(Golden.config(golden.config())).alphasCumprod();

        assertThat(alphas).hasSameSizeAs(golden.values());
        for (int t = 0; t < alphas.length; t++) {
            assertThat(alphas[t]).as("timestep %d", t).isCloseTo(golden.values()[t], within(1e-12));
        }
    }

    @ParameterizedTest
    @MethodSource("timesteps")
    void visitsTheTimestepsOfDiffusers(Golden.Timesteps golden) throws IOException {
        int[] timesteps = new DdimScheduler(Golden.config(golden.config())).timesteps(golden.steps());

        assertThat(timesteps).containsExactly(golden.values());
    }

    /** The checksums were made with numpy, less the 62 elements -1 that its range has too many. */
    @ParameterizedTest
    @CsvSource({"linspace, ba27c925", "leading, ed250cb3", "trailing, de297830"})
    void roundsAsNumpyForEveryNumberOfSteps(String spacing, String checksum) throws IOException {
        DdimScheduler scheduler = scheduler(json -> json.put("timestep_spacing", spacing));
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
        DdimScheduler scheduler = scheduler(json -> {});
        scheduler.alphasCumprod()[0] = 7;

        assertThat(scheduler.alphasCumprod()[0]).isLessThan(1);
    }

    @ParameterizedTest
    @CsvSource({"0", "-1", "1001"})
    void refusesOtherNumbersOfSteps(int steps) throws IOException {
        DdimScheduler scheduler = scheduler(json -> {});

        assertThatIllegalArgumentException()
                .isThrownBy(() -> scheduler.schedule(steps))
                .withMessage("steps: expected 1 to 1000 (num_train_timesteps), found " + steps);
    }

    @Test
    void refusesAnOffsetThatLeavesTheTable() throws IOException {
        DdimScheduler scheduler = scheduler(json -> json.put("steps_offset", 1));

        assertThat(scheduler.timesteps(500)[0]).isEqualTo(999);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> scheduler.timesteps(1000))
                .withMessage("steps_offset: expected a first timestep below 1000 with 1000 steps,"
                        + " found 1000 with the offset 1");
    }

    @Test
    void refusesEpsilonFromPureNoise() throws IOException {
        DdimScheduler scheduler = scheduler(
                json -> json.put("rescale_betas_zero_snr", true).put("timestep_spacing", "trailing"));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> scheduler.schedule(10))
                .withMessage("the step at timestep 999 (of 10 steps) divides by zero: prediction_type epsilon cannot start"
                        + " from pure noise, which rescale_betas_zero_snr or the betas make of it; expected v_prediction or"
                        + " sample");
    }

    @Test
    void allowsEpsilonWhereNoStepStartsFromPureNoise() throws IOException {
        DdimScheduler scheduler = scheduler(json -> json.put("rescale_betas_zero_snr", true));

        assertThat(scheduler.schedule(10).timestep(0)).isEqualTo(900);
    }

    @Test
    void refusesATimestepWithoutNoise() throws IOException {
        // In float32 such a beta is lost: 1 - 1e-9 is 1.
        DdimScheduler scheduler = scheduler(
                json -> json.put("beta_schedule", "linear").put("beta_start", 1e-9).put("prediction_type", "v_prediction"));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> scheduler.schedule(10))
                .withMessage("the step at timestep 0 (of 10 steps) divides by zero: alphas_cumprod is 1.0 there");
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
            DdimScheduler scheduler = scheduler(json -> json.put("num_train_timesteps", 1).put("beta_schedule", schedule));

            assertThat(scheduler.schedule(1).timestep(0)).as(schedule).isZero();
        }
    }

    private static DdimScheduler scheduler(Consumer<ObjectNode> change) throws IOException {
        ObjectNode json = Golden.JSON.createObjectNode();
        change.accept(json);
        json.put("_class_name", "CogVideoXDDIMScheduler");
        return new DdimScheduler(Golden.read(json.toString()));
    }
}
