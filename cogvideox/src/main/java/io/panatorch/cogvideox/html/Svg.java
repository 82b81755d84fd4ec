package io.panatorch.cogvideox.html;

import java.util.Locale;

/** What drawings are written with. */
final class Svg {

    private Svg() {}

    /** Numbers are written in the same way whatever the user's language. */
    static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }

    /** @param style a class of the page's style sheet, or empty */
    static void text(StringBuilder svg, double x, double y, String anchor, String style, String text) {
        svg.append(format("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\"%s>%s</text>", x, y, anchor,
                style.isEmpty() ? "" : " class=\"" + style + "\"", HtmlPage.escaped(text)));
    }
}
