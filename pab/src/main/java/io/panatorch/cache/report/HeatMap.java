package io.panatorch.cache.report;

import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.Rectangle;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * A picture of cells in rows and columns. Lengths are in the pixels of an ordinary screen, of which the picture has
 * {@value #DENSITY} by {@value #DENSITY} for one.
 */
final class HeatMap {

    static final int DENSITY = 2;

    private static final int MARGIN = 16;
    private static final int TITLE_HEIGHT = 30;
    private static final int GROUP_HEIGHT = 28;
    private static final int AXIS_HEIGHT = 34;
    private static final int GUTTER = 34;
    private static final int LABEL_GAP = 6;
    private static final int LEAST_GRID_WIDTH = 200;
    /** Cells that are smaller than this lie without a line between them. */
    private static final int LINED = 6;
    private static final int[] LABEL_INTERVALS = {1, 5, 10, 20, 50, 100, 200, 500};

    private static final Font TITLE = new Font(Font.SANS_SERIF, Font.BOLD, 14);
    private static final Font TEXT = new Font(Font.SANS_SERIF, Font.PLAIN, 12);
    private static final Font SMALL = new Font(Font.SANS_SERIF, Font.PLAIN, 10);

    /** One row: the layer, and a colour for each step. */
    record Row(int layer, List<Color> cells) {}

    /** Rows under a heading. */
    record Group(String name, List<Row> rows) {}

    private final String title;
    private final List<Group> groups;
    private final Legend legend;
    private final Palette palette;
    private final int steps;
    private final int rowPitch;
    private final int columnPitch;

    HeatMap(String title, List<Group> groups, Legend legend, Palette palette) {
        this.title = title;
        this.groups = groups;
        this.legend = legend;
        this.palette = palette;
        this.steps = groups.stream().flatMap(group -> group.rows.stream()).mapToInt(row -> row.cells.size()).max().orElse(0);
        int rows = groups.stream().mapToInt(group -> group.rows.size()).sum();
        this.rowPitch = rows <= 24 ? 18 : rows <= 64 ? 12 : rows <= 130 ? 8 : 5;
        this.columnPitch = steps <= 8 ? 56 : steps <= 16 ? 36 : steps <= 32 ? 22 : steps <= 64 ? 14 : Math.max(3, 900 / steps);
    }

    BufferedImage draw() {
        FontMetrics bold = metrics(TITLE);
        FontMetrics plain = metrics(TEXT);
        int grid = Math.max(LEAST_GRID_WIDTH, steps * columnPitch);
        int width = 2 * MARGIN + Math.max(GUTTER + grid, Math.max(bold.stringWidth(title), legend.width(plain)));
        int height = top(groups.size()) + AXIS_HEIGHT;
        BufferedImage image = new BufferedImage(DENSITY * width, DENSITY * height, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = image.createGraphics();
        g.scale(DENSITY, DENSITY);
        g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        g.setColor(palette.paper());
        g.fillRect(0, 0, width, height);
        g.setColor(palette.ink());
        g.setFont(TITLE);
        g.drawString(title, MARGIN, MARGIN + bold.getAscent());
        g.setFont(TEXT);
        g.setColor(palette.soft());
        legend.draw(g, MARGIN, MARGIN + TITLE_HEIGHT);
        for (int i = 0; i < groups.size(); i++) {
            drawGroup(g, i);
        }
        drawSteps(g);
        g.dispose();
        return image;
    }

    /** Where a group begins, its heading included; of the number of groups, where the last one ends. */
    private int top(int group) {
        int y = MARGIN + TITLE_HEIGHT + legend.height();
        for (Group above : groups.subList(0, group)) {
            y += GROUP_HEIGHT + above.rows.size() * rowPitch;
        }
        return y;
    }

    /** Where a cell is drawn. */
    Rectangle cell(int group, int row, int step) {
        return new Rectangle(MARGIN + GUTTER + step * columnPitch, top(group) + GROUP_HEIGHT + row * rowPitch,
                columnPitch - gap(columnPitch), rowPitch - gap(rowPitch));
    }

    private static int gap(int pitch) {
        return pitch < LINED ? 0 : 1;
    }

    private void drawGroup(Graphics2D g, int index) {
        Group group = groups.get(index);
        g.setFont(TEXT);
        g.setColor(palette.ink());
        g.drawString(group.name, MARGIN + GUTTER, top(index) + GROUP_HEIGHT - LABEL_GAP);
        g.setFont(SMALL);
        FontMetrics font = g.getFontMetrics();
        if (group.rows.size() > 1) {
            label(g, "layer", top(index) + GROUP_HEIGHT - LABEL_GAP);
        }
        int interval = interval(rowPitch, font.getAscent());
        for (int i = 0; i < group.rows.size(); i++) {
            Row row = group.rows.get(i);
            for (int step = 0; step < row.cells.size(); step++) {
                g.setColor(row.cells.get(step));
                g.fill(cell(index, i, step));
            }
            if (group.rows.size() > 1 && row.layer % interval == 0) {
                label(g, Integer.toString(row.layer), cell(index, i, 0).y + (rowPitch + font.getAscent()) / 2 - 1);
            }
        }
    }

    private void label(Graphics2D g, String text, int y) {
        g.setColor(palette.soft());
        g.drawString(text, MARGIN + GUTTER - LABEL_GAP - g.getFontMetrics().stringWidth(text), y);
    }

    private void drawSteps(Graphics2D g) {
        g.setFont(SMALL);
        g.setColor(palette.soft());
        FontMetrics font = g.getFontMetrics();
        int y = top(groups.size()) + font.getAscent() + 4;
        int interval = interval(columnPitch, font.stringWidth("000") + 2);
        for (int step = 0; step < steps; step += interval) {
            String text = Integer.toString(step);
            int middle = MARGIN + GUTTER + step * columnPitch + columnPitch / 2;
            g.drawString(text, middle - font.stringWidth(text) / 2, y);
        }
        label(g, "step", y);
    }

    /** The least one at which labels of a size do not touch. */
    private static int interval(int pitch, int size) {
        for (int interval : LABEL_INTERVALS) {
            if (interval * pitch >= size) {
                return interval;
            }
        }
        return LABEL_INTERVALS[LABEL_INTERVALS.length - 1];
    }

    private static FontMetrics metrics(Font font) {
        Graphics2D g = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).createGraphics();
        try {
            return g.getFontMetrics(font);
        } finally {
            g.dispose();
        }
    }

    static void checkFonts() {
        metrics(TITLE).stringWidth("a");
    }

    static byte[] png(BufferedImage image) {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        try (var out = new MemoryCacheImageOutputStream(file)) { // ImageIO's own choice is a temporary file
            if (!ImageIO.write(image, "png", out)) {
                throw new IllegalStateException("this JDK cannot write PNG files");
            }
        } catch (IOException e) { // which writing to memory does not throw
            throw new UncheckedIOException(e);
        }
        return file.toByteArray();
    }
}
