package io.panatorch.cogvideox.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.panatorch.cogvideox.scheduler.SchedulerConfig.BetaSchedule;
import io.panatorch.cogvideox.scheduler.SchedulerConfig.PredictionType;
import io.panatorch.cogvideox.scheduler.SchedulerConfig.TimestepSpacing;
import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SchedulerConfigTest {

    @Test
    void missingKeysHaveTheDefaultsOfTheClass() throws IOException {
        SchedulerConfig config = read("");

        assertThat(config).isEqualTo(SchedulerConfig.defaults());
        assertThat(config.timestepSpacing()).isEqualTo(TimestepSpacing.LEADING);
        assertThat(config.predictionType()).isEqualTo(PredictionType.EPSILON);
        assertThat(config.snrShiftScale()).isEqualTo(3);
        assertThat(config.trainedBetas()).isEmpty();
    }

    @Test
    void readsEveryKey() throws IOException {
        assertThat(read("""
                "_diffusers_version": "0.30.0", "num_train_timesteps": 2,
                 "beta_start": 0.1, "beta_end": 0.2, "beta_schedule": "squaredcos_cap_v2", "trained_betas": [0.3, 0.4],
                 "set_alpha_to_one": false, "steps_offset": 1, "prediction_type": "v_prediction",
                 "timestep_spacing": "trailing", "rescale_betas_zero_snr": true, "snr_shift_scale": 1"""))
                .isEqualTo(new SchedulerConfig(SchedulerKind.DDIM, 2, 0.1, 0.2, BetaSchedule.SQUAREDCOS_CAP_V2,
                        List.of(0.3, 0.4), false, 1, PredictionType.V_PREDICTION, TimestepSpacing.TRAILING, true, 1));
    }

    @Test
    void takesNoNoticeOfKeysThatChangeNothing() throws IOException {
        assertThat(read("""
                "clip_sample": "?", "clip_sample_range": -1, "sample_max_value": null, "thresholding": 1, "eta": 2,
                 "trained_betas": null""")).isEqualTo(SchedulerConfig.defaults());
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                Arguments.of("'beta_schedule': 'sigmoid'",
                        "beta_schedule: expected one of linear, scaled_linear, squaredcos_cap_v2, found \"sigmoid\""),
                Arguments.of("'prediction_type': 'V_PREDICTION'",
                        "prediction_type: expected one of epsilon, sample, v_prediction, found \"V_PREDICTION\""),
                Arguments.of("'timestep_spacing': 3",
                        "timestep_spacing: expected a string, found 3"),
                Arguments.of("'num_train_timesteps': '1000'",
                        "num_train_timesteps: expected a whole number of at least 1, found \"1000\""),
                Arguments.of("'num_train_timesteps': 1000.0",
                        "num_train_timesteps: expected a whole number of at least 1, found 1000.0"),
                Arguments.of("'num_train_timesteps': 4294967297",
                        "num_train_timesteps: expected a whole number of at least 1, found 4294967297"),
                Arguments.of("'num_train_timesteps': 0",
                        "num_train_timesteps: expected a whole number of at least 1, found 0"),
                Arguments.of("'num_train_timesteps': 100001",
                        "num_train_timesteps: expected an integer from 1 to 100000, found 100001"),
                Arguments.of("'beta_start': 0", "beta_start: expected a number above 0 and below 1, found 0.0"),
                Arguments.of("'beta_end': 1e999",
                        "beta_end: expected a finite number, found \"Infinity\""),
                Arguments.of("'beta_end': null", "beta_end: expected a finite number, found null"),
                Arguments.of("'trained_betas': 0.1",
                        "trained_betas: expected an array of finite numbers, found 0.1"),
                Arguments.of("'trained_betas': [0.1, 0.2]",
                        "trained_betas: expected one value for each of 1000 timesteps, found 2"),
                Arguments.of("'num_train_timesteps': 2, 'trained_betas': [0.1, 'x']",
                        "trained_betas: expected an array of finite numbers, found [0.1,\"x\"]"),
                Arguments.of("'num_train_timesteps': 2, 'trained_betas': [0.1, -2]",
                        "trained_betas[1]: expected a number above 0 and below 1, found -2.0"),
                Arguments.of("'set_alpha_to_one': 1", "set_alpha_to_one: expected true or false, found 1"),
                Arguments.of("'steps_offset': -1", "steps_offset: expected a whole number of at least 0, found -1"),
                Arguments.of("'steps_offset': 1000", "steps_offset: expected an integer from 0 to 999, found 1000"),
                Arguments.of("'rescale_betas_zero_snr': 'yes'",
                        "rescale_betas_zero_snr: expected true or false, found \"yes\""),
                Arguments.of("'rescale_betas_zero_snr': true, 'num_train_timesteps': 1",
                        "rescale_betas_zero_snr: expected false where num_train_timesteps is 1, found true"),
                Arguments.of("'snr_shift_scale': 0", "snr_shift_scale: expected a finite number above 0, found 0.0"),
                Arguments.of("'snr_shift_scale': 1e999",
                        "snr_shift_scale: expected a finite number, found \"Infinity\""));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void saysInOneLineWhatIsWrong(String json, String problem) {
        assertThatExceptionOfType(InvalidFileException.class)
                .isThrownBy(() -> read(json.replace('\'', '"')))
                .withMessageEndingWith(".json: " + problem);
    }

    @Test
    void refusesAnotherScheduler() {
        assertThatExceptionOfType(InvalidFileException.class)
                .isThrownBy(() -> Golden.read("{\"_class_name\": \"DDIMScheduler\"}"))
                .withMessageEndingWith("_class_name: expected one of CogVideoXDDIMScheduler, CogVideoXDPMScheduler,"
                        + " found \"DDIMScheduler\"");
    }

    @Test
    void eitherSchedulerRunsWithTheSettingsOfTheOther() throws IOException {
        SchedulerConfig dpm = Golden.read("""
                {"_class_name": "CogVideoXDPMScheduler", "timestep_spacing": "linspace", "snr_shift_scale": 1}""");

        assertThat(dpm.kind()).isEqualTo(SchedulerKind.DPM);
        assertThat(dpm.withKind(SchedulerKind.DDIM)).isEqualTo(read("""
                "timestep_spacing": "linspace", "snr_shift_scale": 1"""));
        assertThat(dpm.withKind(SchedulerKind.DDIM).withTimestepSpacing(TimestepSpacing.TRAILING)).isEqualTo(read("""
                "timestep_spacing": "trailing", "snr_shift_scale": 1"""));
        assertThat(Golden.read("{}").kind()).isEqualTo(SchedulerKind.DDIM);
    }

    @Test
    void checksRangesWithoutAFileToo() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new SchedulerConfig(SchedulerKind.DDIM, 1000, 0.1, 2, BetaSchedule.LINEAR, List.of(), true, 0,
                        PredictionType.SAMPLE, TimestepSpacing.LEADING, false, 1))
                .withMessage("beta_end: expected a number above 0 and below 1, found 2.0");
    }

    /** Reads a file of the class with these keys besides. */
    private static SchedulerConfig read(String keys) throws IOException {
        return Golden.read("{\"_class_name\": \"CogVideoXDDIMScheduler\"" + (keys.isEmpty() ? "" : ", ") + keys + "}");
    }
}
