package io.panatorch.cogvideox.html;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cogvideox.html.ScatterPlot.Point;
import io.panatorch.svg.Svg;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
class ScatterPlotTest {

    private static final Pattern CIRCLE = Pattern.compile("<circle cx=\"([0-9.]+)\" cy=\"([0-9.]+)\"");
    private static final Pattern NAME =
            Pattern.compile("<text x=\"([0-9.]+)\" y=\"([0-9.]+)\" text-anchor=\"(start|end)\" >([^<]+)<");

    @Test
    void moreIsUpAndToTheRight() {
        List<double[]> circles = places(CIRCLE, svg(new Point("a", 1, 30), new Point("b", 2, 20), new Point("c", 1.5, 10)));
        assertThat(circles).as("from the top down").hasSize(3);
        assertThat(circles.get(0)[0]).isLessThan(circles.get(2)[0]);
        assertThat(circles.get(2)[0]).isLessThan(circles.get(1)[0]);
        assertThat(circles.get(0)[1]).isLessThan(circles.get(1)[1]);
        assertThat(circles.get(1)[1]).isLessThan(circles.get(2)[1]);
        assertThat(circles).allSatisfy(place -> assertThat(place[0]).isBetween(44.0, 628.0))
                .allSatisfy(place -> assertThat(place[1]).isBetween(30.0, 274.0));
    }

    @Test
    void axesHaveRoundNumbers() {
        assertThat(svg(new Point("a", 0.93, 21.7), new Point("b", 2.4, 49))).contains(">0.5<", ">1.0<", ">2.5<", ">20<", ">50<",
                ">times as fast →<", ">↑ dB<");
        assertThat(svg(new Point("a", 1.2, 30))).as("a single point").contains("<circle");
    }

    @Test
    void namesDoNotLieOnEachOther() {
        assertApart(svg(new Point("one", 1, 30), new Point("two", 1, 30), new Point("three", 1.01, 30.1), new Point("far", 3, 10)), 4);
        assertApart(svg(IntStream.range(0, 20).mapToObj(i -> new Point("setting " + i, 1.5, 30)).toArray(Point[]::new)), 20);
    }

    private static void assertApart(String svg, int count) {
        List<double[]> names = new ArrayList<>(); // left, right, y
        for (MatchResult found : NAME.matcher(svg).results().toList()) {
            double x = Double.parseDouble(found.group(1));
            double room = Svg.width(found.group(4), 12);
            boolean isLeft = found.group(3).equals("end");
            names.add(new double[] {isLeft ? x - room : x, isLeft ? x : x + room, Double.parseDouble(found.group(2))});
        }
        assertThat(names).hasSize(count);
        for (double[] a : names) {
            assertThat(names).filteredOn(b -> a[0] < b[1] && b[0] < a[1] && Math.abs(a[2] - b[2]) < 14.9).hasSize(1);
        }
    }

    /** As compare names settings without a name. */
    @Test
    void longNamesEndInsideTheFrame() {
        String name = "pab --pab-spatial-skip 3 --pab-spatial-range 100,800";
        for (int width : new int[] {340, 660}) {
            String svg = new ScatterPlot("x", "y", List.of(new Point(name, 1, 30), new Point("b", 3, 20), new Point(name, 3, 30))).svg(width);
            for (MatchResult found : NAME.matcher(svg).results().toList()) {
                double x = Double.parseDouble(found.group(1));
                double room = Svg.width(found.group(4), 12);
                assertThat(found.group(3).equals("end") ? x - room : x).as(found.group()).isGreaterThanOrEqualTo(43.9);
                assertThat(found.group(3).equals("end") ? x : x + room).as(found.group()).isLessThanOrEqualTo(width - 11.9);
            }
            assertThat(svg).as("in full").contains("<title>" + name + "</title>");
        }
    }

    @Test
    void pointsAtInfinityAreLeftOut() {
        String svg = svg(new Point("a & b", 1, 30), new Point("equal", 1, Double.POSITIVE_INFINITY));
        assertThat(svg).contains(">a &amp; b<").doesNotContain("equal", "NaN", "Infinity");
        assertThat(svg(new Point("equal", 1, Double.POSITIVE_INFINITY))).isEmpty();
    }

    private static String svg(Point... points) {
        return new ScatterPlot("times as fast", "dB", List.of(points)).svg(640);
    }

    private static List<double[]> places(Pattern pattern, String svg) {
        List<double[]> places = new ArrayList<>();
        for (MatchResult found : pattern.matcher(svg).results().toList()) {
            places.add(new double[] {Double.parseDouble(found.group(1)), Double.parseDouble(found.group(2))});
        }
        return places;
    }
}
