package io.panatorch.cache.calibration;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cache.SiteKind;
import io.panatorch.cache.calibration.ResponseModel.Choice;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Models whose best plan is known, because all plans are tried. */
@Tag("pure")
class PlanSearchTest {

    private static final int STEPS = 16;
    private static final int BANDS = 4;
    private static final int[] TIMESTEPS = IntStream.iterate(960, t -> t > 0, t -> t - 60).toArray();
    private static final int[] BAND_OF = IntStream.range(0, STEPS).map(i -> i * BANDS / STEPS).toArray();
    private static final List<Part> PARTS = List.of(part(SiteKind.SPATIAL_ATTENTION, 1), part(SiteKind.FEED_FORWARD, 0.6));
    private static final int MAX_SKIP_RANGE = 3;

    private static Part part(SiteKind kind, double seconds) {
        return new Part(Map.of(kind, List.of()), seconds);
    }

    /** Of random directions that have something in common. */
    private static ResponseModel model(int seed) {
        Random random = new Random(seed);
        List<float[]> directions = IntStream.range(0, PARTS.size() * BANDS).mapToObj(_ -> {
            float[] direction = new float[20];
            for (int i = 0; i < direction.length; i++) {
                direction[i] = (float) (0.3 + random.nextGaussian());
            }
            return direction;
        }).toList();
        Timeline timeline = new Timeline(TIMESTEPS, random.doubles(STEPS, 0.05, 0.3).toArray(), BAND_OF);
        return new ResponseModel(timeline, PARTS, Directions.products(directions));
    }

    private static List<Choice> choices() {
        return List.of(Choice.NONE, new Choice(0, 2), new Choice(0, 3), new Choice(1, 2), new Choice(1, 3));
    }

    private static double bestOfAll(ResponseModel model, double allowed) {
        double best = 0;
        for (int code = 0; code < 625; code++) {
            Plan plan = Plan.empty(model);
            for (int band = 0, rest = code; band < BANDS; band++, rest /= 5) {
                plan = plan.with(band, choices().get(rest % 5));
            }
            if (plan.error() <= allowed) {
                best = Math.max(best, plan.saved());
            }
        }
        return best;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void findsTheBestPlan(int seed) {
        ResponseModel model = model(seed);
        for (double allowed : new double[] {0.02, 0.1, 0.3, 1, 4, 100}) {
            Plan found = new PlanSearch(model, MAX_SKIP_RANGE).within(allowed);
            assertThat(found.error()).isLessThanOrEqualTo(allowed);
            assertThat(found.saved()).as("within %s", allowed).isGreaterThanOrEqualTo(0.95 * bestOfAll(model, allowed));
        }
    }

    /** Bands 0 and 1 move the video alike, band 2 elsewhere: two of three are skipped, not the two that add up. */
    @Test
    void prefersErrorsThatDoNotAddUp() {
        double[] changes = new double[STEPS];
        Arrays.fill(changes, 1);
        float[] alike = {1, 0, 0};
        float[][] directions = {alike, alike, {0, 1, 0}, {0, 0, 9}};
        ResponseModel model = new ResponseModel(new Timeline(TIMESTEPS, changes, BAND_OF), PARTS.subList(0, 1),
                Directions.products(List.of(directions)));
        double one = Plan.empty(model).with(0, new Choice(0, 2)).error();

        Plan plan = new PlanSearch(model, 2).within(2.5 * one);

        assertThat(plan.choice(2).skipRange()).isEqualTo(2);
        assertThat(plan.choice(3)).isEqualTo(Choice.NONE);
        assertThat(plan.choice(0).skipRange() + plan.choice(1).skipRange()).isEqualTo(1 + 2);
        assertThat(plan.error()).isEqualTo(2 * one);
    }

    @Test
    void computesAllWhereNothingIsAllowed() {
        Plan plan = new PlanSearch(model(1), MAX_SKIP_RANGE).within(0);
        assertThat(plan.isEmpty()).isTrue();
        assertThat(plan.rules()).isEmpty();
    }

    /** The mean of the prompts' decibels is that of the mean, where they differ in scale alone. */
    @Test
    void promptsThatAreMovedMoreCountNoMore() {
        double[][] one = {{1, 0.5}, {0.5, 2}};
        double[][] hundred = {{100, 50}, {50, 200}};
        assertThat(Directions.mean(List.of(one, hundred))).usingComparator((a, b) -> Arrays.deepEquals(rounded(a), rounded(b)) ? 0 : 1)
                .isEqualTo(new double[][] {{10, 5}, {5, 20}});
    }

    private static Long[][] rounded(double[][] matrix) {
        return Arrays.stream(matrix).map(row -> Arrays.stream(row).mapToObj(x -> Math.round(x * 1e6)).toArray(Long[]::new))
                .toArray(Long[][]::new);
    }
}
