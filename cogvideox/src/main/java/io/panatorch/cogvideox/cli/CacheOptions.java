package io.panatorch.cogvideox.cli;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.ComputedSteps;
import io.panatorch.cache.SessionOptions;
import io.panatorch.cache.teacache.TeaCache;
import io.panatorch.cogvideox.ModelDescription;
import io.panatorch.cogvideox.ModelKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Which computations are skipped, and when. Without any option: what the method's authors recommend for CogVideoX. */
final class CacheOptions {

    private enum Choice {
        NONE("none", null),
        PAB("pab", null),
        FASTER("faster", (settings, _) -> settings.faster()),
        FIRST_BLOCK("first-block", (settings, _) -> settings.firstBlock()),
        MAGCACHE("magcache", CacheSettings::magCache),
        TAYLORSEER("taylorseer", (settings, _) -> settings.taylorSeer()),
        TEACACHE("teacache", CacheSettings::teaCache);

        private final String text;
        /** Takes settings and who hears what a method has to say; null for a choice without settings. */
        private final BiFunction<CacheSettings, Consumer<String>, CacheMethod> maker;

        Choice(String text, BiFunction<CacheSettings, Consumer<String>, CacheMethod> maker) {
            this.text = text;
            this.maker = maker;
        }
    }

    /** One method, or several in one. */
    private record Choices(List<Choice> all) {

        boolean has(Choice choice) {
            return all.contains(choice);
        }

        @Override
        public String toString() {
            return all.stream().map(choice -> choice.text).collect(Collectors.joining("+"));
        }
    }

    private static final class ChoiceConverter implements ITypeConverter<Choices> {

        @Override
        public Choices convert(String text) {
            List<Choice> all = Stream.of(text.split("\\+", -1)).map(ChoiceConverter::one).toList();
            if (all.size() > 1 && all.contains(Choice.NONE)) {
                throw new TypeConversionException("expected none alone, found '" + text + "'");
            }
            return new Choices(all);
        }

        private static Choice one(String text) {
            return Stream.of(Choice.values()).filter(choice -> choice.text.equals(text)).findFirst()
                    .orElseThrow(() -> new TypeConversionException("expected "
                            + Stream.of(Choice.values()).map(choice -> choice.text).collect(Collectors.joining(", "))
                            + ", found '" + text + "'"));
        }
    }

    @Option(names = "--cache", paramLabel = "none|pab|METHOD[+METHOD]", defaultValue = "pab", converter = ChoiceConverter.class,
            description = "skip nothing, attentions by Pyramid Attention Broadcast, or what another method skips: faster,"
                    + " first-block, magcache, taylorseer, teacache; with + between them two of different kinds, such as"
                    + " pab+first-block (default: ${DEFAULT-VALUE})")
    private Choices choices;

    @Option(names = "--cache-warmup-steps", paramLabel = "N", defaultValue = "0",
            description = "compute the first N steps, whatever the method says (default: ${DEFAULT-VALUE})")
    private int warmup;

    @Option(names = "--cache-max-continuous-steps", paramLabel = "N",
            description = "after N steps in a row that reuse something, compute one (default: as the method says)")
    private Integer maxContinuous;

    @Option(names = "--cache-computed-steps", paramLabel = "I", split = ",",
            description = "compute the steps with these indices, from 0, whatever the method says")
    private Set<Integer> computed;

    @Option(names = "--cache-option", paramLabel = "KEY=VALUE",
            description = "a setting of another method than pab; may be given several times. The keys are listed below")
    private Map<String, String> settings;

    @Mixin
    private CacheMemoryOptions memory;

    @Mixin
    private PabOptions pab;

    /** {@return the options of each method with its own settings} */
    static List<String> methods() {
        return Stream.of(Choice.values()).filter(choice -> choice != Choice.NONE).map(choice -> "--cache " + choice.text).toList();
    }

    /** {@return lines of a help: the keys of {@code --cache-option} for each method that has some} */
    static List<String> help() {
        List<String> lines = new ArrayList<>();
        for (Choice choice : Choice.values()) {
            if (choice.maker != null) {
                lines.add("  --cache " + choice.text);
                keys(choice).forEach(key -> lines.add("      " + key));
            }
        }
        return lines;
    }

    private static List<CacheSettings.Key> keys(Choice choice) {
        return CacheSettings.keys(settings -> choice.maker.apply(settings, _ -> {}));
    }

    /** {@return the method whose numbers of a calibration run are needed for a model and not given} */
    Optional<CalibratedMethod> uncalibrated(ModelDescription model) {
        return Stream.of(CalibratedMethod.values())
                .filter(method -> switch (method) {
                    case MAGCACHE -> choices.has(Choice.MAGCACHE);
                    case TEACACHE -> choices.has(Choice.TEACACHE) && teaCoefficients(model).isEmpty();
                })
                .filter(method -> settings == null
                        || !settings.containsKey(method.key) && !"true".equals(settings.get(CacheSettings.CALIBRATE)))
                .findFirst();
    }

    /** Gives a method the numbers of its calibration. */
    void calibrate(CalibratedMethod method, List<Double> numbers) {
        settings = new LinkedHashMap<>(Objects.requireNonNullElse(settings, Map.of()));
        settings.put(method.key, numbers.stream().map(String::valueOf).collect(Collectors.joining(",")));
    }

    /** {@return whether nothing is skipped} */
    boolean isNone() {
        return choices.has(Choice.NONE);
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
        if (!choices.has(Choice.PAB) && pab.given() != null) {
            throw new IllegalArgumentException("--cache: expected pab with " + pab.given() + ", found " + choices);
        }
        if (settings != null && choices.all.stream().allMatch(choice -> choice.maker == null)) {
            throw new IllegalArgumentException("--cache: expected another method with --cache-option, found " + choices);
        }
        if (choices.all.size() > 1 && settings != null && settings.containsKey(CacheSettings.CALIBRATE)) {
            throw new IllegalArgumentException("--cache-option calibrate: expected one method, found " + choices
                    + ", of which the other would reuse while numbers are measured");
        }
        CacheMethod method = null;
        for (Choice choice : choices.all) {
            CacheMethod one = one(choice, model, terminal);
            method = method == null ? one : both(method, one);
        }
        return method.with(measuring ? sessionOptions().withMeasuring() : sessionOptions());
    }

    /** {@return what the sessions of the method do besides} */
    SessionOptions sessionOptions() {
        return SessionOptions.DEFAULT.withMemory(memory.budget()).withComputed(computedSteps());
    }

    private static CacheMethod both(CacheMethod one, CacheMethod other) {
        try {
            return CacheMethod.both(one, other);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("--cache: " + e.getMessage(), e);
        }
    }

    private CacheMethod one(Choice choice, ModelDescription model, Terminal terminal) throws IOException {
        return switch (choice) {
            case NONE -> CacheMethod.none();
            case PAB -> pab.method(terminal);
            default -> choice.maker.apply(new CacheSettings(choice.text, settings(choice), teaCoefficients(model)), terminal::line);
        };
    }

    /** Of several methods each gets the settings that it knows, and what nobody knows. */
    private Map<String, String> settings(Choice choice) {
        Map<String, String> own = new LinkedHashMap<>(Objects.requireNonNullElse(settings, Map.of()));
        List<String> known = names(choice);
        own.keySet().removeIf(key -> !known.contains(key) && choices.all.stream().anyMatch(
                other -> other.maker != null && names(other).contains(key)));
        return own;
    }

    private static List<String> names(Choice choice) {
        return keys(choice).stream().map(CacheSettings.Key::name).toList();
    }

    private ComputedSteps computedSteps() {
        try {
            return new ComputedSteps(warmup, Objects.requireNonNullElse(maxContinuous, Integer.MAX_VALUE),
                    Objects.requireNonNullElse(computed, Set.of()));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("--cache-warmup-steps, --cache-max-continuous-steps, --cache-computed-steps: "
                    + e.getMessage(), e);
        }
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

    /** Says where settings from a file were found for other generations than these. */
    void warnOfOtherFacts(Map<String, String> facts, Terminal terminal) {
        pab.warnOfOtherFacts(facts, terminal);
    }
}
