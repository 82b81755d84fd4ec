package io.panatorch.cogvideox.html;

import io.panatorch.svg.Svg;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToDoubleFunction;

/**
 * A drawing of curves over the timesteps of a generation, from the first to the last, with windows of timesteps shaded below
 * each other, in the page's colours.
 *
 * @param yName what lies up, on a logarithmic scale
 * @param timesteps falling, two or more
 * @param curves with a value above 0 for each timestep; up to four
 */
public record TimelinePlot(String yName, List<Integer> timesteps, List<Curve> curves) {

    /**
     * A window of timesteps, both ends excluded.
     *
     * @param label stands in it where there is room
     */
    public record Window(int low, int high, String label) {}

    /**
     * A curve and its windows.
     *
     * @param low what most values lie above
     * @param high what most values lie below
     */
    public record Curve(String name, List<Double> middle, List<Double> low, List<Double> high, List<Window> windows) {

        /** Copies the lists. */
        public Curve {
            middle = List.copyOf(middle);
            low = List.copyOf(low);
            high = List.copyOf(high);
            windows = List.copyOf(windows);
        }
    }

    /** Copies the lists. */
    public TimelinePlot {
        timesteps = List.copyOf(timesteps);
        curves = List.copyOf(curves);
    }

    /** {@return SVG of a width in pixels} */
    public String svg(int width) {
        return new Drawing(width).draw();
    }

    /** The drawing of one width. */
    private final class Drawing {

        private static final int LEFT = 58;
        private static final int RIGHT = 14;
        private static final int LEGEND = 22;
        private static final int CURVES = 190;
        private static final int LANE = 34;
        private static final int LANE_GAP = 24;
        private static final int AXIS = 40;
        private static final int LINE = 15;
        private static final int TEXT = 12;
        private static final int KEY = 30;
        private static final int NARROW = 500;
        private static final int[] DIGITS = {5, 2, 1};

        private final Svg svg = new Svg();
        private final int width;
        private final double low = Math.log(0.9 * curves.stream().flatMap(curve -> curve.low.stream()).filter(value -> value > 0)
                .mapToDouble(Double::doubleValue).min().orElse(0.1));
        private final double high = Math.max(low + 0.1, Math.log(1.1 * curves.stream().flatMap(curve -> curve.high.stream())
                .mapToDouble(Double::doubleValue).max().orElse(1)));
        private int top;

        private Drawing(int width) {
            this.width = width;
        }

        private String draw() {
            top = drawLegend() + LINE + 10;
            drawScale();
            for (int i = 0; i < curves.size(); i++) {
                svg.add("<g class=\"c%d\">", i);
                drawWindows(i);
                svg.add("</g>");
            }
            for (int i = 0; i < curves.size(); i++) {
                drawCurve(i);
            }
            String windows = String.join("; ", curves.stream().map(curve -> curve.name + ": " + String.join(", ",
                    curve.windows.stream().map(w -> w.label + " between " + w.high + " and " + w.low).toList())).toList());
            return svg.svg(width, lane(curves.size()) + AXIS, yName + " over the timesteps", windows, "class=\"plot timeline\"");
        }

        private double x(double timestep) {
            double first = timesteps.getFirst();
            double last = timesteps.getLast();
            return LEFT + Math.clamp((first - timestep) / (first - last), 0, 1) * (width - RIGHT - LEFT);
        }

        private double y(double value) {
            return top + (high - Math.max(Math.log(value), low)) / (high - low) * CURVES;
        }

        /** Where a lane of windows begins, below the curves. */
        private int lane(int index) {
            return top + CURVES + LANE_GAP + index * LANE;
        }

        /** @return where it ends */
        private int drawLegend() {
            double left = LEFT;
            int y = 0;
            for (int i = 0; i < curves.size(); i++) {
                double room = KEY + Svg.width(curves.get(i).name, TEXT);
                if (left > LEFT && left + room > width - RIGHT) {
                    left = LEFT;
                    y += LEGEND;
                }
                svg.add("<g class=\"c%d\"><polyline points=\"%s,%d %s,%3$d\"/></g>", i, Svg.number(left), y + LEGEND / 2,
                        Svg.number(left + KEY - 8));
                svg.text(left + KEY, y + LEGEND / 2 + 4, "start", "", curves.get(i).name);
                left += room + LINE;
            }
            return y + LEGEND;
        }

        private void drawScale() {
            double free = Double.NEGATIVE_INFINITY;
            for (int power = 3; power >= -9; power--) {
                for (int digit : DIGITS) {
                    double value = digit * Math.pow(10, power);
                    if (Math.log(value) > low && Math.log(value) < high && y(value) > free) {
                        svg.line(LEFT, y(value), width - RIGHT, y(value), "");
                        svg.text(LEFT - 8, y(value) + 4, "end", "class=\"soft\"", percent(100 * value));
                        free = y(value) + LINE;
                    }
                }
            }
            int bottom = lane(curves.size());
            int distance = width < NARROW ? 200 : 100;
            for (int tick = timesteps.getFirst() / distance * distance; tick >= timesteps.getLast(); tick -= distance) {
                svg.line(x(tick), top, x(tick), bottom, "");
                svg.text(x(tick), bottom + LINE + 2, "middle", "class=\"soft\"", Integer.toString(tick));
            }
            svg.text(width - RIGHT, bottom + 2 * LINE + 5, "end", "class=\"soft\"", "timestep →");
            svg.text(8, top - 12, "start", "class=\"soft\"", "↑ " + yName);
        }

        private static String percent(double number) {
            return (number < 1 ? Double.toString(Math.rint(number * 1000) / 1000) : Long.toString(Math.round(number))) + " %";
        }

        private void drawWindows(int index) {
            int lane = lane(index);
            svg.text(LEFT - 8, lane + LANE / 2.0 + 1, "end", "class=\"soft\"", "reused");
            for (Window window : curves.get(index).windows) {
                double left = x(window.high);
                double right = x(window.low);
                svg.rect(left, top, right - left, CURVES, "class=\"shade\"");
                svg.add("<rect class=\"window\" x=\"%s\" y=\"%d\" width=\"%s\" height=\"%d\" rx=\"3\"><title>%s</title></rect>",
                        Svg.number(left + 1), lane, Svg.number(Math.max(right - left - 2, 1)), LANE - 8, Svg.escaped(window.label));
                String label = Svg.fitted(window.label, TEXT, right - left - 8);
                if (label.length() > 3) {
                    svg.text((left + right) / 2, lane + LANE / 2.0 + 1, "middle", "", label);
                }
            }
        }

        private void drawCurve(int index) {
            Curve curve = curves.get(index);
            List<String> area = points(curve.high::get);
            area.addAll(points(i -> curve.low.get(i)).reversed());
            svg.add("<g class=\"c%d\"><polygon class=\"spread\" points=\"%s\"/><polyline points=\"%s\"/></g>", index,
                    String.join(" ", area), String.join(" ", points(curve.middle::get)));
        }

        private List<String> points(IntToDoubleFunction value) {
            List<String> points = new ArrayList<>();
            for (int i = 0; i < timesteps.size(); i++) {
                points.add(Svg.number(x(timesteps.get(i))) + "," + Svg.number(y(value.applyAsDouble(i))));
            }
            return points;
        }
    }
}
