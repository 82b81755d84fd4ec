package io.panatorch.cache.firstblock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("pure")
class FirstBlockRuleTest {

    @ParameterizedTest
    @CsvSource({
        "0.1, 0.05, true", "0.1, 0.1, true", "0.1, 0.11, false", "0, 0, true", "0, 1e-12, false", "0.1, Infinity, false",
        "0.1, NaN, false", "0, NaN, false", "1e308, Infinity, false"
    })
    void skipsUpToTheThreshold(double threshold, double change, boolean skips) {
        assertThat(new FirstBlockRule(threshold, 1, 0, 0).skips(change)).isEqualTo(skips);
    }

    @ParameterizedTest
    @ValueSource(doubles = {-0.1, Double.NaN, Double.POSITIVE_INFINITY})
    void refusesWhatIsNoThreshold(double threshold) {
        assertThatIllegalArgumentException().isThrownBy(() -> FirstBlockCache.of(threshold))
                .withMessage("threshold: expected a number of 0 or more, found " + threshold);
    }

    @Test
    void tellsItsSetting() {
        assertThat(FirstBlockCache.of(0.25)).hasToString("FirstBlockCache[threshold 0.25]");
        assertThat(FirstBlockCache.of(0.25).computing(8, 2))
                .hasToString("FirstBlockCache[threshold 0.25, computing the first 8 and the last 2 blocks]");
    }
}
