package io.panatorch.cogvideox.scheduler;

import com.fasterxml.jackson.databind.JsonNode;
import io.panatorch.cogvideox.scheduler.DdimConfig.BetaSchedule;
import io.panatorch.cogvideox.scheduler.DdimConfig.PredictionType;
import io.panatorch.cogvideox.scheduler.DdimConfig.TimestepSpacing;
import io.panatorch.io.InvalidFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** From JSON to a {@link DdimConfig}: types here, ranges in the record. */
final class DdimConfigReader {

    private static final String CLASS_NAME = "CogVideoXDDIMScheduler";

    /** What a message shows of a value, which may be as long as the file. */
    private static final int SHOWN_CHARS = 60;

    private final JsonNode json;
    private final Path file;

    DdimConfigReader(JsonNode json, Path file) {
        this.json = json;
        this.file = file;
    }

    DdimConfig read() throws InvalidFileException {
        if (!json.isObject()) {
            throw new InvalidFileException(file, "expected a JSON object, found " + shown(json));
        }
        JsonNode className = json.path("_class_name");
        if (!className.isMissingNode() && !CLASS_NAME.equals(className.textValue())) {
            throw unexpected("_class_name", CLASS_NAME, className);
        }
        DdimConfig defaults = DdimConfig.defaults();
        try {
            return new DdimConfig(
                    integer("num_train_timesteps", defaults.numTrainTimesteps()),
                    number("beta_start", defaults.betaStart()),
                    number("beta_end", defaults.betaEnd()),
                    constant("beta_schedule", BetaSchedule.class, defaults.betaSchedule()),
                    numbers("trained_betas"),
                    bool("set_alpha_to_one", defaults.setAlphaToOne()),
                    integer("steps_offset", defaults.stepsOffset()),
                    constant("prediction_type", PredictionType.class, defaults.predictionType()),
                    constant("timestep_spacing", TimestepSpacing.class, defaults.timestepSpacing()),
                    bool("rescale_betas_zero_snr", defaults.rescaleBetasZeroSnr()),
                    number("snr_shift_scale", defaults.snrShiftScale()));
        } catch (IllegalArgumentException e) {
            throw new InvalidFileException(file, e.getMessage(), e);
        }
    }

    private int integer(String key, int missing) throws InvalidFileException {
        JsonNode value = json.path(key);
        if (value.isMissingNode()) {
            return missing;
        }
        if (!value.isIntegralNumber() || !value.canConvertToInt()) {
            throw unexpected(key, "a 32-bit integer", value);
        }
        return value.intValue();
    }

    private double number(String key, double missing) throws InvalidFileException {
        JsonNode value = json.path(key);
        return value.isMissingNode() ? missing : number(key, value);
    }

    private double number(String key, JsonNode value) throws InvalidFileException {
        if (!value.isNumber()) {
            throw unexpected(key, "a number", value);
        }
        return value.doubleValue();
    }

    /** The only key that may be null, which is its default. */
    private List<Double> numbers(String key) throws InvalidFileException {
        JsonNode value = json.path(key);
        if (value.isMissingNode() || value.isNull()) {
            return List.of();
        }
        if (!value.isArray() || value.isEmpty()) {
            throw unexpected(key, "null or a list of numbers", value);
        }
        List<Double> numbers = new ArrayList<>(value.size());
        for (JsonNode element : value) {
            numbers.add(number(key + "[" + numbers.size() + "]", element));
        }
        return numbers;
    }

    private boolean bool(String key, boolean missing) throws InvalidFileException {
        JsonNode value = json.path(key);
        if (value.isMissingNode()) {
            return missing;
        }
        if (!value.isBoolean()) {
            throw unexpected(key, "true or false", value);
        }
        return value.booleanValue();
    }

    private <E extends Enum<E>> E constant(String key, Class<E> type, E missing) throws InvalidFileException {
        JsonNode value = json.path(key);
        if (value.isMissingNode()) {
            return missing;
        }
        for (E constant : type.getEnumConstants()) {
            if (DdimConfig.jsonName(constant).equals(value.textValue())) {
                return constant;
            }
        }
        String names = Stream.of(type.getEnumConstants()).map(DdimConfig::jsonName).collect(Collectors.joining(", "));
        throw unexpected(key, "one of " + names, value);
    }

    private InvalidFileException unexpected(String key, String expected, JsonNode found) {
        return new InvalidFileException(file, key + ": expected " + expected + ", found " + shown(found));
    }

    private static String shown(JsonNode value) {
        String text = value.isMissingNode() ? "nothing" : value.toString();
        return text.length() <= SHOWN_CHARS ? text : text.substring(0, SHOWN_CHARS) + "…";
    }
}
