package io.panatorch.cache;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.cache.faster.FasterCache;
import io.panatorch.cache.magcache.MagCache;
import io.panatorch.cache.pab.BroadcastRule;
import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import io.panatorch.cache.settings.CacheConfig;
import io.panatorch.cache.taylorseer.TaylorSeer;
import io.panatorch.cache.teacache.TeaCache;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A null, alone or in a list, is answered with the name of what is missing, when it is set. */
@Tag("pure")
class MissingValuesTest {

    private static final List<Integer> NOTHING = Collections.singletonList(null);

    static Stream<Arguments> settings() {
        return Stream.of(
                refused("rule", () -> PyramidAttentionBroadcast.builder().rule(null)),
                refused("identifiers", () -> PyramidAttentionBroadcast.builder().mlpBlockIdentifiers((String[]) null)),
                refused("identifier", () -> PyramidAttentionBroadcast.builder().spatialAttentionBlockIdentifiers((String) null)),
                refused("blocks",
                        () -> PyramidAttentionBroadcast.builder().mlpBroadcast(null, List.of(1), 1)),
                refused("MLP broadcast timesteps: expected at least one, each 0 or more, found [null]",
                        () -> PyramidAttentionBroadcast.builder().mlpBroadcast(List.of(1), NOTHING, 1)),
                refused("MLP layers: expected each 0 or more, found null",
                        () -> new BroadcastRule(SiteKind.FEED_FORWARD, NOTHING, 2, 0, 10)),
                refused("layers", () -> new BroadcastRule(SiteKind.FEED_FORWARD, null, 2, 0, 10)),
                refused("name", () -> new CacheConfig(null, Map.of())),
                refused("settings", () -> new CacheConfig("pab", null)),
                refused("settings.rules[0]: expected a boolean, a string, an Integer, a finite Double, or a list or map of these, found"
                        + " null", () -> new CacheConfig("pab", Map.of("rules", NOTHING))),
                refused("computedSteps", () -> new CacheConfig("pab", Map.of(), null, Map.of(), Map.of())),
                refused("calibratedFor", () -> new CacheConfig("pab", Map.of(), ComputedSteps.NONE, null, Map.of())),
                refused("expected", () -> new CacheConfig("pab", Map.of(), ComputedSteps.NONE, Map.of(), null)),
                refused("identifiers", () -> FasterCache.builder().temporalAttentionBlockIdentifiers((String[]) null)),
                refused("identifier", () -> FasterCache.builder().spatialAttentionBlockIdentifiers((String) null)),
                refused("magRatios", () -> MagCache.builder(null)),
                refused("mag ratios: expected finite numbers, found null", () -> MagCache.builder(Arrays.asList(1.0, null))),
                refused("mag ratios: expected finite numbers, found 1.0E300", () -> MagCache.builder(List.of(1e300))),
                refused("coefficients: expected finite numbers, found null", () -> TeaCache.of(0.1, null)),
                refused("coefficients: expected finite numbers, found [null]", () -> TeaCache.of(0.1, Collections.singletonList(null))),
                refused("first", () -> TaylorSeer.builder().kinds(null)),
                refused("others", () -> TaylorSeer.builder().kinds(SiteKind.BLOCK, (SiteKind) null)),
                refused("dtype", () -> TaylorSeer.builder().taylorFactorsDtype(null)),
                refused("pattern", () -> TaylorSeer.builder().cacheIdentifiers((String) null)),
                refused("sites", () -> new CacheRun(null, new int[1])),
                refused("timesteps", () -> new CacheRun(List.of(), null)),
                refused("timesteps", () -> Step.of(0, null)));
    }

    private static Arguments refused(String message, ThrowingCallable setting) {
        return Arguments.of(message, setting);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("settings")
    void isNamed(String message, ThrowingCallable setting) {
        assertThatThrownBy(setting).isInstanceOfAny(NullPointerException.class, IllegalArgumentException.class).hasMessage(message);
    }

    @Test
    void aStepThatARunHasNotIsRefused() {
        for (int index : new int[] {-1, 2, Integer.MAX_VALUE}) {
            assertThatThrownBy(() -> Step.of(index, new int[] {9, 8})).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("step " + index + " of 2");
        }
    }
}
