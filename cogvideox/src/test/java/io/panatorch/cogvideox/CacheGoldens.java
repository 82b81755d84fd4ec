package io.panatorch.cogvideox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.JsonNode;
import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.SiteKind;
import io.panatorch.cache.faster.FasterCache;
import io.panatorch.cache.firstblock.FirstBlockCache;
import io.panatorch.cache.magcache.MagCache;
import io.panatorch.cache.taylorseer.TaylorSeer;
import io.panatorch.cache.teacache.TeaCache;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.Locale;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole generations with other methods than PAB against diffusers': final latents, and what was computed. */
abstract class CacheGoldens extends Generations {

    CacheGoldens(Device device) {
        super(device);
    }

    @ParameterizedTest
    @CsvSource({
        "faster_a, attn_computed, 2e-4", "faster_b, attn_computed, 2e-4",
        "fbc_low, attn_computed, 2e-4", "fbc_mid, attn_computed, 2e-4", "fbc_high, attn_computed, 2e-4",
        "mag_mid, attn_computed, 2e-4", "mag_high, attn_computed, 2e-4",
        "taylor_attn_o1, attn_computed, 2e-4", "taylor_attn_o2, attn_computed, 2e-4",
        "taylor_attn_bf16, attn_computed, 2e-2", "taylor_lite, proj_out_computed, 2e-4"
    })
    void isWhatDiffusersGives(String run, String decisions, double tolerance) throws IOException {
        try (Golden golden = Golden.open("caches");
                var pipeline = CogVideoXPipeline.load(golden.pipeline(), DType.FLOAT32, device);
                var _ = TensorScope.open();
                VideoResult result = pipeline.generate(PipelineGoldens.request(golden, run)
                        .cache(method(golden.run(run).get("config")))
                        .onStep(event -> PipelineGoldens.checkStep(golden, run, event, new ArrayList<>()))
                        .build())) {
            PipelineGoldens.checkDecisions(golden, run + "/" + decisions, result);
            golden.assertClose(result.latents(), run + "/final_latents", tolerance);
            assertThat(result.cache().bytes().peak()).isPositive();
            assertThat(result.cache().bytes().now()).as("held after the last step").isZero();
        }
    }

    /** With other sizes than the rest: with guidance, and without. */
    @ParameterizedTest
    @ValueSource(strings = {"faster_guided", "faster_distilled"})
    void fasterCacheOfTwoPromptsIsWhatDiffusersGives(String run) throws IOException {
        try (Golden golden = Golden.open("caches-batch2");
                var pipeline = CogVideoXPipeline.load(golden.pipeline(), DType.FLOAT32, device);
                var _ = TensorScope.open();
                VideoResult result = pipeline.generate(PipelineGoldens.request(golden, run)
                        .guidanceScale(golden.run(run).get("guidance_scale").asDouble())
                        .cache(method(golden.run(run).get("config")))
                        .build())) {
            PipelineGoldens.checkDecisions(golden, run + "/attn_computed", result);
            golden.assertClose(result.latents(), run + "/final_latents", Golden.LATENTS);
            assertThat(result.cache().bytes().peak()).isPositive();
            assertThat(result.cache().bytes().now()).as("held after the last step").isZero();
        }
    }

    @Test
    void calibratesAsDiffusersDoes() throws IOException {
        List<Double> ratios = new ArrayList<>();
        try (Golden golden = Golden.open("caches");
                var pipeline = CogVideoXPipeline.load(golden.pipeline(), DType.FLOAT32, device);
                var _ = TensorScope.open()) {
            pipeline.generate(
                    PipelineGoldens.request(golden, "").cache(MagCache.calibration(ratios::addAll)).build()).close();

            double[] expected = golden.tensor("mag/calibrated_ratios").toDoubleArray();
            assertThat(ratios).hasSameSizeAs(expected);
            for (int i = 0; i < expected.length; i++) {
                assertThat(ratios.get(i)).as("step %d", i).isCloseTo(expected[i], withinPercentage(0.01));
            }
        }
    }

    /** By the authors' own code, with polynomials that skip at some steps. */
    @ParameterizedTest
    @ValueSource(strings = {"identity_0.8", "identity_1.3", "quadratic_1.3"})
    void teaCacheIsWhatItsAuthorsGive(String run) throws IOException {
        try (Golden golden = Golden.open("teacache");
                var pipeline = CogVideoXPipeline.load(golden.pipeline(), DType.FLOAT32, device);
                var _ = TensorScope.open()) {
            JsonNode settings = golden.run(run);
            List<Double> coefficients = settings.get("coefficients").valueStream().map(JsonNode::asDouble).toList();
            String expected = settings.get("blocks_computed").valueStream().map(step -> step.asInt() == 1 ? "C" : "R")
                    .collect(Collectors.joining());
            try (VideoResult result = pipeline.generate(PipelineGoldens.request(golden, run)
                    .cache(TeaCache.of(settings.get("threshold").asDouble(), coefficients)).build())) {
                assertThat(result.cache().sites()).filteredOn(site -> site.site().kind() == SiteKind.BLOCK)
                        .isNotEmpty().allSatisfy(site -> assertThat(site.decisions()).isEqualTo(expected));
                golden.assertClose(result.latents(), run + "/final_latents", Golden.LATENTS);
            }
        }
    }

    /** All skipped that may be, and nothing skipped. */
    @ParameterizedTest
    @CsvSource({"true, CRRRRRRRRC", "false, CCCCCCCCCC"})
    void teaCacheSkipsBlocks(boolean skips, String decisions) throws IOException {
        try (Golden golden = Golden.open("caches");
                var pipeline = CogVideoXPipeline.load(golden.pipeline(), DType.FLOAT32, device);
                var _ = TensorScope.open();
                VideoResult result = pipeline.generate(PipelineGoldens.request(golden, "")
                        .cache(skips ? TeaCache.of(1000, TeaCache.COGVIDEOX_2B) : TeaCache.of(1, List.of(1.0))).build())) {
            assertThat(result.cache().sites()).hasSize(5).allSatisfy(site -> assertThat(site.decisions())
                    .isEqualTo(site.site().kind() == SiteKind.DENOISER ? "CCCCCCCCCC" : decisions));
            assertThat(result.cache().bytes().now()).isZero();
            if (!skips) {
                golden.assertClose(result.latents(), "fbc_low/final_latents", Golden.LATENTS); // which skips nothing either
            }
        }
    }

    private static CacheMethod method(JsonNode config) {
        return switch (config.get("class").asText()) {
            case "FasterCacheConfig" -> fasterCache(config);
            case "FirstBlockCacheConfig" -> FirstBlockCache.of(config.get("threshold").asDouble());
            case "MagCacheConfig" -> magCache(config);
            case "TaylorSeerCacheConfig" -> taylorSeer(config);
            case String other -> throw new AssertionError(other);
        };
    }

    private static CacheMethod fasterCache(JsonNode config) {
        FasterCache.Builder builder = FasterCache.builder()
                .spatialAttentionBlockSkipRange(config.get("spatial_attention_block_skip_range").asInt())
                .alphaLowFrequency(config.get("alpha_low_frequency").asDouble())
                .alphaHighFrequency(config.get("alpha_high_frequency").asDouble())
                .unconditionalBatchSkipRange(config.get("unconditional_batch_skip_range").asInt())
                .attentionWeightCallback((_, _) -> config.get("attention_weight").asDouble());
        range(config, "spatial_attention_timestep_skip_range", builder::spatialAttentionTimestepSkipRange);
        range(config, "low_frequency_weight_update_timestep_range", builder::lowFrequencyWeightUpdateTimestepRange);
        range(config, "high_frequency_weight_update_timestep_range", builder::highFrequencyWeightUpdateTimestepRange);
        range(config, "unconditional_batch_timestep_skip_range", builder::unconditionalBatchTimestepSkipRange);
        return builder.build();
    }

    private static void range(JsonNode config, String key, BiFunction<Integer, Integer, FasterCache.Builder> setting) {
        setting.apply(config.get(key).get(0).asInt(), config.get(key).get(1).asInt());
    }

    private static CacheMethod magCache(JsonNode config) {
        List<Double> ratios = new ArrayList<>();
        config.get("mag_ratios").forEach(ratio -> ratios.add(ratio.asDouble()));
        return MagCache.builder(ratios)
                .threshold(config.get("threshold").asDouble())
                .maxSkipSteps(config.get("max_skip_steps").asInt())
                .retentionRatio(config.get("retention_ratio").asDouble())
                .build();
    }

    private static CacheMethod taylorSeer(JsonNode config) {
        TaylorSeer.Builder builder = TaylorSeer.builder()
                .cacheInterval(config.get("cache_interval").asInt())
                .disableCacheBeforeStep(config.get("disable_cache_before_step").asInt())
                .maxOrder(config.get("max_order").asInt())
                .taylorFactorsDtype(DType.valueOf(config.get("taylor_factors_dtype").asText().toUpperCase(Locale.ROOT)));
        if (config.has("disable_cache_after_step")) {
            builder.disableCacheAfterStep(config.get("disable_cache_after_step").asInt());
        }
        if (config.has("cache_identifiers")) {
            builder.cacheIdentifiers(config.get("cache_identifiers").get(0).asText());
        }
        return config.has("use_lite_mode") ? builder.useLiteMode().build() : builder.build();
    }
}
