package io.panatorch.cogvideox.cli;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.SessionOptions;
import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Which computations are skipped, and when. Without any option: what the method's authors recommend for CogVideoX. */
final class CacheOptions {

    /** Of the one family of models there is. */
    private static final String PRESET = "cogvideox";

    private enum Choice {
        NONE("none"), PAB("pab"), FASTER("faster"), FIRST_BLOCK("first-block"), MAGCACHE("magcache"),
        TAYLORSEER("taylorseer"), TEACACHE("teacache");

        private final String text;

        Choice(String text) {
            this.text = text;
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

    /** A window of timesteps, both ends excluded. */
    private record Range(int low, int high) {}

    private static final class RangeConverter implements ITypeConverter<Range> {

        private static final Pattern SYNTAX = Pattern.compile("(-?\\d{1,9}),(-?\\d{1,9})");

        @Override
        public Range convert(String text) {
            Matcher matcher = SYNTAX.matcher(text);
            if (matcher.matches()) {
                Range range = new Range(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
                if (range.low < range.high) {
                    return range;
                }
            }
            throw new TypeConversionException("expected LO,HI with LO < HI, found '" + text + "'");
        }
    }

    @Option(names = "--cache", paramLabel = "none|pab|METHOD", defaultValue = "pab", converter = ChoiceConverter.class,
            description = "skip nothing, attentions by Pyramid Attention Broadcast, or what another method skips: faster,"
                    + " first-block, magcache, taylorseer, teacache (default: ${DEFAULT-VALUE})")
    private Choice choice;

    @Option(names = "--cache-option", paramLabel = "KEY=VALUE",
            description = "a setting of another method than pab; may be given several times")
    private Map<String, String> settings;

    @Mixin
    private CacheMemoryOptions memory;

    @Option(names = "--pab-spatial-skip", paramLabel = "N",
            description = "compute spatial attention at every N-th step inside its range (default: 2)")
    private Integer spatialSkip;

    @Option(names = "--pab-spatial-range", paramLabel = "LO,HI", converter = RangeConverter.class,
            description = "skip it only where LO < timestep < HI; timesteps run from 999 to 0 (default: 100,850)")
    private Range spatialRange;

    @Option(names = "--pab-temporal-skip", paramLabel = "N",
            description = "likewise for temporal attention (default: never skipped)")
    private Integer temporalSkip;

    @Option(names = "--pab-temporal-range", paramLabel = "LO,HI", converter = RangeConverter.class,
            description = "likewise for temporal attention (default: 100,800)")
    private Range temporalRange;

    @Option(names = "--pab-cross-skip", paramLabel = "N",
            description = "likewise for cross attention (default: never skipped)")
    private Integer crossSkip;

    @Option(names = "--pab-cross-range", paramLabel = "LO,HI", converter = RangeConverter.class,
            description = "likewise for cross attention (default: 100,800)")
    private Range crossRange;

    /** {@return the options of each method with its own settings} */
    static List<String> methods() {
        return Stream.of(Choice.values()).filter(choice -> choice != Choice.NONE).map(choice -> "--cache " + choice.text).toList();
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
     * @param measuring whether its sessions measure changes too
     * @throws IllegalArgumentException where the options contradict each other
     */
    CacheMethod method(Terminal terminal, boolean measuring) {
        if (choice != Choice.PAB && Stream.of(spatialSkip, spatialRange, temporalSkip, temporalRange, crossSkip, crossRange)
                .anyMatch(Objects::nonNull)) {
            throw new IllegalArgumentException("--cache: expected pab with the --pab options, found " + choice.text);
        }
        if (settings != null && (choice == Choice.NONE || choice == Choice.PAB)) {
            throw new IllegalArgumentException("--cache: expected another method with --cache-option, found " + choice.text);
        }
        CacheSettings others = new CacheSettings(choice.text, Objects.requireNonNullElse(settings, Map.of()));
        CacheMethod method = switch (choice) {
            case NONE -> CacheMethod.none();
            case PAB -> pab(terminal);
            case FASTER -> others.faster();
            case FIRST_BLOCK -> others.firstBlock();
            case MAGCACHE -> others.magCache(terminal::line);
            case TAYLORSEER -> others.taylorSeer();
            case TEACACHE -> others.teaCache();
        };
        SessionOptions options = SessionOptions.DEFAULT.withMemory(memory.budget());
        return method.with(measuring ? options.withMeasuring() : options);
    }

    private CacheMethod pab(Terminal terminal) {
        requireSkip("temporal", temporalSkip, temporalRange);
        requireSkip("cross", crossSkip, crossRange);
        CacheMethod pab = pab();
        warnIfWithoutEffect(terminal, "temporal", temporalSkip);
        warnIfWithoutEffect(terminal, "cross", crossSkip);
        return pab;
    }

    private static void requireSkip(String kind, Integer skip, Range range) {
        if (range != null && skip == null) {
            throw new IllegalArgumentException("--pab-" + kind + "-range: expected together with --pab-" + kind + "-skip,"
                    + " found alone");
        }
    }

    private static void warnIfWithoutEffect(Terminal terminal, String kind, Integer skip) {
        if (skip != null) {
            terminal.warning("--pab-" + kind + "-skip changes nothing: CogVideoX has no " + kind + " attention");
        }
    }

    private CacheMethod pab() {
        PyramidAttentionBroadcast.Builder builder = PyramidAttentionBroadcast.builder(PRESET);
        if (spatialSkip != null) {
            builder.spatialAttentionBlockSkipRange(skip("spatial", spatialSkip));
        }
        if (spatialRange != null) {
            builder.spatialAttentionTimestepSkipRange(spatialRange.low, spatialRange.high);
        }
        if (temporalSkip != null) {
            builder.temporalAttentionBlockSkipRange(skip("temporal", temporalSkip));
        }
        if (temporalRange != null) {
            builder.temporalAttentionTimestepSkipRange(temporalRange.low, temporalRange.high);
        }
        if (crossSkip != null) {
            builder.crossAttentionBlockSkipRange(skip("cross", crossSkip));
        }
        if (crossRange != null) {
            builder.crossAttentionTimestepSkipRange(crossRange.low, crossRange.high);
        }
        return builder.build();
    }

    private static int skip(String kind, int n) {
        if (n < 1) {
            throw new IllegalArgumentException("--pab-" + kind + "-skip: expected 1 or more, found " + n);
        }
        return n;
    }
}
