package io.panatorch.cogvideox.scheduler;

import io.panatorch.cogvideox.config.ConfigFile;
import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The settings of a scheduler, as in {@code scheduler_config.json}: the names of the keys in camel case, with the meaning that
 * diffusers gives them.
 *
 * <p>Keys that change nothing are not kept: diffusers takes {@code clip_sample}, {@code clip_sample_range} and
 * {@code sample_max_value} but its step uses none of them, and {@code thresholding} and {@code dynamic_thresholding_ratio} are
 * known only to its plain DDIM scheduler.
 *
 * @param kind who takes the steps
 * @param numTrainTimesteps number of noise levels that the model was trained on; timesteps are in [0, this)
 * @param betaStart first beta of the linear schedules, in (0, 1)
 * @param betaEnd last beta of the linear schedules, in (0, 1)
 * @param betaSchedule how the betas run from first to last; not used when there are trained betas
 * @param trainedBetas one beta for each timestep, or an empty list for the schedule's
 * @param setAlphaToOne whether the last step goes to no noise at all; otherwise to the noise of timestep 0
 * @param stepsOffset what the spacing {@code leading} adds to each timestep
 * @param predictionType what the model's output means
 * @param timestepSpacing which timesteps a run visits
 * @param rescaleBetasZeroSnr whether the last timestep is pure noise (arXiv 2305.08891, algorithm 1)
 * @param snrShiftScale what the signal-to-noise ratio is divided by: 3 in the 2B model, 1 in the larger ones
 */
public record SchedulerConfig(
        SchedulerKind kind,
        int numTrainTimesteps,
        double betaStart,
        double betaEnd,
        BetaSchedule betaSchedule,
        List<Double> trainedBetas,
        boolean setAlphaToOne,
        int stepsOffset,
        PredictionType predictionType,
        TimestepSpacing timestepSpacing,
        boolean rescaleBetasZeroSnr,
        double snrShiftScale) {

    /** Far above any model's, and low enough that a damaged file cannot ask for much memory. */
    private static final int MAX_TRAIN_TIMESTEPS = 100_000;

    private static final SchedulerConfig DEFAULTS = new SchedulerConfig(
            SchedulerKind.DDIM,
            1000,
            0.00085,
            0.0120,
            BetaSchedule.SCALED_LINEAR,
            List.of(),
            true,
            0,
            PredictionType.EPSILON,
            TimestepSpacing.LEADING,
            false,
            3.0);

    /** How the betas run from {@code beta_start} to {@code beta_end}. */
    public enum BetaSchedule {
        /** Evenly spaced, in float32. */
        LINEAR,
        /** Squares of evenly spaced numbers, in float64; what the published models use. */
        SCALED_LINEAR,
        /** From a squared cosine, in float32; uses neither start nor end. */
        SQUAREDCOS_CAP_V2
    }

    /** What the model's output means. */
    public enum PredictionType {
        /** The noise. */
        EPSILON,
        /** The sample without noise. */
        SAMPLE,
        /** The velocity of arXiv 2202.00512; what the published models predict. */
        V_PREDICTION
    }

    /** Which timesteps a run visits; the names are those of table 2 of arXiv 2305.08891. */
    public enum TimestepSpacing {
        /** Evenly spaced, with the first and the last timestep. */
        LINSPACE,
        /** Multiples of the spacing, from 0. */
        LEADING,
        /** Multiples of the spacing, back from the last timestep. */
        TRAILING
    }

    /**
     * @throws IllegalArgumentException if a value is out of its range; the message names the key as it is in the file
     */
    public SchedulerConfig {
        trainedBetas = List.copyOf(trainedBetas);
        requireInteger("num_train_timesteps", 1, MAX_TRAIN_TIMESTEPS, numTrainTimesteps);
        requireBeta("beta_start", betaStart);
        requireBeta("beta_end", betaEnd);
        if (!trainedBetas.isEmpty() && trainedBetas.size() != numTrainTimesteps) {
            throw unexpected("trained_betas", "one value for each of " + numTrainTimesteps + " timesteps", trainedBetas.size());
        }
        for (int t = 0; t < trainedBetas.size(); t++) {
            requireBeta("trained_betas[" + t + "]", trainedBetas.get(t));
        }
        requireInteger("steps_offset", 0, numTrainTimesteps - 1, stepsOffset);
        if (rescaleBetasZeroSnr && numTrainTimesteps == 1) {
            throw unexpected("rescale_betas_zero_snr", "false where num_train_timesteps is 1", true);
        }
        if (!(snrShiftScale > 0 && snrShiftScale < Double.POSITIVE_INFINITY)) {
            throw unexpected("snr_shift_scale", "a finite number above 0", snrShiftScale);
        }
    }

    /** The defaults of {@code CogVideoXDDIMScheduler} in diffusers, which are not the settings of any published model. */
    public static SchedulerConfig defaults() {
        return DEFAULTS;
    }

    /**
     * Reads a {@code scheduler_config.json}. A key that is missing has the value that it has in {@link #defaults()}, which
     * both schedulers have; keys that change nothing may have any value.
     *
     * @throws InvalidFileException if the file is of another scheduler, or if a value is of the wrong type, unknown or out of
     *     its range
     */
    public static SchedulerConfig read(Path file) throws IOException {
        ConfigFile json = ConfigFile.read(file);
        try {
            return new SchedulerConfig(
                    kind(json),
                    json.integer("num_train_timesteps", DEFAULTS.numTrainTimesteps, 1),
                    json.number("beta_start", DEFAULTS.betaStart),
                    json.number("beta_end", DEFAULTS.betaEnd),
                    constant(json, "beta_schedule", DEFAULTS.betaSchedule),
                    json.isNull("trained_betas") ? List.of() : json.numbers("trained_betas", List.of()),
                    json.bool("set_alpha_to_one", DEFAULTS.setAlphaToOne),
                    json.integer("steps_offset", DEFAULTS.stepsOffset, 0),
                    constant(json, "prediction_type", DEFAULTS.predictionType),
                    constant(json, "timestep_spacing", DEFAULTS.timestepSpacing),
                    json.bool("rescale_betas_zero_snr", DEFAULTS.rescaleBetasZeroSnr),
                    json.number("snr_shift_scale", DEFAULTS.snrShiftScale));
        } catch (IllegalArgumentException e) {
            throw new InvalidFileException(file, e.getMessage(), e);
        }
    }

    /** The same for the other scheduler. */
    public SchedulerConfig withKind(SchedulerKind kind) {
        return new SchedulerConfig(kind, numTrainTimesteps, betaStart, betaEnd, betaSchedule, trainedBetas, setAlphaToOne,
                stepsOffset, predictionType, timestepSpacing, rescaleBetasZeroSnr, snrShiftScale);
    }

    /** The same for a run that visits other timesteps. */
    public SchedulerConfig withTimestepSpacing(TimestepSpacing timestepSpacing) {
        return new SchedulerConfig(kind, numTrainTimesteps, betaStart, betaEnd, betaSchedule, trainedBetas, setAlphaToOne,
                stepsOffset, predictionType, timestepSpacing, rescaleBetasZeroSnr, snrShiftScale);
    }

    private static SchedulerKind kind(ConfigFile json) throws InvalidFileException {
        String found = json.string("_class_name", DEFAULTS.kind.className());
        for (SchedulerKind kind : SchedulerKind.values()) {
            if (kind.className().equals(found)) {
                return kind;
            }
        }
        throw json.invalid("_class_name", "one of "
                + Stream.of(SchedulerKind.values()).map(SchedulerKind::className).collect(Collectors.joining(", ")));
    }

    private static <E extends Enum<E>> E constant(ConfigFile json, String key, E absent) throws InvalidFileException {
        E[] constants = absent.getDeclaringClass().getEnumConstants();
        String found = json.string(key, jsonName(absent));
        for (E constant : constants) {
            if (jsonName(constant).equals(found)) {
                return constant;
            }
        }
        throw json.invalid(
                key, "one of " + Stream.of(constants).map(SchedulerConfig::jsonName).collect(Collectors.joining(", ")));
    }

    /** The name of a setting's value in JSON. */
    private static String jsonName(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private static void requireInteger(String key, int low, int high, int value) {
        if (value < low || value > high) {
            throw unexpected(key, "an integer from " + low + " to " + high, value);
        }
    }

    private static void requireBeta(String key, double value) {
        // A beta of 0 or 1 makes a timestep without noise or without signal, which the formulas of a step divide by.
        if (!(value > 0 && value < 1)) {
            throw unexpected(key, "a number above 0 and below 1", value);
        }
    }

    private static IllegalArgumentException unexpected(String key, String expected, Object found) {
        return new IllegalArgumentException(key + ": expected " + expected + ", found " + found);
    }
}
