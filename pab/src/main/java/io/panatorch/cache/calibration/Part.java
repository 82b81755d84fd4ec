package io.panatorch.cache.calibration;

import io.panatorch.cache.SiteKind;
import io.panatorch.cache.pab.BroadcastRule;
import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import java.util.List;
import java.util.Map;

/**
 * Sites that are skipped together.
 *
 * <p>What is skipped together matters: where a layer is given what it gave a step ago, but those behind it compute, they answer
 * to a mixture of two steps. All of them a step behind move the video less than some of them do, so the errors of parts do not
 * add up to that of the whole, and each part is measured for itself.
 *
 * @param layers the layers of each kind in it; all layers of a kind are an empty list
 * @param secondsSaved by skipping all of them once
 */
record Part(Map<SiteKind, List<Integer>> layers, double secondsSaved) {

    /** Rules that reuse these sites at the steps of a window. */
    List<BroadcastRule> rules(int skipRange, int low, int high) {
        return layers.entrySet().stream()
                .map(entry -> new BroadcastRule(entry.getKey(), entry.getValue(), skipRange, low, high)).toList();
    }

    static PyramidAttentionBroadcast method(List<BroadcastRule> rules) {
        PyramidAttentionBroadcast.Builder builder = PyramidAttentionBroadcast.builder();
        rules.forEach(builder::rule);
        return builder.build();
    }
}
