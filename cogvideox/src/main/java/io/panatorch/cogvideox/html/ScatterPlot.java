package io.panatorch.cogvideox.html;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/**
 * A drawing of named points in two dimensions, in the page's colours. A point without a place, such as one at infinity, is left
 * out.
 *
 * @param xName what lies to the right
 * @param yName what lies up
 * @param points in any order
 */
public record ScatterPlot(String xName, String yName, List<Point> points) {

    private static final int WIDTH = 640;
    private static final int HEIGHT = 340;
    private static final int LEFT = 48;
    private static final int RIGHT = 16;
    private static final int TOP = 30;
    private static final int BOTTOM = 44;
    private static final int LINE = 15;
    private static final int RADIUS = 5;
    private static final int BASELINE = 4;
    private static final double LETTER = 6.6;
    private static final int MOST_TICKS = 7;

    /** A point with its name. */
    public record Point(String name, double x, double y) {}

    /** Keeps the points that have a place. */
    public ScatterPlot {
        points = points.stream().filter(point -> Double.isFinite(point.x) && Double.isFinite(point.y))
                .sorted(Comparator.comparingDouble(Point::y).reversed()).toList();
    }

    /** Numbers at round distances, with all points between the first and the last. */
    private record Axis(double first, double distance, int count, double from, double to) {

        static Axis of(DoubleStream numbers, double from, double to) {
            double[] all = numbers.sorted().toArray();
            double low = all[0];
            double high = all[all.length - 1];
            double least = Math.max(high - low, Math.abs(high) / 100) / (MOST_TICKS - 2);
            double power = Math.pow(10, Math.floor(Math.log10(Math.max(least, 1e-9))));
            double distance = DoubleStream.of(1, 2, 5, 10).map(factor -> factor * power).filter(d -> d >= least).findFirst()
                    .orElse(10 * power);
            double first = Math.floor(low / distance - 0.2) * distance;
            int count = (int) Math.ceil((high - first) / distance + 0.2) + 1;
            return new Axis(first, distance, count, from, to);
        }

        double tick(int index) {
            return first + index * distance;
        }

        double place(double number) {
            return from + (number - first) / ((count - 1) * distance) * (to - from);
        }

        String text(int index) {
            int digits = (int) Math.max(0, -Math.floor(Math.log10(distance) + 1e-9));
            return String.format(Locale.ROOT, "%." + digits + "f", tick(index));
        }
    }

    /** {@return an {@code svg} element; empty without points} */
    String svg() {
        if (points.isEmpty()) {
            return "";
        }
        StringBuilder svg = new StringBuilder(Svg.format(
                "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s by %s\" class=\"plot\">", WIDTH, HEIGHT,
                HtmlPage.escaped(yName), HtmlPage.escaped(xName)));
        Axis x = Axis.of(points.stream().mapToDouble(Point::x), LEFT, WIDTH - RIGHT);
        Axis y = Axis.of(points.stream().mapToDouble(Point::y), HEIGHT - BOTTOM, TOP);
        for (int i = 0; i < x.count; i++) {
            double at = x.place(x.tick(i));
            line(svg, at, TOP, at, HEIGHT - BOTTOM);
            Svg.text(svg, at, HEIGHT - BOTTOM + LINE + 2, "middle", "soft", x.text(i));
        }
        for (int i = 0; i < y.count; i++) {
            double at = y.place(y.tick(i));
            line(svg, LEFT, at, WIDTH - RIGHT, at);
            Svg.text(svg, LEFT - 8, at + 4, "end", "soft", y.text(i));
        }
        Svg.text(svg, WIDTH - RIGHT, HEIGHT - 6, "end", "soft", xName + " →");
        Svg.text(svg, LEFT - 32, TOP - 14, "start", "soft", "↑ " + yName);
        drawPoints(svg, x, y);
        return svg.append("</svg>").toString();
    }

    /** What takes up space in a line of text: a name, or a point. */
    private record Label(double left, double right, double y) {

        boolean touches(Label other) {
            return left < other.right && other.left < right && Math.abs(y - other.y) < LINE;
        }

        Label movedBy(double distance) {
            return new Label(left, right, y + distance);
        }
    }

    private void drawPoints(StringBuilder svg, Axis xAxis, Axis yAxis) {
        List<Label> taken = new ArrayList<>();
        points.forEach(point -> {
            double x = xAxis.place(point.x);
            taken.add(new Label(x - RADIUS, x + RADIUS, yAxis.place(point.y) + BASELINE));
        });
        for (Point point : points) {
            double x = xAxis.place(point.x);
            double y = yAxis.place(point.y);
            double width = LETTER * point.name.length();
            boolean toTheLeft = x + 2 * RADIUS + width > WIDTH - RIGHT && x - 2 * RADIUS - width > LEFT;
            double left = toTheLeft ? x - 2 * RADIUS - width : x + 2 * RADIUS;
            Label label = free(new Label(left, left + width, y + BASELINE), taken);
            taken.add(label);
            svg.append(Svg.format("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%d\"/>", x, y, RADIUS));
            Svg.text(svg, toTheLeft ? label.right : label.left, label.y, toTheLeft ? "end" : "start", "", point.name);
        }
    }

    /** The nearest place above or below that nothing else has. */
    private static Label free(Label wanted, List<Label> taken) {
        for (int distance = 0; distance < HEIGHT; distance++) {
            for (Label label : List.of(wanted.movedBy(distance), wanted.movedBy(-distance))) {
                if (taken.stream().noneMatch(label::touches)) {
                    return label;
                }
            }
        }
        return wanted;
    }

    private static void line(StringBuilder svg, double x1, double y1, double x2, double y2) {
        svg.append(Svg.format("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>", x1, y1, x2, y2));
    }
}
