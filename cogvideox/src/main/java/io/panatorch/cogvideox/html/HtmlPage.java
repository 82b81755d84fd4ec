package io.panatorch.cogvideox.html;

import io.panatorch.cache.report.TextTable;
import io.panatorch.io.AtomicFile;
import io.panatorch.svg.Svg;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.stream.Collectors;

/**
 * A report in one file: it opens without a network, in light and dark, on a phone, on a desktop and on paper. It has a script where
 * it has videos, and shows these without it too.
 *
 * <p>Parts are added from top to bottom. All text is taken as it is; what HTML would read in it is escaped.
 */
public final class HtmlPage {

    /** Widths that pictures are drawn for: that of a phone, and that of half a desktop. */
    private static final int SLIM = 340;
    private static final int BROAD = 660;
    private static final int PERCENT = 100;
    /** An index of less is not worth its room. */
    private static final int FEW = 3;
    /** Videos up to this width are shown pixel by pixel. */
    private static final int SMALL_VIDEO = 256;

    private final String title;
    private final StringBuilder body = new StringBuilder();
    private final List<Section> sections = new ArrayList<>();
    private String lead = "";
    private boolean hasVideos;

    /** A heading and those below it. */
    private record Section(String id, String title, List<Section> parts) {}

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

    /**
     * A part of a video, shown apart from the others.
     *
     * @param name stands above it
     * @param note stands beside the name, and may be empty
     * @param x where it begins in the video, in pixels, from the left
     * @param y and from the top
     */
    public record Tile(String name, String note, int x, int y, int width, int height) {}

    /** Begins a page with its heading. */
    public HtmlPage(String title) {
        this.title = title;
    }

    /** Says what the page is about, in a sentence or two below its heading. */
    public HtmlPage lead(String text) {
        lead = "<p class=\"lead\">" + Svg.escaped(text) + "</p>\n";
        return this;
    }

    /** Adds the heading of a section. */
    public HtmlPage heading(String text) {
        return heading(sections, "h2", "s" + (sections.size() + 1), text);
    }

    /** Adds the heading of a part of a section. */
    public HtmlPage subheading(String text) {
        Section section = sections.getLast();
        return heading(section.parts, "h3", section.id + "-" + (section.parts.size() + 1), text);
    }

    private HtmlPage heading(List<Section> among, String name, String id, String text) {
        among.add(new Section(id, text, new ArrayList<>()));
        return element(name, " id=\"" + id + "\" dir=\"auto\"", Svg.escaped(text));
    }

    /** Adds a paragraph. */
    public HtmlPage paragraph(String text) {
        return element("p", "", Svg.escaped(text));
    }

    /** Adds a command, or other text whose lines and spaces count. */
    public HtmlPage code(String text) {
        return element("pre", "", Svg.escaped(text));
    }

    /** Adds names and what they stand for, in the map's order. */
    public HtmlPage facts(Map<String, String> facts) {
        return element("dl", "", facts.entrySet().stream().map(fact -> "<div><dt>" + Svg.escaped(fact.getKey())
                + "</dt><dd dir=\"auto\">" + Svg.escaped(fact.getValue()) + "</dd></div>").collect(Collectors.joining()));
    }

    /** Adds parts beside each other where there is room, else below each other. */
    public HtmlPage beside(List<Consumer<HtmlPage>> parts) {
        body.append("<div class=\"beside\">\n");
        for (Consumer<HtmlPage> part : parts) {
            body.append("<div>\n");
            part.accept(this);
            body.append("</div>\n");
        }
        body.append("</div>\n");
        return this;
    }

    /** Adds two parts beside each other where there is room, else below each other. */
    public HtmlPage beside(Consumer<HtmlPage> left, Consumer<HtmlPage> right) {
        return beside(List.of(left, right));
    }

    /** Adds a part that is shown when its line is chosen. */
    public HtmlPage folded(String line, Consumer<HtmlPage> part) {
        body.append("<details><summary>").append(Svg.escaped(line)).append("</summary>\n");
        part.accept(this);
        body.append("</details>\n");
        return this;
    }

    /**
     * Adds a table. The first column holds names, the others numbers, aligned to the right.
     *
     * @param rows with a cell for each heading
     */
    public HtmlPage table(List<String> headings, List<List<Cell>> rows) {
        StringBuilder table = new StringBuilder("<table><thead><tr>");
        headings.forEach(heading -> table.append("<th scope=\"col\">").append(Svg.escaped(heading)).append("</th>"));
        table.append("</tr></thead>\n<tbody>");
        for (List<Cell> row : rows) {
            if (row.size() != headings.size()) {
                throw new IllegalArgumentException("table: expected " + headings.size() + " cells in a row, found " + row.size());
            }
            table.append("<tr><th scope=\"row\" dir=\"auto\">").append(Svg.escaped(row.getFirst().text)).append("</th>");
            row.stream().skip(1).forEach(cell -> table.append(html(cell)));
            table.append("</tr>\n");
        }
        return element("div", " class=\"wide\" tabindex=\"0\"", table + "</tbody></table>");
    }

    /** Adds a table as it is. */
    public HtmlPage table(TextTable table) {
        List<List<String>> rows = table.rows();
        return table(rows.getFirst(), rows.stream().skip(1).map(row -> row.stream().map(Cell::of).toList()).toList());
    }

    private static String html(Cell cell) {
        String style = Double.isNaN(cell.part) ? "" : String.format(Locale.ROOT, " style=\"--part:%.1f%%\" class=\"bar\"",
                PERCENT * Math.clamp(cell.part, 0, 1));
        String text = Svg.escaped(cell.text);
        return "<td" + style + ">" + (cell.best ? "<b>" + text + "</b>" : text) + "</td>";
    }

    /**
     * Adds a picture; nothing where there is nothing to be seen in it. It is drawn for a phone and for a desktop, so that its text is
     * legible on both.
     *
     * @param picture SVG of a width in pixels, or an empty text
     * @param caption stands below it
     */
    public HtmlPage picture(IntFunction<String> picture, String caption) {
        String broad = picture.apply(BROAD);
        return broad.isEmpty() ? this : element("figure", "", "<div class=\"wide broad\">" + broad
                + "</div><div class=\"wide slim\">" + picture.apply(SLIM) + "</div>" + caption(caption));
    }

    /**
     * Adds a video, of which each part is shown apart from the others. They play together, over and over again, with one set of
     * controls below them.
     *
     * @param mp4 the file
     * @param frames how many pictures it has
     * @param tiles all of one size
     */
    public HtmlPage videos(byte[] mp4, int frames, List<Tile> tiles) {
        hasVideos = true;
        Tile first = tiles.getFirst();
        boolean isSmall = first.width <= SMALL_VIDEO;
        StringBuilder html = new StringBuilder("<video controls autoplay loop muted playsinline preload=\"auto\" src=\"")
                .append(data("video/mp4", mp4)).append("\"></video>\n<p class=\"order\">In this video, from the left to the right and from"
                        + " the top down:</p>\n<ol class=\"tiles\">");
        for (Tile tile : tiles) {
            html.append(String.format(Locale.ROOT, "<li><p><b dir=\"auto\">%s</b> <span>%s</span></p><canvas width=\"%d\""
                    + " height=\"%d\" data-x=\"%d\" data-y=\"%d\" role=\"img\" aria-label=\"%1$s\"></canvas></li>\n",
                    Svg.escaped(tile.name), Svg.escaped(tile.note), tile.width, tile.height, tile.x, tile.y));
        }
        html.append("</ol>\n<div class=\"controls\"><button type=\"button\">Pause</button><input type=\"range\" min=\"0\" max=\"")
                .append(frames - 1).append("\" value=\"0\" aria-label=\"frame\"><output>1 / ").append(frames).append("</output></div>");
        return element("figure", " class=\"videos" + (isSmall ? " small" : "") + "\" style=\"--count:" + tiles.size() + "\"",
                html.toString());
    }

    private static String caption(String text) {
        return text.isEmpty() ? "" : "<figcaption>" + Svg.escaped(text) + "</figcaption>";
    }

    private HtmlPage element(String name, String attributes, String content) {
        body.append('<').append(name).append(attributes).append('>').append(content).append("</").append(name).append(">\n");
        return this;
    }

    /** {@return the whole page} */
    public String html() {
        String head = "<header>\n<h1>" + Svg.escaped(title) + "</h1>\n" + lead + index() + "</header>\n<main>\n";
        String script = hasVideos ? "<script>\n" + resource("page.js") + "</script>\n" : "";
        return resource("page.html").replace("@title@", Svg.escaped(title)).replace("@body@", head + body + "</main>\n" + script);
    }

    private String index() {
        if (sections.size() < FEW) {
            return "";
        }
        StringBuilder nav = new StringBuilder("<nav aria-label=\"contents\">");
        sections.forEach(section -> nav.append(link(section)));
        for (Section section : sections) {
            if (section.parts.size() >= FEW) {
                nav.append("<details><summary>").append(Svg.escaped(section.title)).append(", one by one</summary><ol>");
                section.parts.forEach(part -> nav.append("<li dir=\"auto\">").append(link(part)).append("</li>"));
                nav.append("</ol></details>");
            }
        }
        return nav.append("</nav>\n").toString();
    }

    private static String link(Section section) {
        return "<a href=\"#" + section.id + "\">" + Svg.escaped(section.title) + "</a> ";
    }

    /**
     * Writes the page, whole or not at all.
     *
     * @throws IOException where that fails; the message names the file
     */
    public void write(Path target) throws IOException {
        AtomicFile.write(target, temporary -> Files.writeString(temporary, html()));
    }

    private static String resource(String name) {
        try (InputStream in = HtmlPage.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String data(String type, byte[] content) {
        return "data:" + type + ";base64," + Base64.getEncoder().encodeToString(content);
    }
}
