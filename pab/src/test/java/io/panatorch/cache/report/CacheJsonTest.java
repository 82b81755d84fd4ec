package io.panatorch.cache.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
class CacheJsonTest {

    private static final List<String> COUNTS = List.of("computed", "partial", "reused", "total_seconds", "seconds_saved",
            "bytes_now", "bytes_peak", "bytes_offloaded", "bytes_offloaded_peak", "evictions", "change_p50", "change_p90",
            "change_p99");

    @Test
    void hasEveryNumberOfAll() throws Exception {
        JsonNode all = json(CacheJson.of(Samples.small()));
        assertThat(all.propertyStream().map(Map.Entry::getKey)).contains("method", "kinds", "sites").containsAll(COUNTS);
        assertThat(all.get("method").asText()).isEqualTo("pab");
        assertThat(all.get("computed").asInt()).isEqualTo(6);
        assertThat(all.get("partial").asInt()).isEqualTo(1);
        assertThat(all.get("reused").asInt()).isEqualTo(4);
        assertThat(all.get("total_seconds").asDouble()).isCloseTo(3.65, within(1e-9));
        assertThat(all.get("seconds_saved").asDouble()).isCloseTo(1.85, within(1e-9));
        assertThat(all.get("bytes_now").asLong()).isEqualTo(2048);
        assertThat(all.get("bytes_peak").asLong()).isEqualTo(4096);
        assertThat(all.get("evictions").asInt()).isEqualTo(2);
        assertThat(all.get("change_p50").isNull()).isTrue();
        assertThat(all.get("computed_work").isNull()).isTrue();
        assertThat(json(CacheJson.of(Samples.statistics(List.of(), 0.25))).get("computed_work").asDouble()).isEqualTo(0.25);
    }

    @Test
    void hasEveryNumberOfAKindAndOfASite() throws Exception {
        JsonNode all = json(CacheJson.of(Samples.small()));
        assertThat(all.get("kinds")).hasSize(2);
        JsonNode kind = all.get("kinds").get(0);
        assertThat(kind.propertyStream().map(Map.Entry::getKey)).contains("kind", "sites").containsAll(COUNTS);
        assertThat(kind.get("kind").asText()).isEqualTo("spatial_attention");
        assertThat(kind.get("sites").asInt()).isEqualTo(2);
        assertThat(kind.get("reused").asInt()).isEqualTo(4);
        assertThat(all.get("sites")).hasSize(3);
        JsonNode site = all.get("sites").get(2);
        assertThat(site.propertyStream().map(Map.Entry::getKey)).contains("kind", "layer", "name", "decisions", "seconds", "changes")
                .containsAll(COUNTS);
        assertThat(site.get("name").asText()).isEqualTo("blocks.0.ff");
        assertThat(site.get("kind").asText()).isEqualTo("feed_forward");
        assertThat(site.get("layer").asInt()).isZero();
        assertThat(site.get("decisions").asText()).isEqualTo("CC-C");
        assertThat(site.get("seconds")).hasToString("[0.5,0.5,null,0.5]");
        assertThat(site.get("changes")).hasToString("[null,null,null,null]");
    }

    @Test
    void hasChangesWhereTheyWereMeasured() throws Exception {
        JsonNode all = json(CacheJson.of(Samples.measured()));
        assertThat(all.get("sites").get(0).get("changes")).hasToString("[null,0.01,null,0.03]");
        assertThat(all.get("change_p90").asDouble()).isCloseTo(0.028, within(1e-9));
    }

    private static JsonNode json(String text) throws Exception {
        return new JsonMapper().readTree(text);
    }
}
