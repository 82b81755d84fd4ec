package io.panatorch.cache.pab;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import io.panatorch.io.AtomicFile;
import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * Rules of a Pyramid Attention Broadcast as a JSON file, with what they were found for.
 *
 * <pre>{@code
 * {
 *   "format": "panatorch-pab",
 *   "version": 1,
 *   "rules": [
 *     {"kind": "spatial_attention", "layers": [0, 1, 2], "skip_range": 2, "timesteps": [100, 850]},
 *     {"kind": "feed_forward", "skip_range": 3, "timesteps": [100, 450]}
 *   ],
 *   "calibrated_for": {"scheduler": "CogVideoXDDIMScheduler", "steps": "50"},
 *   "expected": {"psnr": 31.4, "speed_up": 1.5}
 * }
 * }</pre>
 *
 * <p>Without {@code layers} a rule is for all; {@code timesteps} are its window, both ends excluded. The last two keys may be
 * left out.
 *
 * @param rules at least one
 * @param calibratedFor facts of the model and the generations that the rules were found for, by names of the model's side
 * @param expected what they are expected to give there, by name
 */
public record PabConfig(List<BroadcastRule> rules, Map<String, String> calibratedFor, Map<String, Double> expected) {

    static final String FORMAT = "panatorch-pab";
    static final int VERSION = 1;

    private static final JsonFactory FACTORY = new JsonFactory();

    /** Copies all, and keeps the order. */
    public PabConfig {
        if (Objects.requireNonNull(rules, "rules").isEmpty()) {
            throw new IllegalArgumentException("rules: expected at least one, found none");
        }
        if (rules.stream().anyMatch(Objects::isNull)) {
            throw new IllegalArgumentException("rules: expected no null among them, found " + rules);
        }
        rules = List.copyOf(rules);
        Objects.requireNonNull(calibratedFor, "calibratedFor");
        Objects.requireNonNull(expected, "expected");
        calibratedFor = Collections.unmodifiableMap(new LinkedHashMap<>(calibratedFor));
        expected = Collections.unmodifiableMap(new LinkedHashMap<>(expected));
    }

    /** {@return the method with these rules} */
    public PyramidAttentionBroadcast method() {
        PyramidAttentionBroadcast.Builder builder = PyramidAttentionBroadcast.builder();
        rules.forEach(builder::rule);
        return builder.build();
    }

    /**
     * Reads a file.
     *
     * @throws InvalidFileException where it has another content, or a key that this version does not know; the message names it
     * @throws IOException where it cannot be read
     */
    public static PabConfig read(Path file) throws IOException {
        return PabConfigReader.read(file);
    }

    /**
     * Writes a file, whole or not at all.
     *
     * @throws IOException where that fails; the message names the file
     */
    public void write(Path file) throws IOException {
        AtomicFile.write(file, temporary -> {
            try (JsonGenerator json = FACTORY.createGenerator(
                    Files.newBufferedWriter(temporary, StandardCharsets.UTF_8))) {
                json.setPrettyPrinter(new DefaultPrettyPrinter());
                write(json);
                json.writeRaw('\n');
            }
        });
    }

    private void write(JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeStringField("format", FORMAT);
        json.writeNumberField("version", VERSION);
        json.writeArrayFieldStart("rules");
        for (BroadcastRule rule : rules) {
            write(json, rule);
        }
        json.writeEndArray();
        json.writeObjectFieldStart("calibrated_for");
        for (Map.Entry<String, String> fact : calibratedFor.entrySet()) {
            json.writeStringField(fact.getKey(), fact.getValue());
        }
        json.writeEndObject();
        json.writeObjectFieldStart("expected");
        for (Map.Entry<String, Double> figure : expected.entrySet()) {
            json.writeNumberField(figure.getKey(), figure.getValue());
        }
        json.writeEndObject();
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, BroadcastRule rule) throws IOException {
        json.writeStartObject();
        json.writeStringField("kind", rule.kind().name().toLowerCase(Locale.ROOT));
        if (!rule.layers().isEmpty()) {
            json.writeFieldName("layers");
            json.writeArray(rule.layers().stream().mapToInt(Integer::intValue).toArray(), 0, rule.layers().size());
        }
        json.writeNumberField("skip_range", rule.skipRange());
        json.writeFieldName("timesteps");
        json.writeArray(new int[] {rule.low(), rule.high()}, 0, 2);
        json.writeEndObject();
    }
}
