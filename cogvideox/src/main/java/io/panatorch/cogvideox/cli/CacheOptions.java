package io.panatorch.cogvideox.cli;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.ComputedSteps;
import io.panatorch.cache.SessionOptions;
import io.panatorch.cache.calibration.CalibratedMethod;
import io.panatorch.cache.settings.CacheConfig;
import io.panatorch.cache.settings.MethodChoice;
import io.panatorch.cache.settings.MethodSettings;
import io.panatorch.cache.settings.SettingText;
import io.panatorch.cache.teacache.TeaCache;
import io.panatorch.cogvideox.ModelDescription;
import io.panatorch.cogvideox.ModelKind;
import io.panatorch.cogvideox.cli.PabOptions.Shorthand;
import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Which computations are skipped, and when. Without any option: what the method's authors recommend for CogVideoX. */
final class CacheOptions {

    private static final String PAB = "pab";
    private static final String NONE = "none";
    private static final String CALIBRATE = "calibrate";
    private static final String CONFIG = "--cache-config";

    /** Of the one family of models there is. */
    private static final String PAB_PRESET = "cogvideox";

    private static final class ChoiceConverter implements ITypeConverter<MethodChoice> {

        @Override
        public MethodChoice convert(String text) {
            try {
                return MethodChoice.of(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    /**
     * What the options or the file say.
     *
     * @param names of settings in messages, by their keys
     */
    private record Asked(MethodChoice choice, Map<String, Object> settings, UnaryOperator<String> names) {

        CacheMethod method() {
            return choice.make(settings, names);
        }
    }

    @Option(names = "--cache", paramLabel = "none|pab|METHOD[+METHOD]", converter = ChoiceConverter.class,
            description = "skip nothing, attentions by Pyramid Attention Broadcast, or what another method skips: faster,"
                    + " first-block, magcache, taylorseer, teacache, or class:NAME, a class on the class path; with + between them two of"
                    + " different kinds, such as pab+first-block (default: pab)")
    private MethodChoice choice;

    @Option(names = CONFIG, paramLabel = "FILE",
            description = "a method with its settings, such as panatorch calibrate writes, in place of --cache, --cache-option and all"
                    + " --pab options")
    private Path file;

    @Option(names = "--cache-warmup-steps", paramLabel = "N",
            description = "compute the first N steps, whatever the method says (default: 0)")
    private Integer warmup;

    @Option(names = "--cache-max-continuous-steps", paramLabel = "N",
            description = "after N steps in a row that reuse something, compute one (default: as the method says)")
    private Integer maxContinuous;

    @Option(names = "--cache-computed-steps", paramLabel = "I", split = ",",
            description = "compute the steps with these indices, from 0, whatever the method says")
    private Set<Integer> computed;

    @Option(names = "--cache-option", paramLabel = "KEY=VALUE",
            description = "a setting of the method; may be given several times. The keys are listed below")
    private Map<String, String> settings;

    @Mixin
    private CacheMemoryOptions memory;

    @Mixin
    private PabOptions pab;

    /** What a calibration has measured, by the keys of settings. */
    private final Map<String, Object> measured = new LinkedHashMap<>();

    private CacheConfig config;

    /** {@return the options of each method with its own settings} */
    static List<String> methods() {
        return MethodChoice.known().stream().filter(name -> !name.equals(NONE)).map(name -> "--cache " + name).toList();
    }

    /** {@return lines of a help: the keys of {@code --cache-option} for each method that has some} */
    static List<String> help() {
        List<String> lines = new ArrayList<>();
        for (String name : MethodChoice.known()) {
            List<MethodSettings.Key> keys = MethodChoice.of(name).keys();
            if (!keys.isEmpty()) {
                lines.add("  --cache " + name);
                keys.forEach(key -> lines.add("      " + key));
            }
            if (Stream.of(CalibratedMethod.values()).anyMatch(method -> method.method().equals(name))) {
                lines.add("      " + CALIBRATE + "=true (computes everything, and prints what is to be given)");
            }
        }
        return lines;
    }

    /** {@return the method whose numbers of a calibration run are needed for a model and not given} */
    Optional<CalibratedMethod> uncalibrated(ModelDescription model) throws IOException {
        return uncalibrated(asked(model));
    }

    private Optional<CalibratedMethod> uncalibrated(Asked asked) {
        return Stream.of(CalibratedMethod.values())
                .filter(method -> asked.choice.has(method.method()) && !asked.settings.containsKey(method.key())
                        && !"true".equals(given(CALIBRATE)))
                .findFirst();
    }

    private String given(String key) {
        return settings == null ? null : settings.get(key);
    }

    /** Gives a method the numbers of its calibration. */
    void calibrate(CalibratedMethod method, List<Double> numbers) {
        measured.put(method.key(), numbers);
    }

    /** {@return whether nothing is skipped} */
    boolean isNone() {
        return choice != null && choice.has(NONE);
    }

    /**
     * Makes the method that was asked for.
     *
     * @param model that it is for
     * @param measuring whether its sessions measure changes too
     * @throws IllegalArgumentException where the options contradict each other
     * @throws IOException where a file of settings cannot be used
     */
    CacheMethod method(ModelDescription model, Terminal terminal, boolean measuring) throws IOException {
        Asked asked = asked(model);
        CacheMethod method;
        try {
            method = given(CALIBRATE) == null ? made(asked) : calibration(asked, terminal);
        } catch (IllegalArgumentException e) {
            if (file == null) {
                throw e;
            }
            throw new InvalidFileException(file, e.getMessage(), e);
        }
        warnOfOtherKinds(asked, terminal);
        return method.with(measuring ? sessionOptions().withMeasuring() : sessionOptions());
    }

    /** {@return what the sessions of the method do besides} */
    SessionOptions sessionOptions() {
        return SessionOptions.DEFAULT.withMemory(memory.budget()).withComputed(computedSteps());
    }

    private CacheMethod made(Asked asked) {
        Optional<CalibratedMethod> uncalibrated = uncalibrated(asked);
        if (uncalibrated.isEmpty()) {
            return asked.method();
        }
        CalibratedMethod method = uncalibrated.get();
        asked.settings.put(method.key(), List.of(1.0));
        asked.method(); // what else is wrong comes first: it may be why there are no numbers
        throw new IllegalArgumentException(asked.names.apply(method.key()) + ": expected what a run with --cache " + method.method()
                + " --cache-option " + CALIBRATE + "=true prints, found none");
    }

    /** The method that measures numbers for another, and gives the option with which that one gets them. */
    private CacheMethod calibration(Asked asked, Terminal terminal) {
        String name = "--cache-option " + CALIBRATE;
        CalibratedMethod method = Stream.of(CalibratedMethod.values()).filter(each -> asked.choice.has(each.method())).findFirst()
                .orElseThrow(() -> new IllegalArgumentException(name + ": expected a method that is calibrated so, found " + asked.choice));
        if (!asked.choice.toString().equals(method.method())) {
            throw new IllegalArgumentException(name + ": expected one method, found " + asked.choice
                    + ", of which the other would reuse while numbers are measured");
        }
        if (!given(CALIBRATE).equals("true")) {
            throw new IllegalArgumentException(name + ": expected true, or no such option, found '" + given(CALIBRATE) + "'");
        }
        if (settings.size() > 1) {
            throw new IllegalArgumentException(name + "=true: expected alone, found others with it, which a calibration does not use");
        }
        return method.calibration(numbers -> terminal.line(option(method, numbers)));
    }

    /** {@return the option that gives numbers to a method} */
    private static String option(CalibratedMethod method, List<Double> numbers) {
        String format = method == CalibratedMethod.MAGCACHE ? "%.5f" : "%.8e";
        return "--cache-option " + method.key() + "="
                + numbers.stream().map(number -> String.format(Locale.ROOT, format, number)).collect(Collectors.joining(","));
    }

    private Asked asked(ModelDescription model) throws IOException {
        Asked asked = file == null ? ofOptions() : ofFile();
        asked.settings.putAll(measured);
        complete(asked.choice, asked.settings, model);
        return asked;
    }

    /** Adds the settings that a model gives where there are no others. */
    static void complete(MethodChoice choice, Map<String, Object> settings, ModelDescription model) {
        if (choice.has(PAB) && !settings.containsKey("rules")) {
            settings.putIfAbsent("preset", PAB_PRESET);
        }
        List<Double> coefficients = teaCoefficients(model);
        if (choice.has(CalibratedMethod.TEACACHE.method()) && !coefficients.isEmpty()) {
            settings.putIfAbsent(CalibratedMethod.TEACACHE.key(), coefficients);
        }
    }

    private Asked ofFile() throws IOException {
        List<Shorthand> shorthands = pab.given();
        if (choice != null || settings != null || !shorthands.isEmpty()) {
            throw new IllegalArgumentException(CONFIG + ": expected without other options of the method, found "
                    + (choice != null ? "--cache" : settings != null ? "--cache-option" : shorthands.getFirst().option()));
        }
        if (config == null) {
            config = CacheConfig.read(file);
        }
        try {
            return new Asked(config.choice(), new LinkedHashMap<>(config.settings()), key -> "settings." + key);
        } catch (IllegalArgumentException e) {
            throw new InvalidFileException(file, e.getMessage(), e);
        }
    }

    private Asked ofOptions() {
        MethodChoice asked = choice == null ? MethodChoice.of(PAB) : choice;
        Map<String, Object> all = new LinkedHashMap<>();
        Objects.requireNonNullElse(settings, Map.<String, String>of()).forEach((key, text) -> all.put(key, new SettingText(text)));
        for (Shorthand shorthand : pab.given()) {
            if (!asked.has(PAB)) {
                throw new IllegalArgumentException("--cache: expected pab with " + shorthand.option() + ", found " + asked);
            }
            if (all.put(shorthand.key(), new SettingText(shorthand.text())) != null) {
                throw new IllegalArgumentException(shorthand.option() + ": expected alone, found also --cache-option " + shorthand.key());
            }
        }
        return new Asked(asked, all, this::option);
    }

    /** {@return the option that a setting has been given by, or would be beside those that were given} */
    private String option(String key) {
        boolean isShort = given(key) == null && !pab.given().isEmpty();
        return pab.all().stream().filter(shorthand -> isShort && shorthand.key().equals(key)).map(Shorthand::option).findFirst()
                .orElse("--cache-option " + key);
    }

    private static void warnOfOtherKinds(Asked asked, Terminal terminal) {
        for (String kind : List.of("temporal", "cross")) {
            String key = kind + "-attention-block-skip-range";
            if (asked.choice.has(PAB) && asked.settings.containsKey(key)) {
                terminal.warning(asked.names.apply(key) + " changes nothing: CogVideoX has no " + kind + " attention");
            }
        }
    }

    /** {@return steps at which nothing is reused; those of the file once it was read} */
    ComputedSteps computedSteps() {
        ComputedSteps steps = config == null ? ComputedSteps.NONE : config.computedSteps();
        return new ComputedSteps(Objects.requireNonNullElse(warmup, steps.warmup()),
                Objects.requireNonNullElse(maxContinuous, steps.maxContinuous()), Objects.requireNonNullElse(computed, steps.at()));
    }

    /** Each published model has its own; 5B's are for text and image. Another has none until it is calibrated. */
    private static List<Double> teaCoefficients(ModelDescription model) {
        int layers = model.transformer().numLayers();
        int heads = model.transformer().numAttentionHeads();
        if (!(layers == 30 && heads == 30 || layers == 42 && heads == 48)) {
            return List.of();
        }
        if (model.transformer().patchSizeT().isPresent()) {
            return model.kind() == ModelKind.IMAGE_TO_VIDEO ? TeaCache.COGVIDEOX_1_5_5B_I2V : TeaCache.COGVIDEOX_1_5_5B;
        }
        return model.transformer().useRotaryPositionalEmbeddings() ? TeaCache.COGVIDEOX_5B : TeaCache.COGVIDEOX_2B;
    }

    /** Says where the settings of a file were found for other generations than these. */
    void warnOfOtherFacts(Map<String, String> facts, Terminal terminal) {
        if (config != null) {
            config.calibratedFor().forEach((name, value) -> {
                if (facts.containsKey(name) && !facts.get(name).equals(value)) {
                    terminal.warning(file + ": its settings were found for " + name.replace('_', ' ') + " " + value + ", here "
                            + facts.get(name));
                }
            });
        }
    }
}
