package io.panatorch.cache.report;

import io.panatorch.svg.Svg;
import java.util.List;

/** A picture of cells in rows and columns, as wide as it is asked to be, or wider where cells would be too narrow to be seen. */
final class HeatMap {

    private static final int MARGIN = Canvas.MARGIN;
    private static final int GROUP_HEIGHT = 28;
    private static final int AXIS_HEIGHT = 28;
    private static final int GUTTER = 36;
    private static final int LABEL_GAP = 6;
    private static final int SMALL = Canvas.SMALL;
    /** In less width rows are lower too. */
    private static final int PHONE = 480;
    private static final double NARROWEST_CELL = 2;
    private static final double WIDEST_CELL = 56;
    /** Cells that are smaller than this lie without a line between them. */
    private static final int LINED = 6;
    private static final int[] LABEL_INTERVALS = {1, 2, 5, 10, 20, 50, 100, 200, 500};

    /** One row: the layer, and a colour for each step. */
    record Row(int layer, List<String> cells) {}

    /** Rows under a heading. */
    record Group(String name, List<Row> rows) {}

    private final List<Group> groups;
    private final Palette palette;
    private final int steps;
    private final double width;
    private final int rowPitch;
    private final double columnPitch;
    private final Canvas canvas;
    private final Svg svg;

    HeatMap(List<Group> groups, Palette palette, double width) {
        this.groups = groups;
        this.palette = palette;
        this.steps = groups.stream().flatMap(group -> group.rows.stream()).mapToInt(row -> row.cells.size()).max().orElse(1);
        int rows = groups.stream().mapToInt(group -> group.rows.size()).sum();
        int high = rows <= 24 ? 18 : rows <= 64 ? 12 : rows <= 130 ? 8 : 5;
        this.rowPitch = width < PHONE ? high * 2 / 3 : high;
        double frame = 2 * MARGIN + GUTTER;
        this.columnPitch = Math.clamp((width - frame) / steps, NARROWEST_CELL, WIDEST_CELL);
        this.canvas = new Canvas(palette, width);
        this.svg = canvas.svg;
        this.width = Math.max(width, frame + steps * columnPitch);
    }

    /** {@return an SVG file} */
    String draw(String title, String description, Legend legend) {
        double y = canvas.drawHead(title, legend);
        for (Group group : groups) {
            y = drawGroup(group, y + GROUP_HEIGHT);
        }
        drawSteps(y);
        return canvas.file(width, y + AXIS_HEIGHT, title, description);
    }

    /** @return where it ends */
    private double drawGroup(Group group, double top) {
        int rows = group.rows.size();
        double left = MARGIN + GUTTER;
        svg.text(left, top - LABEL_GAP, "start", Canvas.text(palette.ink(), Legend.TEXT), group.name);
        svg.add("<g transform=\"translate(%s %s) scale(%s %d)\" shape-rendering=\"crispEdges\">%s</g>", Svg.number(left),
                Svg.number(top), Double.toString(columnPitch), rowPitch,
                new Cells(group.rows.stream().map(Row::cells).toList(), steps, palette.paper()).paths());
        drawLines(left, top, rows);
        if (rows > 1) {
            label("layer", top - LABEL_GAP);
            int interval = interval(rowPitch, SMALL + LABEL_GAP);
            for (int i = 0; i < rows; i++) {
                int layer = group.rows.get(i).layer;
                if (layer % interval == 0) {
                    label(Integer.toString(layer), top + i * rowPitch + (rowPitch + SMALL) / 2.0 - 1.5);
                }
            }
        }
        return top + rows * rowPitch;
    }

    private void drawLines(double left, double top, int rows) {
        if (Math.min(columnPitch, rowPitch) < LINED) {
            return;
        }
        StringBuilder path = new StringBuilder();
        for (int i = 1; i < steps; i++) {
            path.append('M').append(Svg.number(left + i * columnPitch)).append(' ').append(Svg.number(top)).append('v')
                    .append(rows * rowPitch);
        }
        for (int i = 1; i < rows; i++) {
            path.append('M').append(Svg.number(left)).append(' ').append(Svg.number(top + i * rowPitch)).append('h')
                    .append(Svg.number(steps * columnPitch));
        }
        if (!path.isEmpty()) {
            svg.add("<path stroke=\"%s\" d=\"%s\"/>", palette.paper(), path);
        }
    }

    private void label(String text, double y) {
        svg.text(MARGIN + GUTTER - LABEL_GAP, y, "end", Canvas.text(palette.soft(), SMALL), text);
    }

    private void drawSteps(double bottom) {
        double y = bottom + SMALL + 4;
        int interval = interval(columnPitch, Svg.width(Integer.toString(steps), SMALL) + LABEL_GAP);
        for (int step = 0; step < steps; step += interval) {
            svg.text(MARGIN + GUTTER + (step + 0.5) * columnPitch, y, "middle", Canvas.text(palette.soft(), SMALL), Integer.toString(step));
        }
        label("step", y);
    }

    /** The least one at which labels of a size do not touch. */
    static int interval(double pitch, double size) {
        for (int interval : LABEL_INTERVALS) {
            if (interval * pitch >= size) {
                return interval;
            }
        }
        return LABEL_INTERVALS[LABEL_INTERVALS.length - 1];
    }
}
