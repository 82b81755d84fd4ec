package io.panatorch.cache.teacache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
class TeaRuleTest {

    @Test
    void estimatesWithTheHighestPowerFirst() {
        assertThat(new TeaRule(0, List.of(2., 3., 5.)).estimate(10)).isEqualTo(235);
        double x = 0.25;
        assertThat(new TeaRule(0, TeaCache.COGVIDEOX_2B).estimate(x)).isCloseTo(-31.0658903 * Math.pow(x, 4)
                + 25.4732368 * Math.pow(x, 3) - 5.92380459 * x * x + 1.75769064 * x - 0.00361568434, within(1e-12));
    }

    @Test
    void computesWhereTheSumReachesTheThreshold() {
        TeaRule.Sum sum = new TeaRule(1, List.of(1., 0.)).new Sum();

        assertThat(sum.skips(0, 9, 0, same -> same)).as("the first").isFalse();
        sum.restart();
        assertThat(sum.skips(1, 9, 0.5, same -> same)).isTrue();
        assertThat(sum.skips(2, 9, 0.25, same -> same)).isTrue();
        assertThat(sum.skips(3, 9, 0.25, same -> same)).as("equal").isFalse();
        sum.restart();
        assertThat(sum.skips(4, 9, 0.75, same -> same)).as("anew").isTrue();
        assertThat(sum.skips(5, 9, 2, same -> same)).isFalse();
        sum.restart();
        assertThat(sum.skips(6, 9, 0, same -> same)).isTrue();
        assertThat(sum.skips(7, 9, Double.NaN, same -> same)).isFalse();
        sum.restart();
        assertThat(sum.skips(8, 9, 0, same -> same)).as("the last").isFalse();
    }

    /** With the published polynomials, whose highest power is negative, an infinite change would be a negative estimate. */
    @Test
    void computesWhereAChangeIsNotFinite() {
        for (double change : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
            for (List<Double> coefficients : List.of(TeaCache.COGVIDEOX_2B, TeaCache.COGVIDEOX_5B, List.of(0.))) {
                TeaRule.Sum sum = new TeaRule(1, coefficients).new Sum();
                assertThat(sum.skips(1, 9, change, same -> same)).as("%s of %s", coefficients, change).isFalse();
                sum.restart();
                assertThat(sum.skips(2, 9, 0, same -> same)).as("afterwards").isTrue();
            }
        }
    }

    @Test
    void refusesAtOnceWhatMakesNoSense() {
        for (double threshold : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatIllegalArgumentException().isThrownBy(() -> TeaCache.of(threshold, TeaCache.COGVIDEOX_5B))
                    .withMessage("threshold: expected a number of 0 or more, found " + threshold);
        }
        assertThatIllegalArgumentException().isThrownBy(() -> TeaCache.of(1, List.of()))
                .withMessage("coefficients: expected finite numbers, found []");
        assertThatIllegalArgumentException().isThrownBy(() -> TeaCache.of(1, List.of(1., Double.NaN)))
                .withMessage("coefficients: expected finite numbers, found [1.0, NaN]");
        assertThat(TeaCache.of(0.1, List.of(1., 0.))).hasToString("TeaCache[threshold 0.1, coefficients [1.0, 0.0]]");
    }
}
