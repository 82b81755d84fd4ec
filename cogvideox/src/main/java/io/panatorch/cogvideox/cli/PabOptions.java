package io.panatorch.cogvideox.cli;

import io.panatorch.cache.pab.PabConfig;
import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Settings of Pyramid Attention Broadcast. Without any: what the method's authors recommend for CogVideoX. */
final class PabOptions {

    /** Of the one family of models there is. */
    private static final String PRESET = "cogvideox";

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

    @Option(names = "--cache-config", paramLabel = "FILE",
            description = "the rules of Pyramid Attention Broadcast that panatorch calibrate found, in place of all other --pab"
                    + " options")
    private Path config;

    @Option(names = "--pab-preset", paramLabel = "NAME",
            description = "what the method's authors set for a model, to begin with: cogvideox, open-sora,"
                    + " open-sora-plan-v110, open-sora-plan-v120, latte, vchitect (default: cogvideox)")
    private String preset;

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

    @Option(names = "--pab-mlp-blocks", paramLabel = "N,...", split = ",", hideParamSyntax = true,
            description = "blocks whose MLPs are skipped after listed timesteps (default: none)")
    private List<Integer> mlpBlocks;

    @Option(names = "--pab-mlp-timesteps", paramLabel = "T,...", split = ",", hideParamSyntax = true,
            description = "the timesteps after which they are")
    private List<Integer> mlpTimesteps;

    @Option(names = "--pab-mlp-skip", paramLabel = "N", description = "at how many steps after each they are (default: 2)")
    private Integer mlpSkip;

    private PabConfig read;

    /** The first option that was given, or null. */
    String given() {
        return config != null ? "--cache-config" : settings().findFirst().orElse(null);
    }

    private Stream<String> settings() {
        return Stream.of(entry("--pab-preset", preset), entry("--pab-spatial-skip", spatialSkip),
                entry("--pab-spatial-range", spatialRange), entry("--pab-temporal-skip", temporalSkip),
                entry("--pab-temporal-range", temporalRange), entry("--pab-cross-skip", crossSkip),
                entry("--pab-cross-range", crossRange), entry("--pab-mlp-blocks", mlpBlocks),
                entry("--pab-mlp-timesteps", mlpTimesteps), entry("--pab-mlp-skip", mlpSkip)).flatMap(name -> name);
    }

    private static Stream<String> entry(String name, Object value) {
        return value == null ? Stream.empty() : Stream.of(name);
    }

    /**
     * Makes the method that was asked for.
     *
     * @throws IllegalArgumentException where the options contradict each other
     * @throws IOException where the file of rules cannot be used
     */
    PyramidAttentionBroadcast method(Terminal terminal) throws IOException {
        if (config != null) {
            settings().findFirst().ifPresent(other -> {
                throw new IllegalArgumentException("--cache-config: expected without other options of pab, found " + other);
            });
            read = PabConfig.read(config);
            return read.method();
        }
        requireSkip("temporal", temporalSkip, temporalRange);
        requireSkip("cross", crossSkip, crossRange);
        PyramidAttentionBroadcast pab = built();
        warnIfWithoutEffect(terminal, "temporal", temporalSkip);
        warnIfWithoutEffect(terminal, "cross", crossSkip);
        return pab;
    }

    /** Says where the rules of a file were found for other generations than these. */
    void warnOfOtherFacts(Map<String, String> facts, Terminal terminal) {
        if (read != null) {
            read.calibratedFor().forEach((name, value) -> {
                if (facts.containsKey(name) && !facts.get(name).equals(value)) {
                    terminal.warning(config + ": its rules were found for " + name.replace('_', ' ') + " " + value + ", here "
                            + facts.get(name));
                }
            });
        }
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

    private PyramidAttentionBroadcast built() {
        PyramidAttentionBroadcast.Builder builder =
                PyramidAttentionBroadcast.builder(Objects.requireNonNullElse(preset, PRESET));
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
        addMlps(builder);
        return builder.build();
    }

    private void addMlps(PyramidAttentionBroadcast.Builder builder) {
        if (mlpBlocks != null && mlpTimesteps != null) {
            builder.mlpBroadcast(mlpBlocks, mlpTimesteps, skip("mlp", Objects.requireNonNullElse(mlpSkip, 2)));
        } else if (mlpBlocks != null || mlpTimesteps != null || mlpSkip != null) {
            throw new IllegalArgumentException("--pab-mlp-blocks, --pab-mlp-timesteps: expected together, found "
                    + (mlpBlocks == null && mlpTimesteps == null ? "neither" : "one"));
        }
    }

    private static int skip(String kind, int n) {
        if (n < 1) {
            throw new IllegalArgumentException("--pab-" + kind + "-skip: expected 1 or more, found " + n);
        }
        return n;
    }
}
