package io.panatorch.cache.pab;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.FakeModel;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteKind;
import io.panatorch.cache.testing.RecordingRun;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the method decides, holds and reuses, on stand-ins for tensors; what that gives is in {@code BroadcastSessionTest}. */
@Tag("pure")
class BroadcastDecisionsTest {

    private static final int WIDEST_SKIP_RANGE = 8;
    private static final int MOST_SKIPPED = 4;

    private static RecordingRun recorded(CacheMethod method, List<Site> sites, int[] timesteps) {
        return new RecordingRun(method, new CacheRun(sites, timesteps)).toTheEnd();
    }

    @ParameterizedTest(name = "{0} steps")
    @ValueSource(ints = {1, 2, 3, 7, 12, 30})
    void agreesWithDiffusers(int steps) {
        List<Site> sites = FakeModel.sites(SiteKind.TEMPORAL_ATTENTION, 2);
        Schedules.of(steps).forEach((_, timesteps) -> {
            for (int[] window : Schedules.windows(timesteps)) {
                for (int n = 1; n <= WIDEST_SKIP_RANGE; n++) {
                    CacheMethod method = PyramidAttentionBroadcast.builder().temporalAttentionBlockSkipRange(n)
                            .temporalAttentionTimestepSkipRange(window[0], window[1]).build();
                    RecordingRun run = recorded(method, sites, timesteps);
                    String expected = DiffusersHook.decisions(n, window[0], window[1], timesteps);
                    for (Site site : sites) {
                        assertThat(run.decisions(site)).isEqualTo(expected);
                        assertHoldsWhatTheNextStepReuses(run, site);
                    }
                }
            }
        });
    }

    @ParameterizedTest(name = "{0} steps")
    @ValueSource(ints = {1, 5, 12, 30, 50})
    void agreesWithVideoSysOnTheMlps(int steps) {
        List<Site> sites = FakeModel.sites(SiteKind.FEED_FORWARD, 3);
        Random random = new Random(steps);
        List.of("trailing", "leading", "leading, offset 1", "linspace").forEach(name -> {
            int[] timesteps = Schedules.of(steps).get(name);
            for (int count = 1; count <= MOST_SKIPPED; count++) {
                List<Integer> listed = random.ints(1 + steps / 4, 0, steps).distinct().map(i -> timesteps[i]).distinct()
                        .sorted().boxed().toList(); // timesteps fall, so the latest comes first
                MlpBroadcastRule rule = new MlpBroadcastRule(List.of(0, 2), listed, count);
                CacheMethod method =
                        PyramidAttentionBroadcast.builder().mlpBroadcast(rule.blocks(), listed, count).build();
                RecordingRun run = recorded(method, sites, timesteps);
                for (Site site : sites) {
                    assertThat(run.sources(site)).as("%s, %s, %s", site, rule, name)
                            .isEqualTo(VideoSysMlp.sources(rule, listed, site.layer(), timesteps));
                    assertHoldsWhatTheNextStepReuses(run, site);
                }
            }
        });
    }

    private static void assertHoldsWhatTheNextStepReuses(RecordingRun run, Site site) {
        String decisions = run.decisions(site);
        List<Integer> sources = new ArrayList<>();
        StringBuilder holds = new StringBuilder();
        for (int i = 0; i < decisions.length(); i++) {
            sources.add(decisions.charAt(i) == 'C' ? Integer.valueOf(i) : sources.getLast());
            holds.append(i + 1 < decisions.length() && decisions.charAt(i + 1) == 'R' ? RecordingRun.HELD : RecordingRun.NOT_HELD);
        }
        assertThat(run.sources(site)).isEqualTo(sources);
        assertThat(run.holds(site)).isEqualTo(holds.toString());
    }

    @Test
    void computesAgainWhereWhatItHeldIsGone() {
        List<Site> sites = FakeModel.sites(SiteKind.CROSS_ATTENTION, 2);
        CacheMethod method = PyramidAttentionBroadcast.builder().crossAttentionBlockSkipRange(5)
                .crossAttentionTimestepSkipRange(0, 1000).build();
        RecordingRun run = new RecordingRun(method, new CacheRun(sites, new int[] {900, 700, 500, 300, 100}));
        run.step().step().lose(sites.getFirst()).toTheEnd();
        assertThat(run.decisions(sites.getFirst())).isEqualTo("CRCRR");
        assertThat(run.decisions(sites.getLast())).isEqualTo("CRRRR");
        assertThat(run.sources(sites.getFirst())).containsExactly(0, 0, 2, 2, 2);
    }

    @Test
    void computesAgainAfterAStepThatWentPastTheSite() {
        List<Site> sites = FakeModel.sites(SiteKind.SPATIAL_ATTENTION, 2);
        CacheMethod method = PyramidAttentionBroadcast.builder().spatialAttentionBlockSkipRange(5)
                .spatialAttentionTimestepSkipRange(0, 1000).build();
        RecordingRun run = new RecordingRun(method, new CacheRun(sites, new int[] {900, 700, 500, 300, 100}));
        run.step().step(sites.subList(1, 2)).toTheEnd();
        assertThat(run.decisions(sites.getFirst())).isEqualTo("C-CRR");
        assertThat(run.decisions(sites.getLast())).isEqualTo("CRRRR");
    }
}
