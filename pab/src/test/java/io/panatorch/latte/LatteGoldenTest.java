package io.panatorch.latte;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.CacheSession;
import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.CacheStatistics.SiteStatistics;
import io.panatorch.cache.SiteKind;
import io.panatorch.cache.Step;
import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.Elements;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whole generations of diffusers' Latte pipeline: the denoiser's inputs at every step are diffusers', so are its outputs and,
 * layer by layer, the decisions.
 */
@Tag("cpu")
class LatteGoldenTest {

    private static final double TOLERANCE = 2e-5;

    static Path folder() {
        try {
            return Path.of(LatteGoldenTest.class.getResource("golden/case.json").toURI()).getParent();
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "pab_default_identifiers", "pab_anchored_identifiers", "pab_temporal_and_cross_only"})
    void isWhatDiffusersGives(String name) throws IOException {
        JsonNode run = new JsonMapper().readTree(folder().resolve("case.json").toFile()).get("runs").get(name);
        int[] timesteps = integers(run.get("timesteps"));
        CacheStatistics statistics;
        try (var golden = Safetensors.open(folder().resolve("io.safetensors"));
                var model = LatteTransformer.load(folder().resolve("pipeline/transformer"), DType.FLOAT32, Device.CPU);
                CacheSession cache = method(run).open(new CacheRun(model.sites(), timesteps));
                var _ = TensorScope.open()) {
            Tensor text = model.project(golden.load("prompt_embeds"));
            Tensor inputs = golden.load(name + "/transformer_in");
            Tensor outputs = golden.load(name + "/transformer_out");
            for (int i = 0; i < timesteps.length; i++) {
                cache.begin(Step.of(i, timesteps));
                try (var _ = TensorScope.open()) {
                    Tensor output = model.forward(at(inputs, i), timesteps[i], text, cache);
                    assertThat(output.shape()).isEqualTo(at(outputs, i).shape());
                    Elements.assertClose("step " + i, output.toFloatArray(), at(outputs, i).toFloatArray(), TOLERANCE);
                }
            }
            statistics = cache.statistics();
        }
        assertThat(decisions(statistics)).isEqualTo(decisions(run));
        assertThat(statistics.bytes().now()).isZero();
    }

    /** The settings as diffusers applied them, kind by kind, and the identifiers that it was given. */
    private static CacheMethod method(JsonNode run) {
        if (run.get("pab").isNull()) {
            return CacheMethod.none();
        }
        var builder = PyramidAttentionBroadcast.builder();
        for (JsonNode layer : run.get("attn_layer_info")) {
            if (layer.get("pab_hooked").asBoolean()) {
                int n = layer.get("skip_range_applied").asInt();
                int[] range = integers(layer.get("timestep_range_applied"));
                switch (layer.get("attention_kind").asText()) {
                    case "spatial" -> builder.spatialAttentionBlockSkipRange(n)
                            .spatialAttentionTimestepSkipRange(range[0], range[1]);
                    case "temporal" -> builder.temporalAttentionBlockSkipRange(n)
                            .temporalAttentionTimestepSkipRange(range[0], range[1]);
                    default -> builder.crossAttentionBlockSkipRange(n)
                            .crossAttentionTimestepSkipRange(range[0], range[1]);
                }
            }
        }
        JsonNode identifiers = run.get("pab").path("spatial_attention_block_identifiers");
        return builder.spatialAttentionBlockIdentifiers(
                StreamSupport.stream(identifiers.spliterator(), false).map(JsonNode::asText).toArray(String[]::new)).build();
    }

    private static Map<String, String> decisions(JsonNode run) {
        Map<String, String> decisions = new LinkedHashMap<>();
        JsonNode layers = run.get("attn_layers");
        for (int layer = 0; layer < layers.size(); layer++) {
            StringBuilder letters = new StringBuilder();
            for (JsonNode step : run.get("attn_computed")) {
                letters.append(step.get(layer).asInt() == 1 ? CacheStatistics.COMPUTED : CacheStatistics.REUSED);
            }
            decisions.put(layers.get(layer).asText(), letters.toString());
        }
        return decisions;
    }

    private static Map<String, String> decisions(CacheStatistics statistics) {
        return statistics.sites().stream()
                .filter(site -> site.site().kind() != SiteKind.FEED_FORWARD)
                .collect(Collectors.toMap(site -> site.site().name(), SiteStatistics::decisions));
    }

    private static Tensor at(Tensor steps, int index) {
        return steps.narrow(0, index, 1).squeeze(0); // [2b, c, f, H, W]
    }

    private static int[] integers(JsonNode array) {
        return IntStream.range(0, array.size()).map(i -> array.get(i).asInt()).toArray();
    }
}
