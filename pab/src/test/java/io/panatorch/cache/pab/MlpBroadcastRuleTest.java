package io.panatorch.cache.pab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("pure")
class MlpBroadcastRuleTest {

    private static final List<Integer> BLOCKS = List.of(0, 2);
    private static final int COVERED = 2;
    private static final int OTHER = 1;
    private static final int ALL_SUBSETS_UP_TO = 10;
    private static final int MOST_STEPS = 60;
    private static final int MOST_SKIPPED = 5;
    private static final int DRAWS = 40;

    static IntStream fewSteps() {
        return IntStream.rangeClosed(1, ALL_SUBSETS_UP_TO);
    }

    /** Every set of listed timesteps, so that their steps also meet, overlap and reach beyond the end. */
    @ParameterizedTest(name = "{0} steps")
    @MethodSource("fewSteps")
    void decidesAsVideoSysForAllSetsOfTimesteps(int steps) {
        int[] timesteps = IntStream.range(0, steps).map(i -> 100 * (steps - i)).toArray();
        for (int set = 1; set < 1 << steps; set++) {
            List<Integer> listed = new ArrayList<>();
            for (int i = 0; i < steps; i++) {
                if ((set >> i & 1) == 1) {
                    listed.add(timesteps[i]);
                }
            }
            for (int count = 1; count <= MOST_SKIPPED; count++) {
                compare(timesteps, listed, count);
            }
        }
    }

    static IntStream moreSteps() {
        return IntStream.rangeClosed(ALL_SUBSETS_UP_TO + 1, MOST_STEPS);
    }

    /** Schedules as schedulers make them, with some of their timesteps listed, and some that they do not have. */
    @ParameterizedTest(name = "{0} steps")
    @MethodSource("moreSteps")
    void decidesAsVideoSysOnSchedules(int steps) {
        Random random = new Random(steps);
        List.of("trailing", "leading", "leading, offset 1", "linspace").forEach(name -> {
            int[] timesteps = Schedules.of(steps).get(name);
            for (int draw = 0; draw < DRAWS; draw++) {
                List<Integer> listed = random.ints(1 + random.nextInt(6), 0, 2 * steps)
                        .map(i -> i < steps ? timesteps[i] : random.nextInt(1000)).distinct().boxed().toList();
                compare(timesteps, listed, 1 + random.nextInt(MOST_SKIPPED));
            }
        });
    }

    private static void compare(int[] timesteps, List<Integer> listed, int count) {
        MlpBroadcastRule rule = new MlpBroadcastRule(BLOCKS, listed, count);
        String what = rule + " on " + Arrays.toString(timesteps);
        List<Integer> latestFirst = listed.stream().sorted().toList(); // timesteps fall, so the lowest is the latest
        List<Integer> sources = sources(rule, timesteps);
        assertThat(sources).as(what).isEqualTo(VideoSysMlp.sources(rule, latestFirst, COVERED, timesteps));

        List<Integer> earliestFirst = new ArrayList<>(latestFirst);
        Collections.reverse(earliestFirst);
        List<Integer> older = VideoSysMlp.sources(rule, earliestFirst, COVERED, timesteps);
        for (int i = 0; i < timesteps.length; i++) {
            assertThat(older.get(i) == i).as("computed, whatever the order: %s", what).isEqualTo(sources.get(i) == i);
        }
        assertThat(VideoSysMlp.sources(rule, latestFirst, OTHER, timesteps)).as("a block that is not listed: %s", what)
                .isEqualTo(IntStream.range(0, timesteps.length).boxed().toList());
    }

    /** Where each step's output is from, if what a step reuses is what the step before it had and held. */
    private static List<Integer> sources(MlpBroadcastRule rule, int[] timesteps) {
        List<Integer> sources = new ArrayList<>();
        boolean held = false;
        for (int i = 0; i < timesteps.length; i++) {
            boolean reuses = rule.reuses(i, timesteps);
            assertThat(held).as("held before step %d: %s", i, rule).isEqualTo(reuses);
            sources.add(reuses ? sources.getLast() : Integer.valueOf(i));
            held = rule.holds(i, timesteps);
        }
        assertThat(held).as("held after the last step: %s", rule).isFalse();
        return sources;
    }

    @Test
    void skipsTwoStepsAfterEachOfLattesTimesteps() {
        MlpBroadcastRule rule = new MlpBroadcastRule(List.of(0, 1, 2, 3, 4), List.of(720, 640, 560, 480, 400), 2);
        int[] timesteps = IntStream.range(0, 50).map(i -> 980 - 20 * i).toArray();

        assertThat(IntStream.range(0, 50).filter(i -> rule.reuses(i, timesteps)).map(i -> timesteps[i]))
                .containsExactly(700, 680, 620, 600, 540, 520, 460, 440, 380, 360);
        assertThat(IntStream.range(0, 7).filter(rule::covers)).containsExactly(0, 1, 2, 3, 4);
        assertThat(rule.appliesTo(timesteps)).isTrue();
        assertThat(rule.appliesTo(new int[] {999, 721})).isFalse();
    }

    @Test
    void refusesWhatIsNoRule() {
        assertThatIllegalArgumentException().isThrownBy(() -> new MlpBroadcastRule(BLOCKS, List.of(500), 0))
                .withMessage("MLP broadcast skip count: expected 1 or more, found 0");
        assertThatIllegalArgumentException().isThrownBy(() -> new MlpBroadcastRule(List.of(), List.of(500), 2))
                .withMessage("MLP broadcast blocks: expected at least one, each 0 or more, found []");
        assertThatIllegalArgumentException().isThrownBy(() -> new MlpBroadcastRule(BLOCKS, List.of(500, -1), 2))
                .withMessage("MLP broadcast timesteps: expected at least one, each 0 or more, found [500, -1]");
        assertThatNullPointerException().isThrownBy(() -> new MlpBroadcastRule(BLOCKS, null, 2)).withMessage("timesteps");
    }
}
