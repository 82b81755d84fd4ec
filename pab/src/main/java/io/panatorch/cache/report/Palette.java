package io.panatorch.cache.report;

import io.panatorch.cache.CacheStatistics;
import java.awt.Color;

/**
 * The colours of a picture. Decisions differ in lightness as well as between blue and yellow, and changes grow lighter from
 * violet to yellow, so that both can be told apart by the colour-blind and in print.
 */
record Palette(Color paper, Color ink, Color soft, Color line, Color computed, Color partial, Color reused, Color nothing) {

    private static final Palette LIGHT = new Palette(new Color(0xfcfcfb), new Color(0x1c1e21), new Color(0x5c626b),
            new Color(0xc9cdd2), new Color(0x2f5f96), new Color(0x8db9e2), new Color(0xf3b53f), new Color(0xebecee));
    private static final Palette DARK = new Palette(new Color(0x15171a), new Color(0xe6e8ea), new Color(0x9aa2ab),
            new Color(0x454c55), new Color(0x3f76b5), new Color(0x9cc7ee), new Color(0xf0b84a), new Color(0x2a2e33));

    /** The colour map viridis, at even distances. */
    private static final int[] CHANGE = {
        0x440154, 0x482878, 0x3e4989, 0x31688e, 0x26828e, 0x1f9e89, 0x35b779, 0x6ece58, 0xb5de2b, 0xfde725
    };

    static Palette of(Theme theme) {
        return theme == Theme.LIGHT ? LIGHT : DARK;
    }

    Color decision(char letter) {
        return switch (letter) {
            case CacheStatistics.COMPUTED -> computed;
            case CacheStatistics.PARTIAL -> partial;
            case CacheStatistics.REUSED -> reused;
            default -> nothing;
        };
    }

    /** @param place on the scale, in [0, 1]; anything beyond is taken for the end of the scale */
    static Color change(double place) {
        double position = Math.clamp(place, 0, 1) * (CHANGE.length - 1);
        int below = Math.min((int) position, CHANGE.length - 2);
        Color from = new Color(CHANGE[below]);
        Color to = new Color(CHANGE[below + 1]);
        double part = position - below;
        return new Color(mix(from.getRed(), to.getRed(), part), mix(from.getGreen(), to.getGreen(), part),
                mix(from.getBlue(), to.getBlue(), part));
    }

    private static int mix(int from, int to, double part) {
        return (int) Math.round(from + part * (to - from));
    }
}
