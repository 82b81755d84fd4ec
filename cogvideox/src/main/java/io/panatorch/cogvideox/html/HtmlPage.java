package io.panatorch.cogvideox.html;

import io.panatorch.io.AtomicFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * A report in one file: it opens without a network, in light and dark, on a phone and on paper.
 *
 * <p>Parts are added from top to bottom. All text is taken as it is; what HTML would read in it is escaped.
 */
public final class HtmlPage {

    private static final int PERCENT = 100;
    private static final int PNG_WIDTH = 16;

    private final String title;
    private final StringBuilder body = new StringBuilder();

    /**
     * One cell of a table.
     *
     * @param text what it says
     * @param part length of a bar behind the text, in [0, 1]; NaN for none
     * @param best whether it is the best of its column, and shown so
     */
    public record Cell(String text, double part, boolean best) {

        /** Checks that there is a text. */
        public Cell {
            Objects.requireNonNull(text, "text");
        }

        /** {@return a cell with a text alone} */
        public static Cell of(String text) {
            return new Cell(text, Double.NaN, false);
        }
    }

    /** Begins a page with its heading. */
    public HtmlPage(String title) {
        this.title = title;
        body.append("<h1>").append(escaped(title)).append("</h1>\n");
    }

    /** Adds what the page is about, in a sentence or two. */
    public HtmlPage lead(String text) {
        return element("p", " class=\"lead\"", escaped(text));
    }

    /** Adds the heading of a section. */
    public HtmlPage heading(String text) {
        return element("h2", "", escaped(text));
    }

    /** Adds the heading of a part of a section. */
    public HtmlPage subheading(String text) {
        return element("h3", "", escaped(text));
    }

    /** Adds a paragraph. */
    public HtmlPage paragraph(String text) {
        return element("p", "", escaped(text));
    }

    /** Adds a command, or other text whose lines and spaces count. */
    public HtmlPage code(String text) {
        return element("pre", "", escaped(text));
    }

    /** Adds names and what they stand for, in the map's order. */
    public HtmlPage facts(Map<String, String> facts) {
        return element("dl", "", facts.entrySet().stream()
                .map(fact -> "<div><dt>" + escaped(fact.getKey()) + "</dt><dd>" + escaped(fact.getValue()) + "</dd></div>")
                .collect(Collectors.joining()));
    }

    /**
     * Adds a table. The first column holds names, the others numbers, aligned to the right.
     *
     * @param rows with a cell for each heading
     */
    public HtmlPage table(List<String> headings, List<List<Cell>> rows) {
        StringBuilder table = new StringBuilder("<table><thead><tr>");
        headings.forEach(heading -> table.append("<th scope=\"col\">").append(escaped(heading)).append("</th>"));
        table.append("</tr></thead>\n<tbody>");
        for (List<Cell> row : rows) {
            if (row.size() != headings.size()) {
                throw new IllegalArgumentException("table: expected " + headings.size() + " cells in a row, found " + row.size());
            }
            table.append("<tr><th scope=\"row\">").append(escaped(row.getFirst().text)).append("</th>");
            row.stream().skip(1).forEach(cell -> table.append(html(cell)));
            table.append("</tr>\n");
        }
        return element("div", " class=\"wide\" tabindex=\"0\"", table + "</tbody></table>");
    }

    private static String html(Cell cell) {
        String style = Double.isNaN(cell.part) ? "" : String.format(Locale.ROOT, " style=\"--part:%.1f%%\" class=\"bar\"",
                PERCENT * Math.clamp(cell.part, 0, 1));
        String text = escaped(cell.text);
        return "<td" + style + ">" + (cell.best ? "<b>" + text + "</b>" : text) + "</td>";
    }

    /**
     * Adds a picture, of twice the density of an ordinary screen.
     *
     * @param light PNG file for a light page
     * @param dark PNG file of the same size for a dark page
     * @param caption stands below it, and is read out in its place
     */
    public HtmlPage picture(byte[] light, byte[] dark, String caption) {
        return element("figure", "", "<div class=\"wide\" tabindex=\"0\"><picture><source media=\"(prefers-color-scheme: dark)\""
                + " srcset=\"" + data("image/png", dark) + "\"><img width=\"" + width(light) / 2 + "\" alt=\"" + escaped(caption)
                + "\" src=\""
                + data("image/png", light) + "\"></picture></div>" + caption(caption));
    }

    /** A PNG file has the width of its picture at the same place always. */
    private static int width(byte[] png) {
        return ByteBuffer.wrap(png).getInt(PNG_WIDTH);
    }

    /**
     * Adds a video, which plays by itself and over again.
     *
     * @param mp4 the file
     */
    public HtmlPage video(byte[] mp4, String caption) {
        return element("figure", "", "<video controls autoplay loop muted playsinline src=\"" + data("video/mp4", mp4)
                + "\"></video>" + caption(caption));
    }

    /** Adds a drawing of curves over timesteps. */
    public HtmlPage drawing(TimelinePlot plot, String caption) {
        return element("figure", "", plot.svg() + caption(caption));
    }

    /** Adds a drawing of points; nothing where there are none. */
    public HtmlPage drawing(ScatterPlot plot, String caption) {
        String svg = plot.svg();
        return svg.isEmpty() ? this : element("figure", "", svg + caption(caption));
    }

    private static String caption(String text) {
        return text.isEmpty() ? "" : "<figcaption>" + escaped(text) + "</figcaption>";
    }

    private HtmlPage element(String name, String attributes, String content) {
        body.append('<').append(name).append(attributes).append('>').append(content).append("</").append(name).append(">\n");
        return this;
    }

    /** {@return the whole page} */
    public String html() {
        return template().replace("@title@", escaped(title)).replace("@body@", body);
    }

    /**
     * Writes the page, whole or not at all.
     *
     * @throws IOException where that fails; the message names the file
     */
    public void write(Path target) throws IOException {
        AtomicFile.write(target, temporary -> Files.writeString(temporary, html()));
    }

    private static String template() {
        try (InputStream in = HtmlPage.class.getResourceAsStream("page.html")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String data(String type, byte[] content) {
        return "data:" + type + ";base64," + Base64.getEncoder().encodeToString(content);
    }

    static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }
}
