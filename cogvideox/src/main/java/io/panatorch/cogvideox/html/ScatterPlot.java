package io.panatorch.cogvideox.html;

import io.panatorch.svg.Svg;
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

    private static final int LEAST_HEIGHT = 320;
    private static final int LEFT = 44;
    private static final int RIGHT = 12;
    private static final int TOP = 30;
    private static final int BOTTOM = 46;
    private static final int LINE = 15;
    private static final int TEXT = 12;
    private static final int RADIUS = 5;
    private static final int BASELINE = 4;
    /** A name that lies farther away from its point is tied to it by a line. */
    private static final int NEAR = 18;

    /** A point with its name. */
    public record Point(String name, double x, double y) {}

    /** Keeps the points that have a place. */
    public ScatterPlot {
        points = points.stream().filter(point -> Double.isFinite(point.x) && Double.isFinite(point.y))
                .sorted(Comparator.comparingDouble(Point::y).reversed()).toList();
    }

    /** Numbers at round distances, with all points between the first and the last. */
    private record Axis(double first, double distance, int count, double from, double to) {

        static Axis of(DoubleStream numbers, double from, double to, int tickDistance) {
            double[] all = numbers.sorted().toArray();
            double low = all[0];
            double high = all[all.length - 1];
            double most = Math.max(2, Math.abs(to - from) / tickDistance - 1);
            double least = Math.max(high - low, Math.abs(high) / 100) / most;
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

    /** {@return SVG of a width in pixels; empty without points} */
    public String svg(int width) {
        if (points.isEmpty()) {
            return "";
        }
        int height = Math.max(LEAST_HEIGHT, TOP + BOTTOM + 2 * LINE * points.size()); // room for every name
        Axis x = Axis.of(points.stream().mapToDouble(Point::x), LEFT, width - RIGHT, 5 * LINE);
        Axis y = Axis.of(points.stream().mapToDouble(Point::y), height - BOTTOM, TOP, 2 * LINE);
        Svg svg = new Svg();
        for (int i = 0; i < x.count; i++) {
            double at = x.place(x.tick(i));
            svg.line(at, TOP, at, height - BOTTOM, "");
            boolean isLast = i == x.count - 1;
            svg.text(isLast ? width - 2 : at, height - BOTTOM + LINE + 2, isLast ? "end" : "middle", "class=\"soft\"", x.text(i));
        }
        for (int i = 0; i < y.count; i++) {
            double at = y.place(y.tick(i));
            svg.line(LEFT, at, width - RIGHT, at, "");
            svg.text(LEFT - 8, at + BASELINE, "end", "class=\"soft\"", y.text(i));
        }
        svg.text(width - RIGHT, height - 8, "end", "class=\"soft\"", xName + " →");
        svg.text(LEFT - 32, TOP - 14, "start", "class=\"soft\"", "↑ " + yName);
        drawPoints(svg, x, y);
        return svg.svg(width, height, yName + " by " + xName, description(), "class=\"plot\"");
    }

    private String description() {
        return String.join("; ", points.stream().map(point -> String.format(Locale.ROOT, "%s: %.2f %s, %.1f %s", point.name, point.x,
                xName, point.y, yName)).toList());
    }

    /** What takes up space in a line of text: a name, or a point. */
    private record Label(double left, double right, double y) {

        boolean touches(Label other) {
            return left < other.right && other.left < right && Math.abs(y - other.y) < LINE;
        }
    }

    private void drawPoints(Svg svg, Axis xAxis, Axis yAxis) {
        List<Label> taken = new ArrayList<>();
        points.forEach(point -> {
            double x = xAxis.place(point.x);
            taken.add(new Label(x - RADIUS, x + RADIUS, yAxis.place(point.y) + BASELINE));
        });
        for (Point point : points) {
            double x = xAxis.place(point.x);
            double y = yAxis.place(point.y);
            double toTheRight = xAxis.to - x - 2 * RADIUS;
            double toTheLeft = x - 2 * RADIUS - xAxis.from;
            String name = Svg.fitted(point.name, TEXT, Math.max(toTheLeft, toTheRight));
            double room = Svg.width(name, TEXT);
            List<Double> places = new ArrayList<>();
            if (room <= toTheRight) {
                places.add(x + 2 * RADIUS);
            }
            if (room <= toTheLeft) {
                places.add(x - 2 * RADIUS - room);
            }
            Label label = free(places, room, y + BASELINE, yAxis, taken);
            taken.add(label);
            boolean isLeft = label.left < x;
            if (Math.abs(label.y - BASELINE - y) > NEAR) {
                svg.line(x, y, isLeft ? label.right + 2 : label.left - 2, label.y - BASELINE, "class=\"leader\"");
            }
            svg.add("<circle cx=\"%s\" cy=\"%s\" r=\"%d\"><title>%s</title></circle>", Svg.number(x), Svg.number(y), RADIUS,
                    Svg.escaped(point.name));
            svg.text(isLeft ? label.right : label.left, label.y, isLeft ? "end" : "start", "", name);
        }
    }

    /** The nearest place inside the frame that nothing else has; the first one where there is none. */
    private static Label free(List<Double> lefts, double width, double wanted, Axis yAxis, List<Label> taken) {
        double least = yAxis.to + LINE;
        double most = yAxis.from - BASELINE;
        for (int distance = 0; distance < most - least; distance++) {
            for (double left : lefts) {
                for (double y : new double[] {wanted + distance, wanted - distance}) {
                    Label label = new Label(left, left + width, y);
                    if (y >= least && y <= most && taken.stream().noneMatch(label::touches)) {
                        return label;
                    }
                }
            }
        }
        return new Label(lefts.getFirst(), lefts.getFirst() + width, Math.clamp(wanted, least, most));
    }
}
