package io.panatorch.cogvideox.cli;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.faster.FasterCache;
import io.panatorch.cache.firstblock.FirstBlockCache;
import io.panatorch.cache.magcache.MagCache;
import io.panatorch.cache.taylorseer.TaylorSeer;
import io.panatorch.cache.teacache.TeaCache;
import io.panatorch.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What {@code --cache-option KEY=VALUE} says of a method other than PAB; each method names its keys. */
final class CacheSettings {

    /** The setting of MagCache that comes from a calibration. */
    static final String RATIOS = "ratios";

    /** That of TeaCache. */
    static final String COEFFICIENTS = "coefficients";
    static final String CALIBRATE = "calibrate";
    private static final double DEFAULT_FIRST_BLOCK_THRESHOLD = 0.05;
    private static final double DEFAULT_TEACACHE_THRESHOLD = 0.1;

    /**
     * What a value may be.
     *
     * @param placeholder in a help
     * @param words in an error
     */
    private record Kind<T>(String placeholder, String words, Function<String, T> parser) {

        static final Kind<Integer> WHOLE = new Kind<>("N", "a whole number", Integer::valueOf);
        static final Kind<Double> NUMBER = new Kind<>("X", "a number", Double::valueOf);
        static final Kind<Double> FINITE = new Kind<>("X", "a number", CacheSettings::finite);
        static final Kind<List<Double>> NUMBERS = new Kind<>("X,...", "numbers separated by commas", CacheSettings::numbers);
        static final Kind<List<Integer>> RANGE = new Kind<>("LO,HI", "LO,HI", CacheSettings::range);
        static final Kind<String> REGEX = new Kind<>("REGEX", "a regular expression", Function.identity());
        static final Kind<Boolean> BOOL = new Kind<>("true|false", "true or false", CacheSettings::bool);
        static final Kind<DType> DTYPE =
                new Kind<>("bfloat16|float16|float32", "bfloat16, float16 or float32", CacheSettings::dtype);
    }

    /**
     * A setting of a method.
     *
     * @param standard what it is unless set: a value, or words where no value says so
     */
    record Key(String name, String placeholder, String standard) {

        @Override
        public String toString() {
            return name + "=" + placeholder + " (default: " + standard + ")";
        }
    }

    private final String method;
    private final Map<String, String> texts;
    private final List<Double> teaCoefficients;
    private final List<Key> known = new ArrayList<>();

    /** @param teaCoefficients TeaCache's for the model, empty where there are none */
    CacheSettings(String method, Map<String, String> texts, List<Double> teaCoefficients) {
        this.method = method;
        this.texts = texts;
        this.teaCoefficients = teaCoefficients;
    }

    /**
     * {@return the keys of a method, as it asks for them itself}
     *
     * @param maker makes a method of settings
     */
    static List<Key> keys(Function<CacheSettings, CacheMethod> maker) {
        CacheSettings settings = new CacheSettings("", Map.of(), List.of(1.0));
        try {
            maker.apply(settings);
        } catch (IllegalArgumentException e) {
            // A method that cannot be without settings has asked for all of them before it says so.
        }
        return settings.known;
    }

    CacheMethod faster() {
        FasterCache.Builder builder = FasterCache.builder();
        set("spatial-attention-block-skip-range", Kind.WHOLE, "2", builder::spatialAttentionBlockSkipRange);
        setRange("spatial-attention-timestep-skip-range", "-1,681", builder::spatialAttentionTimestepSkipRange);
        set("spatial-attention-block-identifiers", Kind.REGEX, ".*", builder::spatialAttentionBlockIdentifiers);
        set("attention-weight", Kind.FINITE, "0.5", weight -> builder.attentionWeightCallback((_, _) -> weight));
        set("unconditional-batch-skip-range", Kind.WHOLE, "5", builder::unconditionalBatchSkipRange);
        setRange("unconditional-batch-timestep-skip-range", "-1,641", builder::unconditionalBatchTimestepSkipRange);
        set("alpha-low-frequency", Kind.NUMBER, "1.1", builder::alphaLowFrequency);
        setRange("low-frequency-weight-update-timestep-range", "99,901", builder::lowFrequencyWeightUpdateTimestepRange);
        set("alpha-high-frequency", Kind.NUMBER, "1.1", builder::alphaHighFrequency);
        setRange("high-frequency-weight-update-timestep-range", "-1,301", builder::highFrequencyWeightUpdateTimestepRange);
        checkKeys();
        return builder.build();
    }

    CacheMethod firstBlock() {
        double[] threshold = {DEFAULT_FIRST_BLOCK_THRESHOLD};
        int[] blocks = {1, 0};
        set("threshold", Kind.NUMBER, Double.toString(threshold[0]), value -> threshold[0] = value);
        set("first-blocks", Kind.WHOLE, "1", value -> blocks[0] = value);
        set("last-blocks", Kind.WHOLE, "0", value -> blocks[1] = value);
        checkKeys();
        return FirstBlockCache.of(threshold[0]).computing(blocks[0], blocks[1]);
    }

    /** @param calibrated takes a line for the user, where ratios are to be measured */
    CacheMethod magCache(Consumer<String> calibrated) {
        boolean[] calibrate = {false};
        List<Double> ratios = new ArrayList<>();
        List<Consumer<MagCache.Builder>> others = new ArrayList<>();
        set(CALIBRATE, Kind.BOOL, "false", value -> calibrate[0] = value);
        set(RATIOS, Kind.NUMBERS, "none, they are to be given", ratios::addAll);
        set("threshold", Kind.NUMBER, "0.06", value -> others.add(builder -> builder.threshold(value)));
        set("max-skip-steps", Kind.WHOLE, "3", value -> others.add(builder -> builder.maxSkipSteps(value)));
        set("retention-ratio", Kind.NUMBER, "0.2", value -> others.add(builder -> builder.retentionRatio(value)));
        checkKeys();
        if (calibrate[0]) {
            return calibration(MagCache::calibration, RATIOS, "%.5f", calibrated);
        }
        if (ratios.isEmpty()) {
            throw new IllegalArgumentException("--cache magcache: expected --cache-option ratios=…, which a run with"
                    + " --cache-option calibrate=true prints");
        }
        MagCache.Builder builder = MagCache.builder(ratios);
        others.forEach(setting -> setting.accept(builder));
        return builder.build();
    }

    /** Makes a method that measures, and gives the line by which another one gets what it found. */
    private CacheMethod calibration(Function<Consumer<List<Double>>, CacheMethod> maker, String key, String format,
            Consumer<String> calibrated) {
        if (texts.size() > 1) {
            throw new IllegalArgumentException("--cache-option calibrate=true: expected alone, found others with it, which"
                    + " a calibration does not use");
        }
        return maker.apply(found -> calibrated.accept("--cache-option " + key + "="
                + found.stream().map(number -> String.format(Locale.ROOT, format, number)).collect(Collectors.joining(","))));
    }

    /** @param calibrated takes a line for the user, where coefficients are to be measured */
    CacheMethod teaCache(Consumer<String> calibrated) {
        boolean[] calibrate = {false};
        double[] threshold = {DEFAULT_TEACACHE_THRESHOLD};
        set(CALIBRATE, Kind.BOOL, "false", value -> calibrate[0] = value);
        List<Double> coefficients = new ArrayList<>();
        set("threshold", Kind.NUMBER, Double.toString(threshold[0]), value -> threshold[0] = value);
        set(COEFFICIENTS, Kind.NUMBERS, "those published for the model; for another they are to be given", coefficients::addAll);
        checkKeys();
        if (calibrate[0]) {
            return calibration(TeaCache::calibration, COEFFICIENTS, "%.8e", calibrated);
        }
        if (coefficients.isEmpty() && teaCoefficients.isEmpty()) {
            throw new IllegalArgumentException("--cache teacache: none are published for this model: expected --cache-option"
                    + " coefficients=…, which a run with --cache-option calibrate=true prints");
        }
        return TeaCache.of(threshold[0], coefficients.isEmpty() ? teaCoefficients : coefficients);
    }

    CacheMethod taylorSeer() {
        TaylorSeer.Builder builder = TaylorSeer.builder();
        set("cache-interval", Kind.WHOLE, "5", builder::cacheInterval);
        set("disable-cache-before-step", Kind.WHOLE, "3", builder::disableCacheBeforeStep);
        set("disable-cache-after-step", Kind.WHOLE, "never", builder::disableCacheAfterStep);
        set("max-order", Kind.WHOLE, "1", builder::maxOrder);
        set("taylor-factors-dtype", Kind.DTYPE, "bfloat16", builder::taylorFactorsDtype);
        set("cache-identifiers", Kind.REGEX, "all attentions", builder::cacheIdentifiers);
        set("use-lite-mode", Kind.BOOL, "false", lite -> {
            if (lite) {
                builder.useLiteMode();
            }
        });
        checkKeys();
        return builder.build();
    }

    private <T> void set(String key, Kind<T> kind, String standard, Consumer<T> setting) {
        known.add(new Key(key, kind.placeholder, standard));
        String text = texts.get(key);
        if (text != null) {
            T value;
            try {
                value = kind.parser.apply(text);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("--cache-option " + key + ": expected " + kind.words + ", found '" + text + "'",
                        e);
            }
            setting.accept(value);
        }
    }

    private void setRange(String key, String standard, BiConsumer<Integer, Integer> setting) {
        set(key, Kind.RANGE, standard, range -> setting.accept(range.get(0), range.get(1)));
    }

    private void checkKeys() {
        List<String> names = known.stream().map(Key::name).toList();
        for (String key : texts.keySet()) {
            if (!names.contains(key)) {
                throw new IllegalArgumentException("--cache-option: expected one of " + String.join(", ", names)
                        + " with --cache " + method + ", found " + key);
            }
        }
    }

    private static boolean bool(String text) {
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException(text);
        };
    }

    private static DType dtype(String text) {
        return switch (text) {
            case "bfloat16" -> DType.BFLOAT16;
            case "float16" -> DType.FLOAT16;
            case "float32" -> DType.FLOAT32;
            default -> throw new IllegalArgumentException(text);
        };
    }

    private static double finite(String text) {
        double value = Double.parseDouble(text);
        if (!Double.isFinite(value)) {
            throw new IllegalArgumentException(text);
        }
        return value;
    }

    private static List<Integer> range(String text) {
        List<Integer> ends = Arrays.stream(text.split(",", -1)).map(Integer::valueOf).toList();
        if (ends.size() != 2) {
            throw new IllegalArgumentException(text);
        }
        return ends;
    }

    private static List<Double> numbers(String text) {
        return Arrays.stream(text.split(",")).map(Double::valueOf).toList();
    }
}
