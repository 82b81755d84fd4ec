package io.panatorch.cache.magcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.panatorch.cache.magcache.MagCache.Builder;
import java.util.Arrays;
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
class MagRuleTest {

    /** Of CogVideoX with random weights, where they are far from 1; diffusers' decisions for them are in the goldens. */
    private static final List<Float> MEASURED = List.of(1f, 0.47490284f, 1.9057999f, 4.7448926f, 0.1961152f, 1.0335197f,
            2.0251284f, 0.52442753f, 1.369451f, 0.741461f);

    private static String decisions(MagRule rule, int steps) {
        boolean[] skips = rule.skips(steps);
        return IntStream.range(0, steps).mapToObj(i -> skips[i] ? "R" : "C").collect(Collectors.joining());
    }

    @ParameterizedTest
    @CsvSource({
        "0.92, 2, 0.2, CCRCRCCRRC", "10, 3, 0.2, CCRRRCRRRC", "0, 3, 0.2, CCCCCCCCCC", "1000, 100, 0, CRRRRRRRRR",
        "1000, 1, 0, CRCRCRCRCR", "1000, 100, 0.25, CCCRRRRRRR", "1000, 100, 0.24, CCRRRRRRRR", "1000, 100, 1, CCCCCCCCCC"
    })
    void skipsWhileTheErrorIsSmall(double threshold, int inRow, double retention, String expected) {
        assertThat(decisions(new MagRule(threshold, inRow, retention, MEASURED), 10)).isEqualTo(expected);
    }

    @Test
    void skipsAllItMayWhereNothingChanges() {
        assertThat(decisions(new MagRule(0, 3, 0.2, List.of(1f)), 12)).isEqualTo("CCRRRCRRRCRR");
        assertThat(decisions(new MagRule(0, 3, 0.2, List.of(1f)), 1)).isEqualTo("C");
    }

    /** Ratios beyond float32 are infinite there, and with a 0 after them no number. */
    @Test
    void computesWhereTheErrorIsNoNumber() {
        List<Float> ratios = List.of(1f, 1f, Float.POSITIVE_INFINITY, 0f, Float.NaN, 1f);
        assertThat(decisions(new MagRule(1e30, 9, 0, ratios), 6)).isEqualTo("CRCRCR");
    }

    /** At 13 steps of 7 ratios every second one lies halfway between two: diffusers takes the even one. */
    @ParameterizedTest
    @CsvSource({"1, 6", "2, 06", "4, 0246", "7, 0123456", "10, 0112334556", "13, 0012223444566"})
    void takesTheNearestRatioAtAnotherNumberOfSteps(int steps, String indices) {
        List<Float> ratios = IntStream.range(0, 7).mapToObj(i -> (float) i).toList();
        float[] interpolated = new MagRule(0, 1, 0, ratios).interpolated(steps);
        String found = IntStream.range(0, steps).mapToObj(i -> String.valueOf((int) interpolated[i]))
                .collect(Collectors.joining());
        assertThat(found).isEqualTo(indices);
    }

    static Stream<Arguments> refusals() {
        return Stream.of(
                refusal(b -> b.threshold(-1), "threshold: expected a number of 0 or more, found -1.0"),
                refusal(b -> b.threshold(Double.NaN), "threshold: expected a number of 0 or more, found NaN"),
                refusal(b -> b.maxSkipSteps(0), "max skip steps: expected 1 or more, found 0"),
                refusal(b -> b.retentionRatio(1.1), "retention ratio: expected a number in [0, 1], found 1.1"),
                refusal(b -> b.retentionRatio(Double.NaN), "retention ratio: expected a number in [0, 1], found NaN"),
                refusal(_ -> MagCache.builder(List.of()),
                        "mag ratios: expected one for each step of a calibration run, found none"),
                refusal(_ -> MagCache.builder(Arrays.asList(1.0, Double.NaN)),
                        "mag ratios: expected finite numbers, found NaN"));
    }

    private static Arguments refusal(Consumer<Builder> setting, String message) {
        return Arguments.of(message, setting);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refusals")
    void refusesAtOnceWhatMakesNoSense(String message, Consumer<Builder> setting) {
        Builder builder = MagCache.builder(List.of(1.0));
        assertThatIllegalArgumentException().isThrownBy(() -> setting.accept(builder)).withMessage(message);
        assertThat(builder.build()).as("diffusers' defaults")
                .hasToString("MagCache[threshold 0.06, at most 3 in a row, retention ratio 0.2, 1 ratios]");
    }
}
