package io.panatorch.cache.pab;

import io.panatorch.cache.pab.PyramidAttentionBroadcast.Builder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What the method's authors set for each model in VideoSys, its reference implementation: the {@code PABConfig} classes of its pipelines.
 * Open-Sora-Plan has one for each of two versions, which differ.
 */
final class Presets {

    private static final Map<String, Supplier<Builder>> ALL = new LinkedHashMap<>();

    private static final List<Integer> FIRST_BLOCKS = List.of(0, 1, 2, 3, 4);

    static {
        ALL.put("cogvideox", () -> PyramidAttentionBroadcast.builder()
                .spatialAttentionBlockSkipRange(2).spatialAttentionTimestepSkipRange(100, 850));
        ALL.put("open-sora", () -> attentions(2, 4, 6, 450, 930).mlpBroadcast(FIRST_BLOCKS, List.of(864, 788, 676), 2));
        ALL.put("open-sora-plan-v110", () -> attentions(2, 4, 6, 100, 850).mlpBroadcast(List.of(0, 1, 2, 3, 4, 5, 6),
                List.of(738, 714, 690, 666, 642, 618, 594, 570, 546, 522, 498, 474, 450, 426), 2));
        ALL.put("open-sora-plan-v120", () -> PyramidAttentionBroadcast.builder()
                .spatialAttentionBlockSkipRange(2).spatialAttentionTimestepSkipRange(100, 850)
                .crossAttentionBlockSkipRange(6).crossAttentionTimestepSkipRange(100, 850));
        ALL.put("latte", () -> attentions(2, 3, 6, 100, 800)
                .mlpBroadcast(FIRST_BLOCKS, List.of(720, 640, 560, 480, 400), 2));
        ALL.put("vchitect", () -> attentions(2, 4, 6, 100, 800));
    }

    private Presets() {}

    static List<String> names() {
        return List.copyOf(ALL.keySet());
    }

    static Builder builder(String name) {
        Supplier<Builder> preset = ALL.get(name);
        if (preset == null) {
            throw new IllegalArgumentException("no Pyramid Attention Broadcast preset \"" + name + "\": expected one of "
                    + String.join(", ", ALL.keySet()));
        }
        return preset.get();
    }

    private static Builder attentions(int spatial, int temporal, int cross, int low, int high) {
        return PyramidAttentionBroadcast.builder()
                .spatialAttentionBlockSkipRange(spatial).spatialAttentionTimestepSkipRange(low, high)
                .temporalAttentionBlockSkipRange(temporal).temporalAttentionTimestepSkipRange(low, high)
                .crossAttentionBlockSkipRange(cross).crossAttentionTimestepSkipRange(low, high);
    }
}
