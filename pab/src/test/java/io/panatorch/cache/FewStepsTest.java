package io.panatorch.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cache.faster.FasterCache;
import io.panatorch.cache.firstblock.FirstBlockCache;
import io.panatorch.cache.magcache.MagCache;
import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import io.panatorch.cache.taylorseer.TaylorSeer;
import io.panatorch.cache.teacache.TeaCache;
import io.panatorch.cache.testing.FakeDenoiser;
import io.panatorch.testing.Logged;
import io.panatorch.testing.TensorTest;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Distilled models take a few steps, in which some methods can do nothing: that is said before the run. */
@TensorTest
class FewStepsTest {

    static Stream<Arguments> runs() {
        CacheMethod pab = PyramidAttentionBroadcast.cogVideoX();
        CacheMethod magCache = MagCache.builder(List.of(1.0, 1.0)).build();
        CacheMethod teaCache = TeaCache.of(0.1, List.of(1.0));
        CacheMethod taylorSeer = TaylorSeer.builder().build();
        CacheMethod faster = FasterCache.builder().build();
        return Stream.of(
                Arguments.of(pab, List.of(999, 750), true), Arguments.of(pab, List.of(999, 850), false),
                Arguments.of(pab, List.of(500, 90), false),
                Arguments.of(magCache, List.of(999, 750, 500), true), Arguments.of(magCache, List.of(999, 750), true),
                Arguments.of(MagCache.builder(List.of(9.0)).build(), List.of(999, 750, 500, 250), false),
                Arguments.of(teaCache, List.of(999, 500, 1), true), Arguments.of(teaCache, List.of(999, 500), false),
                Arguments.of(taylorSeer, List.of(999, 800, 600, 400, 200), true),
                Arguments.of(taylorSeer, List.of(999, 700, 400), false),
                Arguments.of(faster, List.of(999, 600), true), Arguments.of(faster, List.of(999, 700), false),
                Arguments.of(CacheMethod.both(taylorSeer, MagCache.builder(List.of(9.0)).build()), List.of(999, 750, 500), false),
                Arguments.of(pab.with(SessionOptions.DEFAULT), List.of(999, 850), false),
                Arguments.of(pab, List.of(999), true)); // of one step everybody knows
    }

    /** Where a model has none of the sites that a method skips. */
    @Test
    void aModelWithoutSuchSitesLetsNothingBeReused() {
        int[] timesteps = {999, 750, 500, 250, 1};
        CacheRun none = new CacheRun(List.of(), timesteps);
        CacheRun oneBlock = new CacheRun(List.of(new Site(SiteKind.BLOCK, 0, "blocks.0")), timesteps);
        CacheRun attention = new CacheRun(List.of(new Site(SiteKind.SPATIAL_ATTENTION, 0, "blocks.0.attn1")), timesteps);
        assertThat(FirstBlockCache.of(0.1).canReuse(oneBlock)).isFalse();
        assertThat(MagCache.builder(List.of(1.0)).build().canReuse(none)).isFalse();
        assertThat(TeaCache.of(0.1, List.of(1.0)).canReuse(oneBlock)).isFalse();
        assertThat(TaylorSeer.builder().cacheIdentifiers("blocks\\.1\\..*").build().canReuse(attention)).isFalse();
        assertThat(PyramidAttentionBroadcast.builder().crossAttentionBlockSkipRange(6).build().canReuse(attention)).isFalse();
    }

    @ParameterizedTest
    @MethodSource("runs")
    void saysSoWhereNothingCanBeReused(CacheMethod method, List<Integer> timesteps, boolean quiet) {
        CacheRun run = new CacheRun(FakeDenoiser.SMALL.sites(), timesteps.stream().mapToInt(each -> each).toArray());
        try (Logged warnings = new Logged(CacheSession.class); CacheSession _ = method.open(run)) {
            assertThat(warnings.messages()).isEqualTo(quiet ? List.of() : List.of("WARNING: " + method.name()
                    + " reuses nothing in this run of " + timesteps.size() + " steps, in which it covers "
                    + run.of(method.kinds()).sites().size() + " sites: its settings are " + method));
        }
    }
}
