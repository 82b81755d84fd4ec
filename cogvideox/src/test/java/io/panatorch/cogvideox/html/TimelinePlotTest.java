package io.panatorch.cogvideox.html;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.panatorch.cogvideox.html.TimelinePlot.Curve;
import io.panatorch.cogvideox.html.TimelinePlot.Window;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
class TimelinePlotTest {

    private static final List<Integer> TIMESTEPS = List.of(900, 500, 100);
    private static final Pattern CURVE = Pattern.compile(
            "<polygon class=\"spread\" points=\"([^\"]+)\"/><polyline points=\"([^\"]+)\"/>");

    private static String svg(Window... windows) {
        Curve curve = new Curve("attention", List.of(0.01, 0.1, 1.), List.of(0.005, 0.05, 0.5), List.of(0.02, 0.2, 2.), List.of(windows));
        return new TimelinePlot("change", TIMESTEPS, List.of(curve)).svg(600);
    }

    private static List<double[]> points(String svg, int group) {
        return CURVE.matcher(svg).results().flatMap(found -> Stream.of(found.group(group).split(" ")))
                .map(point -> Stream.of(point.split(",")).mapToDouble(Double::parseDouble).toArray()).toList();
    }

    /** As the video is made: the first timestep to the left, the larger change above, ten times as much always as far. */
    @Test
    void moreIsUpAndLaterIsToTheRight() {
        List<double[]> middle = points(svg(), 2);
        assertThat(middle).hasSize(3);
        assertThat(middle.get(1)[0] - middle.get(0)[0]).isPositive().isCloseTo(middle.get(2)[0] - middle.get(1)[0], within(0.2));
        assertThat(middle.get(0)[1] - middle.get(1)[1]).isPositive().isCloseTo(middle.get(1)[1] - middle.get(2)[1], within(0.2));
    }

    @Test
    void theSpreadLiesAroundTheCurve() {
        List<double[]> spread = points(svg(), 1); // above from left to right, below back
        List<double[]> middle = points(svg(), 2);
        for (int i = 0; i < 3; i++) {
            assertThat(spread.get(i)[0]).isEqualTo(middle.get(i)[0]).isEqualTo(spread.get(5 - i)[0]);
            assertThat(spread.get(i)[1]).isLessThan(middle.get(i)[1]);
            assertThat(spread.get(5 - i)[1]).isGreaterThan(middle.get(i)[1]);
        }
    }

    @Test
    void windowsLieBelowTheirTimesteps() {
        String svg = svg(new Window(300, 700, "1 of 2 computed"));
        List<double[]> middle = points(svg, 2);
        double[] window = Pattern.compile("<rect class=\"window\" x=\"([0-9.]+)\" y=\"([0-9.]+)\" width=\"([0-9.]+)\"").matcher(svg)
                .results().map(found -> new double[] {Double.parseDouble(found.group(1)), Double.parseDouble(found.group(2)),
                    Double.parseDouble(found.group(3))}).findFirst().orElseThrow();
        double step = middle.get(1)[0] - middle.get(0)[0];
        assertThat(window[0]).isCloseTo(middle.get(0)[0] + step / 2, within(1.2));
        assertThat(window[2]).isCloseTo(step, within(2.2));
        assertThat(window[1]).isGreaterThan(middle.getFirst()[1]);
        assertThat(svg).contains("<desc>attention: 1 of 2 computed between 700 and 300</desc>", ">1 of 2 computed<");
    }
}
