package io.panatorch.cogvideox;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.firstblock.FirstBlockCache;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whole generations with other methods than PAB against diffusers': final latents, and what was computed. */
abstract class CacheGoldens {

    private final Device device;

    CacheGoldens(Device device) {
        this.device = device;
    }

    @ParameterizedTest
    @CsvSource({
        "fbc_low, attn_computed, 2e-4", "fbc_mid, attn_computed, 2e-4", "fbc_high, attn_computed, 2e-4"
    })
    void isWhatDiffusersGives(String run, String decisions, double tolerance) throws IOException {
        try (Golden golden = Golden.open("caches");
                var pipeline = CogVideoXPipeline.load(golden.pipeline(), DType.FLOAT32, device);
                var _ = TensorScope.open()) {
            TextToVideoResult result = pipeline.generate(
                    PipelineGoldens.request(golden.json()).cache(method(golden.run(run).get("config"))).build());

            PipelineGoldens.checkDecisions(golden, run + "/" + decisions, result);
            golden.assertClose(result.latents(), run + "/final_latents", tolerance);
            assertThat(result.cache().bytesPeak()).isPositive();
            assertThat(result.cache().bytesHeld()).as("held after the last step").isZero();
        }
    }

    private static CacheMethod method(JsonNode config) {
        return switch (config.get("class").asText()) {
            case "FirstBlockCacheConfig" -> FirstBlockCache.of(config.get("threshold").asDouble());
            case String other -> throw new AssertionError(other);
        };
    }
}
