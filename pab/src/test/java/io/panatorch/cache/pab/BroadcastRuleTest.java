package io.panatorch.cache.pab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
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
                    compare(name, timesteps, new BroadcastRule(n, window[0], window[1]));
                }
            }
        });
    }

    private static void compare(String schedule, int[] timesteps, BroadcastRule rule) {
        String expected = DiffusersHook.decisions(rule.skipRange(), rule.low(), rule.high(), timesteps);
        StringBuilder decisions = new StringBuilder();
        StringBuilder heldAfter = new StringBuilder();
        for (int i = 0; i < timesteps.length; i++) {
            decisions.append(rule.reuses(i, timesteps[i]) ? 'R' : 'C');
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
        BroadcastRule rule = new BroadcastRule(2, low, high);

        assertThat(timesteps).startsWith(999, 979).endsWith(19);
        assertThat(IntStream.range(0, 50).filter(i -> rule.reuses(i, timesteps[i]))).hasSize(reused);
    }

    @Test
    void computesAlwaysWithASkipRangeOfOne() {
        BroadcastRule rule = new BroadcastRule(1, 0, 1000);

        assertThat(IntStream.range(0, 100).filter(i -> rule.reuses(i, 500))).isEmpty();
    }

    @Test
    void refusesWhatIsNoRule() {
        assertThatIllegalArgumentException().isThrownBy(() -> new BroadcastRule(0, 100, 800))
                .withMessage("skip range: expected 1 or more, found 0");
        assertThatIllegalArgumentException().isThrownBy(() -> new BroadcastRule(2, 800, 800))
                .withMessage("timestep skip range: expected low < high, found 800, 800");
    }
}
