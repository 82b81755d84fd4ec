package io.panatorch.cache.pab;

import io.panatorch.cache.SiteKind;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeSet;

/**
 * When some attentions or MLPs are skipped: a pure function of the step and its timestep.
 *
 * @param kind what is skipped: an attention or {@link SiteKind#FEED_FORWARD}
 * @param layers {@linkplain io.panatorch.cache.Site#layer() of which layers}, in ascending order; empty for all
 * @param skipRange compute at every skipRange-th call of the denoiser, counted from 0 whether or not the timestep is inside
 *     the window; 1 computes always
 * @param low reuse only at timesteps strictly above this
 * @param high reuse only at timesteps strictly below this
 */
public record BroadcastRule(SiteKind kind, List<Integer> layers, int skipRange, int low, int high) implements ReuseRule {

    /** What can be broadcast. */
    static final Set<SiteKind> KINDS = EnumSet.of(SiteKind.SPATIAL_ATTENTION, SiteKind.TEMPORAL_ATTENTION,
            SiteKind.CROSS_ATTENTION, SiteKind.FEED_FORWARD);

    /**
     * Copies the layers, sorted and each once.
     *
     * @throws IllegalArgumentException where a value makes no sense; the message names it
     */
    public BroadcastRule {
        if (!KINDS.contains(kind)) {
            throw new IllegalArgumentException("broadcast kind: expected an attention or FEED_FORWARD, found " + kind);
        }
        String words = ReuseRule.words(kind);
        for (Integer layer : Objects.requireNonNull(layers, "layers")) {
            if (layer == null || layer < 0) {
                throw new IllegalArgumentException(words + " layers: expected each 0 or more, found " + layer);
            }
        }
        layers = List.copyOf(new TreeSet<>(layers));
        if (skipRange < 1) {
            throw new IllegalArgumentException(words + " skip range: expected 1 or more, found " + skipRange);
        }
        if (low >= high) {
            throw new IllegalArgumentException(
                    words + " timestep skip range: expected low < high, found " + low + ", " + high);
        }
    }

    /** A rule for all layers. */
    public BroadcastRule(SiteKind kind, int skipRange, int low, int high) {
        this(kind, List.of(), skipRange, low, high);
    }

    @Override
    public boolean reuses(int index, int[] timesteps) {
        return index % skipRange != 0 && low < timesteps[index] && timesteps[index] < high;
    }

    @Override
    public boolean covers(int layer) {
        return layers.isEmpty() || Collections.binarySearch(layers, layer) >= 0;
    }

    @Override
    public String toString() {
        String which = layers.isEmpty() ? "" : (layers.size() == 1 ? "of layer " : "of layers ") + ranges(layers) + " ";
        return which + "skip range " + skipRange + " in (" + low
                + ", " + high + ")";
    }

    /** Ascending numbers with runs drawn together: {@code 0-2, 5}. */
    private static String ranges(List<Integer> layers) {
        StringJoiner ranges = new StringJoiner(", ");
        for (int i = 0; i < layers.size(); i++) {
            int first = layers.get(i);
            int begin = i;
            while (i + 1 < layers.size() && layers.get(i + 1) - first == i + 1 - begin) {
                i++;
            }
            ranges.add(i == begin ? Integer.toString(first) : first + "-" + layers.get(i));
        }
        return ranges.toString();
    }
}
