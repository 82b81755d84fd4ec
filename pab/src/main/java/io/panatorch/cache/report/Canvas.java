package io.panatorch.cache.report;

import io.panatorch.svg.Svg;

/** What all pictures have around what they show: a title, a legend below it, and the colours of a theme. */
final class Canvas {

    static final int MARGIN = 12;
    /** Size of the text of axes. */
    static final int SMALL = 11;

    private static final int TITLE = 14;
    private static final int TITLE_LINE = 20;

    final Svg svg = new Svg();
    private final Palette palette;
    private final double asked;

    /** @param asked the width of the title and the legend */
    Canvas(Palette palette, double asked) {
        this.palette = palette;
        this.asked = asked;
    }

    static String text(String color, int size) {
        return "fill=\"" + color + "\" font-size=\"" + size + "\"";
    }

    /** @return where it ends */
    double drawHead(String title, Legend legend) {
        double y = MARGIN;
        for (String line : Svg.wrapped(title, TITLE, asked - 2 * MARGIN)) {
            svg.text(MARGIN, y + TITLE, "start", text(palette.ink(), TITLE) + " font-weight=\"bold\"", line);
            y += TITLE_LINE;
        }
        y += MARGIN / 2.0;
        return y + legend.draw(svg, MARGIN, y, asked - 2 * MARGIN, text(palette.soft(), Legend.TEXT));
    }

    /** {@return an SVG file of all that was drawn} */
    String file(double width, double height, String title, String description) {
        Svg all = new Svg().add("%s", palette.style()).rect(0, 0, width, height, "fill=\"" + palette.paper() + "\"").add("%s", svg);
        String wider = width > asked ? " style=\"min-width:" + Svg.number(width) + "px\"" : ""; // also where a page has less room
        return all.svg(width, height, title, description, palette.root() + wider + " font-family=\"system-ui,sans-serif\"");
    }
}
