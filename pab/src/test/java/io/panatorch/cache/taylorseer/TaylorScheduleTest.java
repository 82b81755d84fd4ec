package io.panatorch.cache.taylorseer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.panatorch.cache.CacheRun;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteKind;
import io.panatorch.cache.taylorseer.TaylorSeer.Builder;
import io.panatorch.tensor.DType;
import java.util.List;
import java.util.function.Consumer;
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
class TaylorScheduleTest {

    private static final int NEVER = Integer.MAX_VALUE;
    private static final int STEPS = 12;

    /** The first two are diffusers' decisions in the goldens. */
    @ParameterizedTest
    @CsvSource({"3, 2, 99, CCRCRRCRRC", "4, 3, 8, CCCRCRRRCC", "1, 1, 99, CCCCCCCCCC", "5, 1, 99, CRCRRRRCRR", "2, 1, 0, CCCCCCCCCC",
        "9, 9, 99, CCCCCCCCCR"})
    void computesTheFirstStepsAndThenOneInAnInterval(int interval, int before, int after, String expected) {
        TaylorSchedule schedule = new TaylorSchedule(interval, before, after, 1);
        assertThat(IntStream.range(0, 10).mapToObj(i -> schedule.computes(i) ? "C" : "R").collect(Collectors.joining()))
                .isEqualTo(expected);
    }

    @Test
    void holdsExactlyTheFactorsThatLaterStepsUse() {
        for (int interval = 1; interval <= 4; interval++) {
            for (int before = 1; before <= 5; before++) {
                for (int after : new int[] {0, 4, 9, NEVER}) {
                    for (int order = 0; order <= 3; order++) {
                        check(new TaylorSchedule(interval, before, after, order));
                    }
                }
            }
        }
    }

    private static void check(TaylorSchedule schedule) {
        for (int i = 0; i < STEPS; i++) {
            int available = available(schedule, i);
            assertThat(Math.min(schedule.factorsAfter(i, STEPS), available)).as("%s after step %d", schedule, i)
                    .isEqualTo(needed(schedule, i, available));
        }
    }

    /** With the first computed step come the values, with each further one a difference. */
    private static int available(TaylorSchedule schedule, int index) {
        return Math.min(schedule.maxOrder() + 1, (int) IntStream.rangeClosed(0, index).filter(schedule::computes).count());
    }

    /** What the next step uses: all there is for a prediction, and to compute one less than what is needed after it. */
    private static int needed(TaylorSchedule schedule, int index, int available) {
        int next = index + 1;
        if (next == STEPS) {
            return 0;
        }
        return schedule.computes(next)
                ? Math.max(0, needed(schedule, next, available(schedule, next)) - 1)
                : available;
    }

    static Stream<Arguments> refusals() {
        return Stream.of(
                refusal(b -> b.cacheInterval(0), "cache interval: expected 1 or more, found 0"),
                refusal(b -> b.disableCacheBeforeStep(0), "disable cache before step: expected 1 or more, found 0"),
                refusal(b -> b.disableCacheAfterStep(-1), "disable cache after step: expected 0 or more, found -1"),
                refusal(b -> b.maxOrder(-1), "max order: expected 0 or more, found -1"),
                refusal(b -> b.taylorFactorsDtype(DType.INT64),
                        "taylor factors dtype: expected a floating-point one, found int64"),
                refusal(b -> b.cacheIdentifiers("attn("),
                        "cache identifier \"attn(\" is not a regular expression: Unclosed group at index 5"));
    }

    private static Arguments refusal(Consumer<Builder> setting, String message) {
        return Arguments.of(message, setting);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refusals")
    void refusesAtOnceWhatMakesNoSense(String message, Consumer<Builder> setting) {
        Builder builder = TaylorSeer.builder();
        assertThatIllegalArgumentException().isThrownBy(() -> setting.accept(builder)).withMessage(message);
        assertThat(builder.build()).as("diffusers' defaults").hasToString("TaylorSeer[order 1 in bfloat16, interval 5 from"
                + " step 3, [SPATIAL_ATTENTION, TEMPORAL_ATTENTION, CROSS_ATTENTION]]");
    }

    /** Identifiers match a whole name, as in diffusers. */
    @ParameterizedTest
    @CsvSource({"'transformer_blocks\\.\\d+\\.attn1', true", "'.*attn1', true", "^transformer_blocks.*attn, false", "attn1, false"})
    void reusesNothingWhereNothingOfTheModelMatches(String identifier, boolean matches) {
        CacheRun run = new CacheRun(
                List.of(new Site(SiteKind.SPATIAL_ATTENTION, 0, "transformer_blocks.0.attn1")), new int[] {999, 799, 599, 399, 199});
        TaylorSeer method = TaylorSeer.builder().cacheIdentifiers(identifier).disableCacheAfterStep(7).build();
        assertThat(method.canReuse(run)).isEqualTo(matches);
        assertThat(method).hasToString("TaylorSeer[order 1 in bfloat16, interval 5 from step 3 to step 7,"
                + " [SPATIAL_ATTENTION, TEMPORAL_ATTENTION, CROSS_ATTENTION] named [" + identifier + "]]");
    }
}
