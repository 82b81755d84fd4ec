package io.panatorch.svg;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * An SVG picture, written from back to front. Lengths are pixels of an ordinary screen.
 *
 * <p>Which font a text will have is the reader's, so how wide it is can only be estimated: {@link #width} says rather too much than
 * too little. Attributes are written as they are, such as {@code fill="#fff"}; every other text is escaped.
 */
public final class Svg {

    /** A letter of DejaVu Sans, one of the wide fonts, in the mean of English text with some digits. */
    private static final double LETTER = 0.6;
    private static final double BOLD_LETTER = 0.67;
    /** Chinese, Korean, emoji: one square each. */
    private static final double SQUARE = 1.25;
    private static final int FIRST_SQUARE = 0x2e80;
    private static final int REPLACEMENT = 0xfffd;

    private final StringBuilder elements = new StringBuilder();

    /**
     * Adds an element or more.
     *
     * @param pattern of {@link String#format}; a {@code %s} takes a number from {@link #number} or an escaped text
     */
    public Svg add(String pattern, Object... values) {
        elements.append(String.format(Locale.ROOT, pattern, values));
        return this;
    }

    /** Adds a rectangle. */
    public Svg rect(double x, double y, double width, double height, String attributes) {
        return add("<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" %s/>", number(x), number(y), number(width), number(height),
                attributes);
    }

    /** Adds a line. */
    public Svg line(double x1, double y1, double x2, double y2, String attributes) {
        return add("<line x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\" %s/>", number(x1), number(y1), number(x2), number(y2), attributes);
    }

    /**
     * Adds a line of text.
     *
     * @param y where its letters stand
     * @param anchor {@code start}, {@code middle} or {@code end}: what of the text is at {@code x}
     */
    public Svg text(double x, double y, String anchor, String attributes, String text) {
        return add("<text x=\"%s\" y=\"%s\" text-anchor=\"%s\" %s>%s</text>", number(x), number(y), anchor, attributes, escaped(text));
    }

    /**
     * {@return the picture, as an element of a page and as the content of a file}
     *
     * @param title what it shows; a browser shows it to who points there, and reads it out
     * @param description the same in figures, to be read out
     * @param attributes of the {@code svg} element
     */
    public String svg(double width, double height, String title, String description, String attributes) {
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + number(width) + "\" height=\"" + number(height)
                + "\" viewBox=\"0 0 " + number(width) + " " + number(height) + "\" role=\"img\" " + attributes + "><title>"
                + escaped(title) + "</title><desc>" + escaped(description) + "</desc>" + elements + "</svg>";
    }

    /** {@return the elements so far} */
    @Override
    public String toString() {
        return elements.toString();
    }

    /** {@return a number with a decimal where it has one, the same in every language} */
    public static String number(double number) {
        return BigDecimal.valueOf(number).setScale(1, RoundingMode.HALF_UP).stripTrailingZeros().toPlainString();
    }

    /** {@return text for XML and HTML, where what has no place in these is replaced} */
    public static String escaped(String text) {
        StringBuilder escaped = new StringBuilder(text.length() + text.length() / 8);
        text.codePoints().forEach(c -> {
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                default -> escaped.appendCodePoint(isCharacter(c) ? c : REPLACEMENT);
            }
        });
        return escaped.toString();
    }

    /** Whether XML 1.0 has it. */
    private static boolean isCharacter(int c) {
        return c >= ' ' && c < 0xd800 || c == '\t' || c == '\n' || c == '\r' || c > 0xdfff && c < 0xfffe || c > 0xffff;
    }

    /** {@return about how wide a text is, in a font of a size} */
    public static double width(String text, double size) {
        return size * text.codePoints().mapToDouble(c -> c < FIRST_SQUARE ? LETTER : SQUARE).sum();
    }

    /** {@return the same in bold} */
    public static double boldWidth(String text, double size) {
        return BOLD_LETTER / LETTER * width(text, size);
    }

    /** {@return the text, or as much of its beginning as there is room for} */
    public static String fitted(String text, double size, double room) {
        String fitted = text;
        for (int end = text.length(); end > 0 && width(fitted, size) > room; end = text.offsetByCodePoints(end, -1)) {
            fitted = text.substring(0, end - Character.charCount(text.codePointBefore(end))).strip() + "…";
        }
        return fitted;
    }

    /** {@return the text in lines for which there is room, broken between words} */
    public static List<String> wrapped(String text, double size, double room) {
        List<String> lines = new ArrayList<>();
        String line = "";
        for (String word : text.split(" ")) {
            String longer = line.isEmpty() ? word : line + " " + word;
            if (!line.isEmpty() && boldWidth(longer, size) > room) {
                lines.add(line);
                longer = word;
            }
            line = longer;
        }
        lines.add(line);
        return lines;
    }
}
