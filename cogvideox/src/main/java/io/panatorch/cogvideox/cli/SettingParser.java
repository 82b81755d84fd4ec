package io.panatorch.cogvideox.cli;

import io.panatorch.cache.ComputedSteps;
import io.panatorch.cache.calibration.CalibratedMethod;
import io.panatorch.cogvideox.ModelDescription;
import io.panatorch.cogvideox.compare.Setting;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParameterException;

/** What {@code --setting} says: the cache options of {@code generate}, under a name. */
final class SettingParser {

    private static final Pattern NAMED = Pattern.compile("\\s*([^-:\\s][^:]*):(|\\s.*)");

    /** A setting that has its options but perhaps not yet all numbers. */
    record Parsed(String name, String text, CacheOptions options) {

        /**
         * Makes the setting. In place of numbers that a calibration will give, it has any: then it only shows that all else is right.
         *
         * @throws IllegalArgumentException where the options make no sense
         * @throws IOException where a file of settings cannot be used
         */
        Setting setting(ModelDescription model, Terminal terminal) throws IOException {
            CacheOptions complete = options;
            Optional<CalibratedMethod> uncalibrated = options.uncalibrated(model);
            if (uncalibrated.isPresent()) {
                complete = parse(text).options;
                complete.calibrate(uncalibrated.get(), List.of(1.0));
            }
            try {
                return new Setting(name, text, complete.method(model, terminal, false));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("--setting '" + text + "': " + e.getMessage(), e);
            }
        }

        /** The same with every step computed. */
        Setting neverReusing(Setting setting, int steps) {
            ComputedSteps all = new ComputedSteps(steps, Integer.MAX_VALUE, Set.of());
            return new Setting(name + ", never reusing", text + " --cache-warmup-steps " + steps,
                    setting.method().with(options.sessionOptions().withComputed(all)));
        }
    }

    @Command
    private static final class Holder {
        @Mixin
        private CacheOptions options;
    }

    private SettingParser() {}

    /**
     * Reads settings.
     *
     * @param texts each {@code NAME: OPTIONS} or {@code OPTIONS}, which then are the name
     * @throws IllegalArgumentException where one is wrong, skips nothing, or has the name of another
     */
    static List<Parsed> parse(List<String> texts) {
        List<Parsed> settings = new ArrayList<>();
        Set<String> names = new HashSet<>(Set.of(Setting.NONE.name()));
        for (String text : texts) {
            Parsed setting = parse(text);
            if (setting.options.isNone()) {
                throw new IllegalArgumentException("--setting '" + text + "': expected a cache, found none, with which all are"
                        + " compared anyway");
            }
            if (!names.add(setting.name)) {
                throw new IllegalArgumentException("--setting '" + text + "': expected a name of its own, found a second "
                        + setting.name);
            }
            settings.add(setting);
        }
        return settings;
    }

    private static Parsed parse(String text) {
        if (text.isBlank()) {
            throw new IllegalArgumentException("--setting '" + text + "': expected options or a name, found none");
        }
        Matcher named = NAMED.matcher(text);
        boolean hasName = named.matches();
        String options = (hasName ? named.group(2) : text).strip();
        Holder holder = new Holder();
        try {
            new CommandLine(holder).setExpandAtFiles(false).setOverwrittenOptionsAllowed(true)
                    .registerConverter(Path.class, Main::path)
                    .parseArgs(options.isEmpty() ? new String[0] : options.split("\\s+"));
        } catch (ParameterException e) {
            throw new IllegalArgumentException("--setting '" + text + "': " + e.getMessage(), e);
        }
        String name = hasName ? named.group(1).strip() : options.replaceFirst("^--cache[ =]", "");
        return new Parsed(name, options, holder.options);
    }
}
