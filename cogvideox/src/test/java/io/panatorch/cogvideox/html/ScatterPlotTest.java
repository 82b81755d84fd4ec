package io.panatorch.cogvideox.html;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cogvideox.html.ScatterPlot.Point;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
class ScatterPlotTest {

    private static final Pattern CIRCLE = Pattern.compile("<circle cx=\"([0-9.]+)\" cy=\"([0-9.]+)\"");
    private static final Pattern NAME = Pattern.compile("<text x=\"([0-9.]+)\" y=\"([0-9.]+)\" text-anchor=\"[a-z]+\">");

    @Test
    void moreIsUpAndToTheRight() {
        List<double[]> circles = places(CIRCLE, svg(new Point("a", 1, 30), new Point("b", 2, 20), new Point("c", 1.5, 10)));
        assertThat(circles).as("from the top down").hasSize(3);
        assertThat(circles.get(0)[0]).isLessThan(circles.get(2)[0]);
        assertThat(circles.get(2)[0]).isLessThan(circles.get(1)[0]);
        assertThat(circles.get(0)[1]).isLessThan(circles.get(1)[1]);
        assertThat(circles.get(1)[1]).isLessThan(circles.get(2)[1]);
        assertThat(circles).allSatisfy(place -> assertThat(place[0]).isBetween(48.0, 624.0))
                .allSatisfy(place -> assertThat(place[1]).isBetween(30.0, 296.0));
    }

    @Test
    void axesHaveRoundNumbers() {
        assertThat(svg(new Point("a", 0.93, 21.7), new Point("b", 2.4, 49))).contains(">0.5<", ">1.0<", ">2.5<", ">20<", ">50<",
                ">times as fast →<", ">↑ dB<");
        assertThat(svg(new Point("a", 1.2, 30))).as("a single point").contains("<circle");
    }

    @Test
    void namesDoNotLieOnEachOther() {
        List<double[]> names = places(NAME, svg(new Point("one", 1, 30), new Point("two", 1, 30), new Point("three", 1.01, 30.1),
                new Point("far", 3, 10)));
        assertThat(names).hasSize(4);
        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < i; j++) {
                assertThat(Math.abs(names.get(i)[1] - names.get(j)[1])).isGreaterThanOrEqualTo(15);
            }
        }
    }

    @Test
    void pointsAtInfinityAreLeftOut() {
        String svg = svg(new Point("a & b", 1, 30), new Point("equal", 1, Double.POSITIVE_INFINITY));
        assertThat(svg).contains(">a &amp; b<").doesNotContain("equal", "NaN", "Infinity");
        assertThat(svg(new Point("equal", 1, Double.POSITIVE_INFINITY))).isEmpty();
    }

    private static String svg(Point... points) {
        return new ScatterPlot("times as fast", "dB", List.of(points)).svg();
    }

    private static List<double[]> places(Pattern pattern, String svg) {
        List<double[]> places = new ArrayList<>();
        for (MatchResult found : pattern.matcher(svg).results().toList()) {
            places.add(new double[] {Double.parseDouble(found.group(1)), Double.parseDouble(found.group(2))});
        }
        return places;
    }
}
