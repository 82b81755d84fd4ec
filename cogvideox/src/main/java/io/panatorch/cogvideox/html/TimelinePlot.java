package io.panatorch.cogvideox.html;

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

    private static final int WIDTH = 760;
    private static final int LEFT = 64;
    private static final int RIGHT = 16;
    private static final int TOP = 46;
    private static final int HEIGHT = 230;
    private static final int LANE = 34;
    private static final int LANE_GAP = 24;
    private static final int AXIS = 40;
    private static final int LINE = 15;
    private static final double LETTER = 6.4;
    private static final int TICK_DISTANCE = 100;
    private static final int[] DIGITS = {1, 2, 5};

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

    /** {@return an {@code svg} element} */
    String svg() {
        int height = lane(curves.size()) + AXIS;
        StringBuilder svg = new StringBuilder(Svg.format("<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s over the timesteps\""
                + " class=\"plot timeline\">", WIDTH, height, HtmlPage.escaped(yName)));
        drawScale(svg);
        for (int i = 0; i < curves.size(); i++) {
            drawWindows(svg, i);
        }
        for (int i = 0; i < curves.size(); i++) {
            drawCurve(svg, i);
        }
        drawLegend(svg);
        return svg.append("</svg>").toString();
    }

    private double x(double timestep) {
        double first = timesteps.getFirst();
        double last = timesteps.getLast();
        return LEFT + Math.clamp((first - timestep) / (first - last), 0, 1) * (WIDTH - RIGHT - LEFT);
    }

    private double y(double value) {
        double low = Math.log(least());
        double high = Math.log(most());
        return TOP + (high - Math.log(Math.max(value, least()))) / (high - low) * (HEIGHT - TOP);
    }

    private double least() {
        return 0.9 * curves.stream().flatMap(curve -> curve.low.stream()).filter(value -> value > 0)
                .mapToDouble(Double::doubleValue).min().orElse(0.1);
    }

    private double most() {
        return 1.1 * curves.stream().flatMap(curve -> curve.high.stream()).mapToDouble(Double::doubleValue).max().orElse(1);
    }

    /** Where a lane of windows begins, below the curves. */
    private static int lane(int index) {
        return HEIGHT + LANE_GAP + index * LANE;
    }

    private void drawScale(StringBuilder svg) {
        for (int power = -9; power < 3; power++) {
            for (int digit : DIGITS) {
                double value = digit * Math.pow(10, power);
                if (value > least() && value < most()) {
                    svg.append(Svg.format("<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%2$.1f\"/>", LEFT, y(value), WIDTH - RIGHT));
                    Svg.text(svg, LEFT - 8, y(value) + 4, "end", "soft", percent(100 * value));
                }
            }
        }
        int bottom = lane(curves.size());
        int first = timesteps.getFirst() / TICK_DISTANCE * TICK_DISTANCE;
        for (int tick = first; tick >= timesteps.getLast(); tick -= TICK_DISTANCE) {
            svg.append(Svg.format("<line x1=\"%.1f\" y1=\"%d\" x2=\"%1$.1f\" y2=\"%d\"/>", x(tick), TOP, bottom));
            Svg.text(svg, x(tick), bottom + LINE + 2, "middle", "soft", Integer.toString(tick));
        }
        Svg.text(svg, WIDTH - RIGHT, bottom + 2 * LINE + 5, "end", "soft", "timestep →");
        Svg.text(svg, 8, TOP - 14, "start", "soft", "↑ " + yName);
    }

    private static String percent(double number) {
        return (number < 1 ? Double.toString(Math.rint(number * 1000) / 1000) : Long.toString(Math.round(number))) + " %";
    }

    private void drawWindows(StringBuilder svg, int index) {
        int top = lane(index);
        Svg.text(svg, LEFT - 8, top + LANE / 2.0 + 1, "end", "soft", "reused");
        for (Window window : curves.get(index).windows) {
            double left = x(window.high);
            double right = x(window.low);
            svg.append(Svg.format("<rect class=\"c%d shade\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>", index, left, TOP,
                    right - left, HEIGHT - TOP));
            svg.append(Svg.format("<rect class=\"c%d window\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"3\">"
                    + "<title>%s</title></rect>", index, left + 1, top, Math.max(right - left - 2, 1), LANE - 8,
                    HtmlPage.escaped(window.label)));
            if (LETTER * window.label.length() < right - left - 8) {
                Svg.text(svg, (left + right) / 2, top + LANE / 2.0 + 1, "middle", "", window.label);
            }
        }
    }

    private void drawCurve(StringBuilder svg, int index) {
        Curve curve = curves.get(index);
        List<String> area = points(curve.high::get);
        area.addAll(points(i -> curve.low.get(i)).reversed());
        svg.append(Svg.format("<polygon class=\"c%d spread\" points=\"%s\"/>", index, String.join(" ", area)));
        svg.append(Svg.format("<polyline class=\"c%d\" points=\"%s\"/>", index, String.join(" ", points(curve.middle::get))));
    }

    private List<String> points(IntToDoubleFunction value) {
        List<String> points = new ArrayList<>();
        for (int i = 0; i < timesteps.size(); i++) {
            points.add(Svg.format("%.1f,%.1f", x(timesteps.get(i)), y(value.applyAsDouble(i))));
        }
        return points;
    }

    private void drawLegend(StringBuilder svg) {
        double left = WIDTH - RIGHT;
        for (int i = curves.size() - 1; i >= 0; i--) {
            left -= LETTER * curves.get(i).name.length() + 2;
            Svg.text(svg, left, TOP - 14, "start", "", curves.get(i).name);
            svg.append(Svg.format("<rect class=\"c%d key\" x=\"%.1f\" y=\"%d\" width=\"12\" height=\"12\" rx=\"2\"/>", i, left - 18,
                    TOP - 24));
            left -= 36;
        }
    }
}
