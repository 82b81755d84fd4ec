package io.panatorch.cache.pab;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.SiteKind;
import io.panatorch.cache.testing.CacheMethodContract;
import io.panatorch.testing.Logged;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** Presets, and what they do not have. */
class BroadcastContractTest extends CacheMethodContract {

    private Logged warnings;

    @BeforeAll
    void quiet() {
        warnings = new Logged(PyramidAttentionBroadcast.class);
    }

    @AfterAll
    void loud() {
        warnings.close();
    }

    @Override
    protected List<CacheMethod> methods() {
        List<CacheMethod> methods = new ArrayList<>();
        List.of("cogvideox", "open-sora").forEach(name -> methods.add(PyramidAttentionBroadcast.preset(name)));
        methods.add(PyramidAttentionBroadcast.builder().spatialAttentionBlockSkipRange(3).temporalAttentionBlockSkipRange(2)
                .crossAttentionBlockSkipRange(5).crossAttentionTimestepSkipRange(0, 1000)
                .spatialAttentionBlockIdentifiers("blocks\\.[01]").build());
        methods.add(PyramidAttentionBroadcast.builder().mlpBroadcast(List.of(0), List.of(799, 699, 199), 2).build());
        methods.add(PyramidAttentionBroadcast.builder().rule(new BroadcastRule(SiteKind.SPATIAL_ATTENTION, 2, 0, 1000))
                .rule(new BroadcastRule(SiteKind.FEED_FORWARD, List.of(0), 3, 200, 900))
                .rule(new BroadcastRule(SiteKind.SPATIAL_ATTENTION, List.of(1), 4, 300, 800)).build());
        return methods;
    }
}
