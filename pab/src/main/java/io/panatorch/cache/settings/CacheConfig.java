package io.panatorch.cache.settings;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.ComputedSteps;
import io.panatorch.cache.SessionOptions;
import io.panatorch.io.AtomicFile;
import io.panatorch.io.FileContent;
import io.panatorch.io.InvalidFileException;
import io.panatorch.json.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/**
 * A caching method with its settings as a JSON file, and what it was found for.
 *
 * <pre>{@code
 * {
 *   "format": "panatorch-cache",
 *   "version": 1,
 *   "method": "pab+first-block",
 *   "settings": {
 *     "rules": [
 *       {"kind": "spatial_attention", "layers": [0, 1, 2], "skip_range": 2, "timesteps": [100, 850]},
 *       {"kind": "feed_forward", "skip_range": 3, "timesteps": [100, 450]}
 *     ],
 *     "threshold": 0.08
 *   },
 *   "computed_steps": {"warmup": 4, "max_continuous": 2, "at": [10, 20]},
 *   "calibrated_for": {"scheduler": "CogVideoXDDIMScheduler", "steps": "50"},
 *   "expected": {"psnr": 31.4, "speed_up": 1.5}
 * }
 * }</pre>
 *
 * <p>The method and its settings are those of {@link MethodChoice}. Of the rules of {@code pab}, one without {@code layers} is for all, and
 * {@code timesteps} are its window, both ends excluded. All but the first three keys may be left out, and each of the computed steps.
 *
 * @param name of the method
 * @param settings by key; booleans, strings, {@link Integer}, finite {@link Double}, and lists and maps of these
 * @param computedSteps steps at which nothing is reused
 * @param calibratedFor facts of the model and the generations that the settings were found for, by names of the model's side
 * @param expected what they are expected to give there, by name
 */
public record CacheConfig(String name, Map<String, Object> settings, ComputedSteps computedSteps, Map<String, String> calibratedFor,
        Map<String, Double> expected) {

    private static final String FORMAT = "panatorch-cache";
    private static final int VERSION = 1;
    private static final int MAX_BYTES = 1 << 20;
    private static final JsonMapper JSON = new JsonMapper();

    /**
     * Copies all, and keeps the order.
     *
     * @throws IllegalArgumentException where a setting, a fact or a figure is nothing that JSON has
     */
    public CacheConfig {
        Objects.requireNonNull(name, "name");
        settings = SettingValues.copy("settings", Objects.requireNonNull(settings, "settings"));
        Objects.requireNonNull(computedSteps, "computedSteps");
        SettingValues.copy("calibrated_for", Objects.requireNonNull(calibratedFor, "calibratedFor"));
        SettingValues.copy("expected", Objects.requireNonNull(expected, "expected"));
        calibratedFor = Collections.unmodifiableMap(new LinkedHashMap<>(calibratedFor));
        expected = Collections.unmodifiableMap(new LinkedHashMap<>(expected));
    }

    /** A method with some settings, for any generation. */
    public CacheConfig(String name, Map<String, Object> settings) {
        this(name, settings, ComputedSteps.NONE, Map.of(), Map.of());
    }

    /**
     * {@return the method that it names, without its settings}
     *
     * @throws IllegalArgumentException where there is none of that name
     */
    public MethodChoice choice() {
        try {
            return MethodChoice.of(name);
        } catch (IllegalArgumentException e) {
            throw new SettingException("method: " + e.getMessage(), e);
        }
    }

    /**
     * {@return the method with its settings}
     *
     * @throws IllegalArgumentException where there is none of that name, or it does not take the settings; the message names the one
     */
    public CacheMethod method() {
        CacheMethod made = choice().make(settings, key -> SettingValues.under("settings", key));
        return computedSteps.equals(ComputedSteps.NONE) ? made : made.with(SessionOptions.DEFAULT.withComputed(computedSteps));
    }

    /**
     * Reads a file. Whether the method takes the settings is seen when it is made.
     *
     * @throws InvalidFileException where it has another content, or a key that this version does not know; the message names it
     * @throws IOException where it cannot be read
     */
    public static CacheConfig read(Path file) throws IOException {
        JsonNode root = JsonFile.parseOwn(file, FileContent.read(file, MAX_BYTES, "a cache configuration"));
        try {
            return of(new MethodSettings(SettingValues.object(SettingValues.of("", root)), JsonFile::oneLine));
        } catch (IllegalArgumentException e) {
            throw new InvalidFileException(file, e.getMessage(), e);
        }
    }

    /** The grammar of settings is that of the file, too. */
    private static CacheConfig of(MethodSettings root) {
        String[] name = new String[1];
        Map<String, Object> settings = new LinkedHashMap<>();
        ComputedSteps[] computed = {ComputedSteps.NONE};
        Map<String, String> facts = new LinkedHashMap<>();
        Map<String, Double> expected = new LinkedHashMap<>();
        boolean hasFormat = root.choice("format", List.of(FORMAT), "none", _ -> {});
        boolean hasVersion = root.whole("version", "none", CacheConfig::requireVersion);
        boolean hasMethod = root.text("method", "NAME", "none", text -> name[0] = text);
        root.object("settings", "none", all -> settings.putAll(all.all()));
        root.object("computed_steps", "none", steps -> computed[0] = computedSteps(steps));
        root.object("calibrated_for", "none", each -> each.keys().forEach(
                key -> each.text(key, "TEXT", "none", fact -> facts.put(key, fact))));
        root.object("expected", "none", each -> each.keys().forEach(
                key -> each.number(key, "none", figure -> expected.put(key, figure))));
        if (!hasFormat) {
            throw root.missing("format", FORMAT);
        }
        if (!hasVersion) {
            throw root.missing("version", Integer.toString(VERSION));
        }
        if (!hasMethod) {
            throw root.missing("method", "a string");
        }
        root.checkKeys();
        return new CacheConfig(name[0], settings, computed[0], facts, expected);
    }

    private static void requireVersion(int found) {
        if (found != VERSION) {
            throw new IllegalArgumentException("version: expected " + VERSION + ", which this program reads, found " + found);
        }
    }

    private static ComputedSteps computedSteps(MethodSettings settings) {
        ComputedSteps[] steps = {ComputedSteps.NONE};
        settings.whole("warmup", "0", n -> steps[0] = new ComputedSteps(n, steps[0].maxContinuous(), steps[0].at()));
        settings.whole("max_continuous", "any number", n -> steps[0] = new ComputedSteps(steps[0].warmup(), n, steps[0].at()));
        settings.wholes("at", "none",
                at -> steps[0] = new ComputedSteps(steps[0].warmup(), steps[0].maxContinuous(), Set.copyOf(at)));
        return steps[0];
    }

    /**
     * Writes a file, whole or not at all.
     *
     * @throws IOException where that fails; the message names the file
     */
    public void write(Path file) throws IOException {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("format", FORMAT);
        all.put("version", VERSION);
        all.put("method", name);
        all.put("settings", settings);
        if (!computedSteps.equals(ComputedSteps.NONE)) {
            all.put("computed_steps", steps());
        }
        all.put("calibrated_for", calibratedFor);
        all.put("expected", expected);
        AtomicFile.write(file, temporary -> Files.writeString(temporary,
                JSON.writerWithDefaultPrettyPrinter().writeValueAsString(all) + "\n"));
    }

    private Map<String, Object> steps() {
        Map<String, Object> steps = new LinkedHashMap<>();
        steps.put("warmup", computedSteps.warmup());
        steps.put("max_continuous", computedSteps.maxContinuous());
        steps.put("at", new TreeSet<>(computedSteps.at()));
        return steps;
    }
}
