package io.panatorch.cogvideox.cli;

import io.panatorch.cache.CacheMethod;
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

    private static final class ChoiceConverter implements ITypeConverter<Choice> {

        @Override
        public Choice convert(String text) {
            return Stream.of(Choice.values()).filter(choice -> choice.text.equals(text)).findFirst()
                    .orElseThrow(() -> new TypeConversionException("expected "
                            + Stream.of(Choice.values()).map(choice -> choice.text).collect(Collectors.joining(", "))
                            + ", found '" + text + "'"));
        }
    }

    @Option(names = "--cache", paramLabel = "none|pab|METHOD", defaultValue = "pab", converter = ChoiceConverter.class,
            description = "skip nothing, attentions by Pyramid Attention Broadcast, or what another method skips: faster,"
                    + " first-block, magcache, taylorseer, teacache (default: ${DEFAULT-VALUE})")
    private Choice choice;

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

    /** {@return whether the method needs numbers of a calibration run, which are not given} */
    boolean isUncalibrated() {
        return choice == Choice.MAGCACHE && (settings == null || !settings.containsKey(CacheSettings.RATIOS));
    }

    /** Gives the method the ratios of MagCache's calibration. */
    void calibrate(List<Double> ratios) {
        settings = new LinkedHashMap<>(Objects.requireNonNullElse(settings, Map.of()));
        settings.put(CacheSettings.RATIOS, ratios.stream().map(String::valueOf).collect(Collectors.joining(",")));
    }

    /** {@return whether nothing is skipped} */
    boolean isNone() {
        return choice == Choice.NONE;
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
        if (choice != Choice.PAB && pab.given() != null) {
            throw new IllegalArgumentException("--cache: expected pab with " + pab.given() + ", found " + choice.text);
        }
        if (settings != null && choice.maker == null) {
            throw new IllegalArgumentException("--cache: expected another method with --cache-option, found " + choice.text);
        }
        CacheMethod method = switch (choice) {
            case NONE -> CacheMethod.none();
            case PAB -> pab.method(terminal);
            default -> choice.maker.apply(new CacheSettings(choice.text, Objects.requireNonNullElse(settings, Map.of()),
                    teaCoefficients(model)), terminal::line);
        };
        SessionOptions options = SessionOptions.DEFAULT.withMemory(memory.budget());
        return method.with(measuring ? options.withMeasuring() : options);
    }

    /** Each published model has its own; 5B's are for text and image. */
    private static List<Double> teaCoefficients(ModelDescription model) {
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
