package io.panatorch.cache.faster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.panatorch.cache.CacheRun;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteKind;
import io.panatorch.cache.faster.FasterCache.Builder;
import io.panatorch.testing.Logged;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("pure")
class FasterScheduleTest {

    private static final int[] TIMESTEPS = {999, 899, 799, 699, 599, 499, 399, 299, 199, 99};
    private static final Site DENOISER = new Site(SiteKind.DENOISER, 0, "transformer");
    private static final Site ATTENTION = new Site(SiteKind.SPATIAL_ATTENTION, 0, "transformer_blocks.0.attn1");
    private static final String DEFAULT = "FasterCache[spatial attention skip range 2 in (-1, 681), attention weight 0.5,"
            + " unconditional batch skip range 5 in (-1, 641), low frequency weight 1.1 in (99, 901), high frequency weight 1.1 in"
            + " (-1, 301)]";

    private static String letters(IntPredicate reuses) {
        return IntStream.range(0, TIMESTEPS.length).mapToObj(i -> reuses.test(i) ? "R" : "C").collect(Collectors.joining());
    }

    /** The first two are diffusers' decisions in the goldens. */
    @ParameterizedTest
    @CsvSource({
        "2, -1, 681, 3, -1, 781, CCCCRRCRRC, CCCCCRCRCC", "3, -1, 901, 5, -1, 641, CCCCRCRRRR, CCCCRCCRRC",
        "2, -1, 681, 1, -1, 1000, CCCCCCCCCC, CCCCCCCCCC", "9, 99, 999, 9, 299, 999, CRRRRRRCCC, CRRRRRRCCC"
    })
    void withGuidanceAnAttentionIsReusedWhereHalfABatchIsComputed(
            int n, int low, int high, int batchN, int batchLow, int batchHigh, String halves, String decisions) {
        FasterSchedule schedule = new FasterSchedule(new SkipRule(batchN, batchLow, batchHigh), TIMESTEPS);
        SkipRule attention = new SkipRule(n, low, high);
        assertThat(letters(schedule::skipsUnconditional)).isEqualTo(halves);
        assertThat(letters(i -> schedule.reuses(attention, i, true))).isEqualTo(decisions);
        assertThat(letters(i -> schedule.reuses(attention, i, false)))
                .isEqualTo(letters(i -> i % n != 0 && low < TIMESTEPS[i] && TIMESTEPS[i] < high));
    }

    @Test
    void holdsExactlyTheOutputsThatLaterStepsUse() {
        for (int batchN = 1; batchN <= 5; batchN++) {
            FasterSchedule schedule = new FasterSchedule(new SkipRule(batchN, 99, 801), TIMESTEPS);
            for (int n = 1; n <= 5; n++) {
                for (SkipRule rule : List.of(new SkipRule(n, -1, 1000), new SkipRule(n, 199, 701))) {
                    check(schedule, rule, true);
                    check(schedule, rule, false);
                }
            }
        }
    }

    /** Counted out: of the steps so far those whose outputs, computed or not, a later step extrapolates. */
    private static void check(FasterSchedule schedule, SkipRule rule, boolean guided) {
        int steps = TIMESTEPS.length;
        for (int i = 0; i < steps; i++) {
            int now = i;
            long used = IntStream.rangeClosed(0, i)
                    .filter(k -> IntStream.range(now + 1, steps)
                            .anyMatch(j -> schedule.reuses(rule, j, guided) && (k == j - 1 || k == j - 2)))
                    .count();
            assertThat(Math.min(schedule.outputsAfter(rule, i, guided), i + 1)).as("%s after step %d", rule, i).isEqualTo((int) used);
        }
        assertThat(schedule.skipsUnconditional(steps)).isFalse();
    }

    /** Of the frequencies 0, 1, 2 (and -1, -2 for rows); the radius is 1 from a side of 5 on. */
    @Test
    void lowFrequenciesLieInADisc() {
        assertThat(FrequencyFilter.factors(5, 5, 2, 3))
                .containsExactly(2, 2, 3, 2, 3, 3, 3, 3, 3, 3, 3, 3, 2, 3, 3);
        assertThat(FrequencyFilter.factors(4, 9, 2, 3)).startsWith(2, 3, 3, 3, 3, 3).containsOnlyOnce(2).hasSize(20);
        assertThat(FrequencyFilter.factors(6, 8, 2, 3)).containsExactly(
                2, 2, 3, 3, 3, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 2, 3, 3, 3, 3);
    }

    static Stream<Arguments> refusals() {
        return Stream.of(
                refusal(b -> b.spatialAttentionBlockSkipRange(0), "spatial attention skip range: expected 1 or more, found 0"),
                refusal(b -> b.temporalAttentionBlockSkipRange(-2), "temporal attention skip range: expected 1 or more, found -2"),
                refusal(b -> b.spatialAttentionTimestepSkipRange(5, 5),
                        "spatial attention timestep skip range: expected low < high, found 5, 5"),
                refusal(b -> b.temporalAttentionTimestepSkipRange(6, 5),
                        "temporal attention timestep skip range: expected low < high, found 6, 5"),
                refusal(b -> b.unconditionalBatchSkipRange(0), "unconditional batch skip range: expected 1 or more, found 0"),
                refusal(b -> b.unconditionalBatchTimestepSkipRange(641, -1),
                        "unconditional batch timestep skip range: expected low < high, found 641, -1"),
                refusal(b -> b.lowFrequencyWeightUpdateTimestepRange(9, 1),
                        "low frequency weight update timestep range: expected low < high, found 9, 1"),
                refusal(b -> b.highFrequencyWeightUpdateTimestepRange(1, 1),
                        "high frequency weight update timestep range: expected low < high, found 1, 1"),
                refusal(b -> b.alphaLowFrequency(Double.NaN), "alpha low frequency: expected a finite number, found NaN"),
                refusal(b -> b.alphaHighFrequency(Double.POSITIVE_INFINITY),
                        "alpha high frequency: expected a finite number, found Infinity"),
                refusal(b -> b.spatialAttentionBlockIdentifiers("attn("),
                        "spatial attention block identifier \"attn(\" is not a regular expression: Unclosed group at index 5"));
    }

    private static Arguments refusal(Consumer<Builder> setting, String message) {
        return Arguments.of(message, setting);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refusals")
    void refusesAtOnceWhatMakesNoSense(String message, Consumer<Builder> setting) {
        Builder builder = FasterCache.builder();
        assertThatIllegalArgumentException().isThrownBy(() -> setting.accept(builder)).withMessage(message);
        if (!message.startsWith("temporal")) {
            assertThat(builder.build()).as("diffusers' defaults").hasToString(DEFAULT);
        }
    }

    @Test
    void saysItsSettings() {
        FasterCache method = FasterCache.builder()
                .spatialAttentionBlockSkipRange(3).spatialAttentionTimestepSkipRange(1, 2)
                .temporalAttentionBlockSkipRange(4).temporalAttentionBlockIdentifiers("temporal")
                .attentionWeightCallback((_, _) -> 1)
                .unconditionalBatchTimestepSkipRange(-1, 801).unconditionalBatchSkipRange(6)
                .alphaLowFrequency(1.5).lowFrequencyWeightUpdateTimestepRange(3, 4)
                .alphaHighFrequency(9).highFrequencyWeightCallback(_ -> 1)
                .build();
        assertThat(method).hasToString("FasterCache[spatial attention skip range 3 in (1, 2), temporal attention skip range 4 in"
                + " (-1, 681) named [temporal], attention weight of a callback, unconditional batch skip range 6 in (-1, 801), low"
                + " frequency weight 1.5 in (3, 4), high frequency weight of a callback]");
    }

    @ParameterizedTest
    @CsvSource({"attn, true, ''", "^attn, true, no attention of this model", "attn, false, does not name its denoiser"})
    void warnsWhereAPartHasNothingToSkip(String identifier, boolean withDenoiser, String warning) {
        CacheRun run = new CacheRun(withDenoiser ? List.of(DENOISER, ATTENTION) : List.of(ATTENTION), TIMESTEPS);
        try (Logged caught = new Logged(FasterCache.class)) {
            FasterCache.builder().spatialAttentionBlockIdentifiers(identifier).build().policy(run);
            assertThat(caught.messages()).hasSize(warning.isEmpty() ? 0 : 1)
                    .allMatch(message -> message.startsWith("WARNING: FasterCache ") && message.contains(warning));
        }
    }
}
