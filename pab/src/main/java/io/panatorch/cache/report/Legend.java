package io.panatorch.cache.report;

import io.panatorch.svg.Svg;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;

/** Says what the colours of a heat map mean, in the room that there is. */
sealed interface Legend {

    /** Size of its text. */
    int TEXT = 12;

    /** {@return a round number, which has one digit that is not 0} */
    static String percent(double round) {
        return new BigDecimal(round * 100).round(new MathContext(1)).stripTrailingZeros().toPlainString() + " %";
    }

    /**
     * Draws it from a point to the right and down.
     *
     * @param svg drawn into
     * @param attributes of its text
     * @return how high it is
     */
    int draw(Svg svg, double x, double y, double width, String attributes);

    /** A colour that stands for something. */
    record Swatch(String color, String text) {

        private static final int SIZE = 12;
        private static final int GAP = 6;

        double width() {
            return SIZE + GAP + Svg.width(text, TEXT);
        }

        void draw(Svg svg, double x, double y, String attributes) {
            svg.rect(x, y, SIZE, SIZE, "rx=\"2\" fill=\"" + color + "\"");
            svg.text(x + SIZE + GAP, y + SIZE - 1.5, "start", attributes, text);
        }
    }

    /** Some colours. */
    record Swatches(List<Swatch> swatches) implements Legend {

        private static final int GAP = 16;
        private static final int LINE = 20;

        @Override
        public int draw(Svg svg, double x, double y, double width, String attributes) {
            double at = x;
            int line = 0;
            for (Swatch swatch : swatches) {
                if (at > x && at + swatch.width() > x + width) {
                    at = x;
                    line++;
                }
                swatch.draw(svg, at, y + line * LINE, attributes);
                at += swatch.width() + GAP;
            }
            return line * LINE + Swatch.SIZE;
        }
    }

    /** All colours between two numbers, and the one of what was not measured. */
    record Scale(LogScale scale, String nothing) implements Legend {

        private static final int MOST_WIDTH = 300;
        private static final int BAR = 12;
        private static final int TICK = 3;
        private static final int LABEL = 18;
        private static final int GAP = 24;

        @Override
        public int draw(Svg svg, double x, double y, double width, String attributes) {
            double bar = Math.min(MOST_WIDTH, width);
            double shade = bar / Palette.SHADES;
            for (int i = 0; i < Palette.SHADES; i++) {
                svg.rect(x + i * shade, y, shade + (i < Palette.SHADES - 1 ? 0.5 : 0), BAR,
                        "fill=\"" + Palette.change((double) i / (Palette.SHADES - 1)) + "\"");
            }
            drawTicks(svg, x, y + BAR, bar, attributes);
            Swatch unmeasured = new Swatch(nothing, "not measured");
            boolean fits = bar + GAP + unmeasured.width() <= width;
            unmeasured.draw(svg, fits ? x + bar + GAP : x, fits ? y : y + BAR + LABEL + TICK, attributes);
            return BAR + LABEL + (fits ? 0 : TICK + Swatch.SIZE);
        }

        private void drawTicks(Svg svg, double x, double y, double width, String attributes) {
            double free = x - 1;
            for (double tick : scale.ticks()) {
                double at = x + scale.place(tick) * width;
                String text = percent(tick);
                double half = Svg.width(text, TEXT) / 2;
                double middle = Math.clamp(at, x + half, x + width - half);
                if (middle - half >= free) {
                    svg.rect(Math.min(at, x + width - 1), y, 1, TICK, attributes);
                    svg.text(middle, y + TICK + TEXT, "middle", attributes, text);
                    free = middle + half + TEXT / 2.0;
                }
            }
        }
    }
}
