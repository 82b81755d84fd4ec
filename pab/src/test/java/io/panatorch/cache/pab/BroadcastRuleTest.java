package io.panatorch.cache.pab;

import static io.panatorch.cache.SiteKind.FEED_FORWARD;
import static io.panatorch.cache.SiteKind.SPATIAL_ATTENTION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.panatorch.cache.SiteKind;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("pure")
class BroadcastRuleTest {

    private static final int MOST_STEPS = 60;
    private static final int WIDEST_SKIP_RANGE = 8;

    static IntStream stepCounts() {
        return IntStream.rangeClosed(1, MOST_STEPS);
    }

    @ParameterizedTest(name = "{0} steps")
    @MethodSource("stepCounts")
    void decidesAsDiffusersAndHoldsOnlyWhatTheNextStepReuses(int steps) {
        Schedules.of(steps).forEach((name, timesteps) -> {
            for (int[] window : Schedules.windows(timesteps)) {
                for (int n = 1; n <= WIDEST_SKIP_RANGE; n++) {
                    compare(name, timesteps, new BroadcastRule(SPATIAL_ATTENTION, n, window[0], window[1]));
                }
            }
        });
    }

    /** As many as a file of rules has room for: a search of all for each would take minutes. */
    @Test
    void manyLayersTakeNoLonger() {
        List<Integer> layers = IntStream.range(0, 300_000).filter(layer -> layer % 3 < 2).boxed().toList();
        BroadcastRule rule = new BroadcastRule(SPATIAL_ATTENTION, layers, 2, 0, 9);
        assertTimeoutPreemptively(Duration.ofSeconds(10), () -> {
            assertThat(rule.toString()).startsWith("of layers 0-1, 3-4, 6-7, ").endsWith(", 299997-299998 skip range 2 in (0, 9)");
            assertThat(IntStream.range(0, 300_000).filter(rule::covers)).hasSize(layers.size());
        });
    }

    /**
     * Every order of timesteps there is: all runs of nine steps at timesteps 0, 1 and 2, with all windows that differ for them,
     * so that each step is below a window, on its lower bound, inside, on its upper bound or above. Nine, because the widest
     * skip range then ends.
     */
    @Test
    void decidesAsDiffusersWhateverTheTimestepsAre() {
        int values = 3;
        int[] timesteps = new int[WIDEST_SKIP_RANGE + 1];
        for (int run = 0; run < Math.pow(values, timesteps.length); run++) {
            for (int i = 0, rest = run; i < timesteps.length; i++, rest /= values) {
                timesteps[i] = rest % values;
            }
            for (int low = -1; low < values; low++) {
                for (int high = low + 1; high <= values; high++) {
                    for (int n = 1; n <= WIDEST_SKIP_RANGE; n++) {
                        compareAll(timesteps, new BroadcastRule(SPATIAL_ATTENTION, n, low, high));
                    }
                }
            }
        }
    }

    private static void compareAll(int[] timesteps, BroadcastRule rule) {
        DiffusersHook hook = new DiffusersHook(rule.skipRange(), rule.low(), rule.high());
        boolean held = false;
        for (int i = 0; i < timesteps.length; i++) {
            boolean reuses = !hook.computes(timesteps[i]);
            if (rule.reuses(i, timesteps) != reuses || held != reuses) {
                fail("%s on %s: step %d", rule, Arrays.toString(timesteps), i);
            }
            held = rule.holds(i, timesteps);
        }
        if (held) {
            fail("%s on %s: held after the last step", rule, Arrays.toString(timesteps));
        }
    }

    private static void compare(String schedule, int[] timesteps, BroadcastRule rule) {
        String expected = DiffusersHook.decisions(rule.skipRange(), rule.low(), rule.high(), timesteps);
        StringBuilder decisions = new StringBuilder();
        StringBuilder heldAfter = new StringBuilder();
        for (int i = 0; i < timesteps.length; i++) {
            decisions.append(rule.reuses(i, timesteps) ? 'R' : 'C');
            heldAfter.append(rule.holds(i, timesteps) ? 'R' : 'C');
        }
        String what = rule + " on " + schedule + " " + Arrays.toString(timesteps);
        assertThat(decisions.toString()).as(what).isEqualTo(expected);
        assertThat(heldAfter.toString()).as("held after each step: %s", what).isEqualTo(expected.substring(1) + "C");
    }

    /** The counts that the method's authors and diffusers give for 50 steps. */
    @ParameterizedTest
    @CsvSource({"100, 850, 18", "100, 800, 17"})
    void reusesSoManyOfFiftyTrailingSteps(int low, int high, int reused) {
        int[] timesteps = Schedules.of(50).get("trailing");
        BroadcastRule rule = new BroadcastRule(SPATIAL_ATTENTION, 2, low, high);

        assertThat(timesteps).startsWith(999, 979).endsWith(19);
        assertThat(IntStream.range(0, 50).filter(i -> rule.reuses(i, timesteps))).hasSize(reused);
    }

    @Test
    void computesAlwaysWithASkipRangeOfOne() {
        BroadcastRule rule = new BroadcastRule(SPATIAL_ATTENTION, 1, 0, 1000);

        int[] timesteps = IntStream.generate(() -> 500).limit(100).toArray();
        assertThat(IntStream.range(0, 100).filter(i -> rule.reuses(i, timesteps))).isEmpty();
    }

    @Test
    void coversTheLayersItNamesOrAll() {
        BroadcastRule some = new BroadcastRule(FEED_FORWARD, List.of(5, 1, 0, 2, 1), 2, 0, 1000);
        BroadcastRule all = new BroadcastRule(FEED_FORWARD, 2, 0, 1000);

        assertThat(some.layers()).containsExactly(0, 1, 2, 5);
        assertThat(IntStream.range(0, 7).filter(some::covers)).containsExactly(0, 1, 2, 5);
        assertThat(IntStream.range(0, 7).filter(all::covers)).hasSize(7);
        assertThat(some).hasToString("of layers 0-2, 5 skip range 2 in (0, 1000)");
        assertThat(all).hasToString("skip range 2 in (0, 1000)");
    }

    /** Each step of ten has its letter in the rules that skip it. */
    @Test
    void severalRulesSkipWhatOneOfThemSkips() {
        int[] timesteps = IntStream.iterate(900, t -> t >= 0, t -> t - 100).toArray();
        ReuseRule any = new ReuseRule.Any(List.of(new BroadcastRule(SPATIAL_ATTENTION, 2, 500, 1000),
                new BroadcastRule(SPATIAL_ATTENTION, 3, 150, 650), new MlpBroadcastRule(List.of(0), List.of(200), 1)));

        assertThat(IntStream.range(0, 10).filter(i -> any.reuses(i, timesteps)).map(i -> timesteps[i]))
                .containsExactly(800, 600, 500, 400, 200, 100);
        assertThat(IntStream.range(0, 10).filter(i -> any.holds(i, timesteps)).map(i -> timesteps[i]))
                .containsExactly(900, 700, 600, 500, 300, 200);
    }

    @Test
    void refusesWhatIsNoRule() {
        assertThatIllegalArgumentException().isThrownBy(() -> new BroadcastRule(SPATIAL_ATTENTION, 0, 100, 800))
                .withMessage("spatial attention skip range: expected 1 or more, found 0");
        assertThatIllegalArgumentException().isThrownBy(() -> new BroadcastRule(FEED_FORWARD, 2, 800, 800))
                .withMessage("MLP timestep skip range: expected low < high, found 800, 800");
        assertThatIllegalArgumentException().isThrownBy(() -> new BroadcastRule(SiteKind.BLOCK, 2, 100, 800))
                .withMessage("broadcast kind: expected an attention or FEED_FORWARD, found BLOCK");
        assertThatIllegalArgumentException().isThrownBy(() -> new BroadcastRule(FEED_FORWARD, List.of(3, -2), 2, 100, 800))
                .withMessage("MLP layers: expected each 0 or more, found -2");
    }
}
