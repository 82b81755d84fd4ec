package io.panatorch.cache.report;

import io.panatorch.cache.CacheStatistics;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The colours of a picture, as CSS has them. Decisions differ in lightness as well as between blue and yellow, and changes grow
 * lighter from violet to yellow, so that both can be told apart by the colour-blind and in print.
 */
record Palette(String paper, String ink, String soft, String computed, String partial, String reused, String nothing) {

    private static final Palette LIGHT =
            new Palette("#fcfcfb", "#1c1e21", "#5c626b", "#2f5f96", "#8db9e2", "#f3b53f", "#e4e6e9");
    private static final Palette DARK =
            new Palette("#15171a", "#e6e8ea", "#9aa2ab", "#3f76b5", "#9cc7ee", "#f0b84a", "#30353b");
    private static final Palette AUTO = new Palette(variable("paper"), variable("ink"), variable("soft"), variable("computed"),
            variable("partial"), variable("reused"), variable("nothing"));

    /** The colour map viridis, at even distances. */
    private static final int[] CHANGE = {
        0x440154, 0x482878, 0x3e4989, 0x31688e, 0x26828e, 0x1f9e89, 0x35b779, 0x6ece58, 0xb5de2b, 0xfde725
    };
    /** Neighbours of so many can hardly be told apart, and equal cells are drawn together. */
    static final int SHADES = 28;

    static Palette of(Theme theme) {
        return switch (theme) {
            case LIGHT -> LIGHT;
            case DARK -> DARK;
            case AUTO -> AUTO;
        };
    }

    private static String variable(String name) {
        return "var(--panatorch-" + name + ")";
    }

    /** {@return what gives the colours their meaning: an element at the beginning of a picture of the {@link #root} attributes} */
    String style() {
        return this != AUTO ? "" : "<style>.panatorch-picture{" + LIGHT.values() + "}@media(prefers-color-scheme:dark){"
                + ".panatorch-picture{" + DARK.values() + "}}</style>";
    }

    String root() {
        return this == AUTO ? "class=\"panatorch-picture\"" : "";
    }

    private String values() {
        Map<String, String> values = new TreeMap<>(Map.of("paper", paper, "ink", ink, "soft", soft, "computed", computed,
                "partial", partial, "reused", reused, "nothing", nothing));
        return values.entrySet().stream().map(entry -> "--panatorch-" + entry.getKey() + ":" + entry.getValue())
                .collect(Collectors.joining(";"));
    }

    String decision(char letter) {
        return switch (letter) {
            case CacheStatistics.COMPUTED -> computed;
            case CacheStatistics.PARTIAL -> partial;
            case CacheStatistics.REUSED -> reused;
            default -> nothing;
        };
    }

    /** @param place on the scale, in [0, 1]; anything beyond is taken for the end of the scale */
    static String change(double place) {
        double shade = Math.rint(Math.clamp(place, 0, 1) * (SHADES - 1)) / (SHADES - 1);
        double position = shade * (CHANGE.length - 1);
        int below = Math.min((int) position, CHANGE.length - 2);
        int color = 0;
        for (int shift = 16; shift >= 0; shift -= 8) {
            int from = CHANGE[below] >> shift & 0xff;
            int to = CHANGE[below + 1] >> shift & 0xff;
            color |= (int) Math.round(from + (position - below) * (to - from)) << shift;
        }
        return String.format(Locale.ROOT, "#%06x", color);
    }
}
