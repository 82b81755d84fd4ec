package io.panatorch.cache.settings;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.SiteKind;
import io.panatorch.cache.faster.FasterCache;
import io.panatorch.cache.firstblock.FirstBlockCache;
import io.panatorch.cache.magcache.MagCache;
import io.panatorch.cache.pab.BroadcastRule;
import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import io.panatorch.cache.taylorseer.TaylorSeer;
import io.panatorch.cache.teacache.TeaCache;
import io.panatorch.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Stream;

/** A method of this module, and what it can be told. */
record BuiltInMethod(String name, Function<MethodSettings, CacheMethod> maker) implements CacheMethodFactory {

    static final List<BuiltInMethod> ALL = List.of(
            new BuiltInMethod("none", _ -> CacheMethod.none()),
            new BuiltInMethod("pab", BuiltInMethod::pab),
            new BuiltInMethod("faster", BuiltInMethod::faster),
            new BuiltInMethod("first-block", BuiltInMethod::firstBlock),
            new BuiltInMethod("magcache", BuiltInMethod::magCache),
            new BuiltInMethod("taylorseer", BuiltInMethod::taylorSeer),
            new BuiltInMethod("teacache", BuiltInMethod::teaCache));

    private static final String FORECAST_ORDER = "forecast-order";
    private static final int DEFAULT_SPATIAL_SKIP = 2;
    private static final int DEFAULT_MLP_SKIP = 2;

    private static final List<String> RULE_KINDS = Stream.concat(SiteKind.ATTENTIONS.stream(), Stream.of(SiteKind.FEED_FORWARD))
            .map(kind -> kind.name().toLowerCase(Locale.ROOT)).toList();

    @Override
    public CacheMethod make(MethodSettings settings) {
        return maker.apply(settings);
    }

    private static CacheMethod pab(MethodSettings settings) {
        PyramidAttentionBroadcast.Builder[] preset = {PyramidAttentionBroadcast.builder()};
        boolean any = settings.choice("preset", PyramidAttentionBroadcast.presets(), "the model's, if there are no rules",
                name -> preset[0] = PyramidAttentionBroadcast.builder(name));
        PyramidAttentionBroadcast.Builder pab = preset[0];
        any |= settings.whole("spatial-attention-block-skip-range", "2", pab::spatialAttentionBlockSkipRange);
        any |= settings.range("spatial-attention-timestep-skip-range", "the preset's", pab::spatialAttentionTimestepSkipRange);
        boolean temporal = settings.whole("temporal-attention-block-skip-range", "the preset's", pab::temporalAttentionBlockSkipRange);
        requireSkip(settings, "temporal", temporal, settings.range("temporal-attention-timestep-skip-range", "the preset's",
                pab::temporalAttentionTimestepSkipRange));
        boolean cross = settings.whole("cross-attention-block-skip-range", "the preset's", pab::crossAttentionBlockSkipRange);
        requireSkip(settings, "cross", cross, settings.range("cross-attention-timestep-skip-range", "the preset's",
                pab::crossAttentionTimestepSkipRange));
        any |= temporal | cross | mlps(settings, pab);
        any |= settings.objects("rules", "none", rule -> pab.rule(rule(rule)));
        if (!any) {
            pab.spatialAttentionBlockSkipRange(DEFAULT_SPATIAL_SKIP);
        }
        return pab.build();
    }

    private static void requireSkip(MethodSettings settings, String kind, boolean hasSkip, boolean hasRange) {
        if (hasRange && !hasSkip) {
            throw new SettingException(settings.name(kind + "-attention-timestep-skip-range") + ": expected together with "
                    + settings.name(kind + "-attention-block-skip-range") + ", found alone");
        }
    }

    /** Sets what there is at each of them, so that it is that one's name which goes with what is wrong with it. */
    private static boolean mlps(MethodSettings settings, PyramidAttentionBroadcast.Builder pab) {
        List<Integer> blocks = new ArrayList<>(List.of(0));
        List<Integer> timesteps = new ArrayList<>(List.of(0));
        boolean hasBlocks = settings.wholes("mlp-blocks", "none", given -> {
            pab.mlpBroadcast(given, timesteps, DEFAULT_MLP_SKIP);
            replace(blocks, given);
        });
        boolean hasTimesteps = settings.wholes("mlp-timesteps", "none", given -> {
            pab.mlpBroadcast(blocks, given, DEFAULT_MLP_SKIP);
            replace(timesteps, given);
        });
        boolean hasSkip = settings.whole("mlp-skip-count", Integer.toString(DEFAULT_MLP_SKIP),
                count -> pab.mlpBroadcast(blocks, timesteps, count));
        if (hasBlocks != hasTimesteps || hasSkip && !hasBlocks) {
            throw new SettingException(settings.name("mlp-blocks") + ", " + settings.name("mlp-timesteps")
                    + ": expected together, found " + (hasBlocks || hasTimesteps ? "one" : "neither"));
        }
        return hasBlocks;
    }

    private static void replace(List<Integer> numbers, List<Integer> others) {
        numbers.clear();
        numbers.addAll(others);
    }

    private static BroadcastRule rule(MethodSettings settings) {
        SiteKind[] kind = new SiteKind[1];
        List<Integer> layers = new ArrayList<>();
        int[] skipRange = new int[1];
        int[] window = new int[2];
        boolean hasKind = settings.choice("kind", RULE_KINDS, "none",
                name -> kind[0] = SiteKind.valueOf(name.toUpperCase(Locale.ROOT)));
        boolean hasLayers = settings.wholes("layers", "all", layers::addAll);
        boolean hasSkipRange = settings.whole("skip_range", "none", n -> skipRange[0] = n);
        boolean hasWindow = settings.range("timesteps", "none", (low, high) -> {
            window[0] = low;
            window[1] = high;
        });
        if (!hasKind) {
            throw settings.missing("kind", "one of " + String.join(", ", RULE_KINDS));
        }
        if (hasLayers && layers.isEmpty()) {
            throw settings.missing("layers", "at least one, or no such key for all");
        }
        if (!hasSkipRange) {
            throw settings.missing("skip_range", "a whole number");
        }
        if (!hasWindow) {
            throw settings.missing("timesteps", "two whole numbers LO,HI");
        }
        return new BroadcastRule(kind[0], layers, skipRange[0], window[0], window[1]);
    }

    private static CacheMethod faster(MethodSettings settings) {
        FasterCache.Builder builder = FasterCache.builder();
        settings.whole("spatial-attention-block-skip-range", "2", builder::spatialAttentionBlockSkipRange);
        settings.range("spatial-attention-timestep-skip-range", "-1,681", builder::spatialAttentionTimestepSkipRange);
        settings.text("spatial-attention-block-identifiers", "REGEX", ".*", builder::spatialAttentionBlockIdentifiers);
        settings.number("attention-weight", "0.5", weight -> builder.attentionWeightCallback((_, _) -> weight));
        settings.whole("unconditional-batch-skip-range", "5", builder::unconditionalBatchSkipRange);
        settings.range("unconditional-batch-timestep-skip-range", "-1,641", builder::unconditionalBatchTimestepSkipRange);
        settings.number("alpha-low-frequency", "1.1", builder::alphaLowFrequency);
        settings.range("low-frequency-weight-update-timestep-range", "99,901", builder::lowFrequencyWeightUpdateTimestepRange);
        settings.number("alpha-high-frequency", "1.1", builder::alphaHighFrequency);
        settings.range("high-frequency-weight-update-timestep-range", "-1,301", builder::highFrequencyWeightUpdateTimestepRange);
        return builder.build();
    }

    private static CacheMethod firstBlock(MethodSettings settings) {
        FirstBlockCache[] method = {FirstBlockCache.of(0.05)};
        int[] first = {1};
        settings.number("threshold", "0.05", threshold -> method[0] = FirstBlockCache.of(threshold));
        settings.whole("first-blocks", "1", n -> {
            method[0] = method[0].computing(n, 0);
            first[0] = n;
        });
        settings.whole("last-blocks", "0", n -> method[0] = method[0].computing(first[0], n));
        settings.whole(FORECAST_ORDER, "0", n -> method[0] = method[0].forecasting(n));
        return method[0];
    }

    private static CacheMethod magCache(MethodSettings settings) {
        MagCache.Builder[] of = {MagCache.builder(List.of(1.0))};
        boolean hasRatios = settings.numbers("ratios", "none, they are to be given", ratios -> of[0] = MagCache.builder(ratios));
        MagCache.Builder builder = of[0];
        settings.number("threshold", "0.06", builder::threshold);
        settings.whole("max-skip-steps", "3", builder::maxSkipSteps);
        settings.number("retention-ratio", "0.2", builder::retentionRatio);
        settings.whole(FORECAST_ORDER, "0", builder::forecastOrder);
        if (!hasRatios) {
            throw settings.missing("ratios", "the numbers that a calibration of MagCache gives");
        }
        return builder.build();
    }

    private static CacheMethod taylorSeer(MethodSettings settings) {
        TaylorSeer.Builder builder = TaylorSeer.builder();
        settings.whole("cache-interval", "5", builder::cacheInterval);
        settings.whole("disable-cache-before-step", "3", builder::disableCacheBeforeStep);
        settings.whole("disable-cache-after-step", "never", builder::disableCacheAfterStep);
        settings.whole("max-order", "1", builder::maxOrder);
        settings.choice("taylor-factors-dtype", List.of("bfloat16", "float16", "float32"), "bfloat16",
                dtype -> builder.taylorFactorsDtype(DType.valueOf(dtype.toUpperCase(Locale.ROOT))));
        settings.text("cache-identifiers", "REGEX", "all attentions", builder::cacheIdentifiers);
        settings.flag("use-lite-mode", "false", lite -> {
            if (lite) {
                builder.useLiteMode();
            }
        });
        return builder.build();
    }

    private static CacheMethod teaCache(MethodSettings settings) {
        double[] threshold = {0.1};
        List<Double> coefficients = new ArrayList<>();
        settings.number("threshold", "0.1", value -> {
            TeaCache.of(value, List.of(1.0));
            threshold[0] = value;
        });
        boolean hasCoefficients = settings.numbers("coefficients", "those published for the model; for another they are to be given",
                given -> {
                    TeaCache.of(threshold[0], given);
                    coefficients.addAll(given);
                });
        TeaCache[] method = {TeaCache.of(threshold[0], hasCoefficients ? coefficients : List.of(1.0))};
        settings.whole(FORECAST_ORDER, "0", n -> method[0] = method[0].forecasting(n));
        if (!hasCoefficients) {
            throw settings.missing("coefficients", "the numbers that a calibration of TeaCache gives");
        }
        return method[0];
    }
}
