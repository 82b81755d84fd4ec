package io.panatorch.cache.report;

import java.awt.Color;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;

/** Says what the colours of a heat map mean. */
sealed interface Legend {

    /** {@return how wide it is drawn} */
    int width(FontMetrics font);

    /** {@return how high it is drawn} */
    int height();

    /** Draws it, in the colour of the graphics where it is text. */
    void draw(Graphics2D g, int x, int y);

    /** A colour that stands for something. */
    record Swatch(Color color, String text) {

        private static final int SIZE = 12;
        private static final int GAP = 6;

        int width(FontMetrics font) {
            return SIZE + GAP + font.stringWidth(text);
        }

        void draw(Graphics2D g, int x, int y) {
            Color ink = g.getColor();
            g.setColor(color);
            g.fillRoundRect(x, y, SIZE, SIZE, 3, 3);
            g.setColor(ink);
            g.drawString(text, x + SIZE + GAP, y + SIZE - 2);
        }
    }

    /** Some colours. */
    record Swatches(List<Swatch> swatches) implements Legend {

        private static final int GAP = 22;

        @Override
        public int width(FontMetrics font) {
            return swatches.stream().mapToInt(swatch -> swatch.width(font) + GAP).sum() - GAP;
        }

        @Override
        public int height() {
            return Swatch.SIZE;
        }

        @Override
        public void draw(Graphics2D g, int x, int y) {
            int at = x;
            for (Swatch swatch : swatches) {
                swatch.draw(g, at, y);
                at += swatch.width(g.getFontMetrics()) + GAP;
            }
        }
    }

    /** All colours between two numbers, and the one of what was not measured. */
    record Scale(LogScale scale, Color nothing) implements Legend {

        private static final int WIDTH = 300;
        private static final int BAR = 12;
        private static final int TEXT = 18;
        private static final int GAP = 36;
        private static final double PERCENT = 100;

        private Swatch unmeasured() {
            return new Swatch(nothing, "not measured");
        }

        @Override
        public int width(FontMetrics font) {
            return WIDTH + GAP + unmeasured().width(font);
        }

        @Override
        public int height() {
            return BAR + TEXT;
        }

        @Override
        public void draw(Graphics2D g, int x, int y) {
            Color ink = g.getColor();
            for (int i = 0; i < WIDTH; i++) {
                g.setColor(Palette.change((i + 0.5) / WIDTH));
                g.fillRect(x + i, y, 1, BAR);
            }
            g.setColor(ink);
            FontMetrics font = g.getFontMetrics();
            int free = x;
            for (double tick : scale.ticks()) {
                int at = x + (int) Math.round(scale.place(tick) * WIDTH);
                g.fillRect(Math.min(at, x + WIDTH - 1), y + BAR, 1, 3);
                String text = text(tick);
                int start = Math.max(x, at - font.stringWidth(text) / 2);
                if (start >= free) {
                    g.drawString(text, start, y + BAR + 3 + font.getAscent());
                    free = start + font.stringWidth(text + " ");
                }
            }
            unmeasured().draw(g, x + WIDTH + GAP, y);
        }

        /** Round numbers have one digit that is not 0. */
        private static String text(double tick) {
            return new BigDecimal(tick * PERCENT).round(new MathContext(1)).stripTrailingZeros()
                    .toPlainString() + " %";
        }
    }
}
