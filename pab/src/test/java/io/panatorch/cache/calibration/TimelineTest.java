package io.panatorch.cache.calibration;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cache.CacheRun;
import io.panatorch.cache.FakeModel;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteKind;
import io.panatorch.cache.calibration.ResponseModel.Choice;
import io.panatorch.cache.testing.RecordingRun;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Bands, plans and their rules. */
@Tag("pure")
class TimelineTest {

    private static final int[] TIMESTEPS = IntStream.iterate(999, t -> t > 0, t -> t - 83).toArray(); // 13 steps
    private static final int[] BAND_OF = {0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 3, 3};
    private static final SiteKind KIND = SiteKind.SPATIAL_ATTENTION;

    private static Timeline timeline(double... changes) {
        return new Timeline(TIMESTEPS, changes.length == 0 ? new double[TIMESTEPS.length] : changes, BAND_OF);
    }

    private static ResponseModel model() {
        Map<SiteKind, List<Integer>> all = new EnumMap<>(Map.of(KIND, List.of()));
        Map<SiteKind, List<Integer>> first = new EnumMap<>(Map.of(KIND, List.of(0)));
        return new ResponseModel(timeline(), List.of(new Part(all, 2), new Part(first, 1)), new double[8][8]);
    }

    /** What the rules make a session do is what the plan counts, band by band and layer by layer. */
    @Test
    void rulesReuseWhatThePlanCounts() {
        Random random = new Random(1);
        for (int draw = 0; draw < 100; draw++) {
            Plan plan = Plan.empty(model());
            int[][] skipRanges = new int[2][4];
            double saved = 0;
            for (int band = 0; band < 4; band++) {
                Choice choice = new Choice(random.nextInt(2), random.nextInt(1, 6));
                plan = plan.with(band, choice);
                skipRanges[0][band] = choice.skipRange();
                skipRanges[1][band] = choice.part() == 0 ? choice.skipRange() : 1;
            }
            if (!plan.isEmpty()) {
                List<Site> sites = FakeModel.sites(KIND, 2);
                RecordingRun model = new RecordingRun(Part.method(plan.rules()), new CacheRun(sites, TIMESTEPS)).toTheEnd();
                for (int layer = 0; layer < 2; layer++) {
                    String expected = decisions(skipRanges[layer]);
                    assertThat(model.decisions(sites.get(layer))).as(plan.rules().toString()).isEqualTo(expected);
                    saved += expected.chars().filter(c -> c == 'R').count();
                }
                assertThat(plan.saved()).isEqualTo(saved);
            }
        }
    }

    private static String decisions(int[] skipRanges) {
        StringBuilder decisions = new StringBuilder();
        for (int step = 0; step < TIMESTEPS.length; step++) {
            decisions.append(step % skipRanges[BAND_OF[step]] == 0 ? 'C' : 'R');
        }
        return decisions.toString();
    }

    @Test
    void whatBandsSkipAlikeIsOneWindow() {
        Plan plan = Plan.empty(model()).with(1, new Choice(0, 2)).with(2, new Choice(0, 2)).with(3, new Choice(1, 3));
        assertThat(plan.rules()).extracting(Object::toString)
                .containsExactly("skip range 2 in (210, 792)", "of layer 0 skip range 3 in (2, 211)");

        Plan apart = Plan.empty(model()).with(0, new Choice(0, 2)).with(2, new Choice(0, 2));
        assertThat(apart.rules()).extracting(Object::toString)
                .containsExactly("skip range 2 in (791, 1000)", "skip range 2 in (210, 460)");
    }

    @Test
    void lagIsWhatChangedSinceTheLastComputation() {
        Timeline timeline = timeline(9, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048);
        // Steps 4 and 5 reuse step 3.
        assertThat(timeline.lag(1, 3)).isEqualTo(new Timeline.Lag(8 + (8 + 16), 2));
        // Steps 7 and 9 reuse those before.
        assertThat(timeline.lag(2, 2)).isEqualTo(new Timeline.Lag(64 + 256, 2));
        assertThat(timeline.lag(2, 1)).isEqualTo(new Timeline.Lag(0, 0));
        assertThat(Arrays.stream(new int[] {0, 1, 2, 3}).map(timeline::high)).containsExactly(1000, 792, 460, 211);
        assertThat(Arrays.stream(new int[] {0, 1, 2, 3}).map(timeline::low)).containsExactly(791, 459, 210, 2);
    }
}
