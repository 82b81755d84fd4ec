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

    private static final double DEFAULT_FIRST_BLOCK_THRESHOLD = 0.05;
    private static final double DEFAULT_TEACACHE_THRESHOLD = 0.1;

    private final String method;
    private final Map<String, String> texts;
    private final List<String> known = new ArrayList<>();

    CacheSettings(String method, Map<String, String> texts) {
        this.method = method;
        this.texts = texts;
    }

    CacheMethod faster() {
        FasterCache.Builder builder = FasterCache.builder();
        set("spatial-attention-block-skip-range", "a whole number", Integer::valueOf, builder::spatialAttentionBlockSkipRange);
        setRange("spatial-attention-timestep-skip-range", builder::spatialAttentionTimestepSkipRange);
        set("spatial-attention-block-identifiers", "a regular expression", Function.identity(),
                builder::spatialAttentionBlockIdentifiers);
        set("attention-weight", "a number", CacheSettings::finite, weight -> builder.attentionWeightCallback((_, _) -> weight));
        set("unconditional-batch-skip-range", "a whole number", Integer::valueOf, builder::unconditionalBatchSkipRange);
        setRange("unconditional-batch-timestep-skip-range", builder::unconditionalBatchTimestepSkipRange);
        set("alpha-low-frequency", "a number", Double::valueOf, builder::alphaLowFrequency);
        setRange("low-frequency-weight-update-timestep-range", builder::lowFrequencyWeightUpdateTimestepRange);
        set("alpha-high-frequency", "a number", Double::valueOf, builder::alphaHighFrequency);
        setRange("high-frequency-weight-update-timestep-range", builder::highFrequencyWeightUpdateTimestepRange);
        set("is-guidance-distilled", "true or false", CacheSettings::bool, builder::isGuidanceDistilled);
        checkKeys();
        return builder.build();
    }

    CacheMethod firstBlock() {
        double[] threshold = {DEFAULT_FIRST_BLOCK_THRESHOLD};
        set("threshold", "a number", Double::valueOf, value -> threshold[0] = value);
        checkKeys();
        return FirstBlockCache.of(threshold[0]);
    }

    /** @param calibrated takes a line for the user, where ratios are to be measured */
    CacheMethod magCache(Consumer<String> calibrated) {
        boolean[] calibrate = {false};
        List<Double> ratios = new ArrayList<>();
        set("calibrate", "true or false", CacheSettings::bool, value -> calibrate[0] = value);
        set(RATIOS, "numbers separated by commas", CacheSettings::numbers, ratios::addAll);
        if (calibrate[0]) {
            checkKeys();
            return MagCache.calibration(found -> calibrated.accept("--cache-option ratios="
                    + found.stream().map(ratio -> String.format(Locale.ROOT, "%.5f", ratio)).collect(Collectors.joining(","))));
        }
        if (ratios.isEmpty()) {
            throw new IllegalArgumentException("--cache magcache: expected --cache-option ratios=…, which a run with"
                    + " --cache-option calibrate=true prints");
        }
        MagCache.Builder builder = MagCache.builder(ratios);
        set("threshold", "a number", Double::valueOf, builder::threshold);
        set("max-skip-steps", "a whole number", Integer::valueOf, builder::maxSkipSteps);
        set("retention-ratio", "a number", Double::valueOf, builder::retentionRatio);
        checkKeys();
        return builder.build();
    }

    CacheMethod teaCache() {
        double[] threshold = {DEFAULT_TEACACHE_THRESHOLD};
        List<Double> coefficients = new ArrayList<>();
        set("threshold", "a number", Double::valueOf, value -> threshold[0] = value);
        set("coefficients", "numbers separated by commas", CacheSettings::numbers, coefficients::addAll);
        checkKeys();
        return TeaCache.of(threshold[0], coefficients.isEmpty() ? TeaCache.COGVIDEOX_2B : coefficients);
    }

    CacheMethod taylorSeer() {
        TaylorSeer.Builder builder = TaylorSeer.builder();
        set("cache-interval", "a whole number", Integer::valueOf, builder::cacheInterval);
        set("disable-cache-before-step", "a whole number", Integer::valueOf, builder::disableCacheBeforeStep);
        set("disable-cache-after-step", "a whole number", Integer::valueOf, builder::disableCacheAfterStep);
        set("max-order", "a whole number", Integer::valueOf, builder::maxOrder);
        set("taylor-factors-dtype", "bfloat16, float16 or float32", CacheSettings::dtype, builder::taylorFactorsDtype);
        set("cache-identifiers", "a regular expression", Function.identity(), builder::cacheIdentifiers);
        set("use-lite-mode", "true or false", CacheSettings::bool, lite -> {
            if (lite) {
                builder.useLiteMode();
            }
        });
        checkKeys();
        return builder.build();
    }

    private <T> void set(String key, String expected, Function<String, T> parser, Consumer<T> setting) {
        known.add(key);
        String text = texts.get(key);
        if (text != null) {
            T value;
            try {
                value = parser.apply(text);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("--cache-option " + key + ": expected " + expected + ", found '" + text + "'", e);
            }
            setting.accept(value);
        }
    }

    private void setRange(String key, BiConsumer<Integer, Integer> setting) {
        set(key, "LO,HI", CacheSettings::range, range -> setting.accept(range.get(0), range.get(1)));
    }

    private void checkKeys() {
        for (String key : texts.keySet()) {
            if (!known.contains(key)) {
                throw new IllegalArgumentException("--cache-option: expected one of " + String.join(", ", known)
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
