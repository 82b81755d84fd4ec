package io.panatorch.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.panatorch.cache.CacheStatistics.SiteStatistics;
import io.panatorch.cache.firstblock.FirstBlockCache;
import io.panatorch.cache.magcache.MagCache;
import io.panatorch.cache.teacache.TeaCache;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.TensorTest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Generations that call more than one denoiser, as Wan 2.2 does, or one for each branch of guidance. */
@TensorTest
class SeveralDenoisersTest {

    private static final int STEPS = 10;
    private static final int HANDOVER = 4;
    private static final int[] TIMESTEPS = IntStream.range(0, STEPS).map(i -> 999 - 100 * i).toArray();

    static List<CacheMethod> methods() {
        return List.of(FirstBlockCache.of(0.1), MagCache.builder(Collections.nCopies(STEPS, 1.0)).retentionRatio(0).build(),
                TeaCache.of(0.1, List.of(0.01)));
    }

    /** Of blocks that add one each to what comes in. */
    private record Expert(Site denoiser, List<Site> blocks) {

        Expert(String name) {
            this(new Site(SiteKind.DENOISER, 0, name),
                    IntStream.range(0, 3).mapToObj(i -> new Site(SiteKind.BLOCK, i, name + ".blocks." + i)).toList());
        }

        Stream<Site> sites() {
            return Stream.concat(Stream.of(denoiser), blocks.stream());
        }

        void call(CacheSession cache, Step step) {
            cache.begin(step);
            try (TensorScope _ = TensorScope.open()) {
                SiteInputs inputs = SiteInputs.of(FakeModel.filled(step.index(), 1, 2, 3)).conditionedBy(FakeModel.filled(1, 1, 4));
                cache.through(denoiser, inputs, in -> {
                    Tensor tokens = in.getFirst();
                    for (Site block : blocks) {
                        tokens = cache.through(block, tokens, x -> x.add(1));
                    }
                    return List.of(tokens);
                });
            }
        }
    }

    private static List<String> decisions(CacheStatistics statistics, Expert expert) {
        return statistics.sites().stream().filter(site -> expert.blocks.contains(site.site())).map(SiteStatistics::decisions).toList();
    }

    /** The first for the noise at the beginning, the second for the rest: each has a policy and begins on its own. */
    @ParameterizedTest
    @MethodSource("methods")
    void oneAfterTheOther(CacheMethod method) {
        Expert high = new Expert("transformer");
        Expert low = new Expert("transformer_2");
        CacheRun run = new CacheRun(Stream.concat(high.sites(), low.sites()).toList(), TIMESTEPS);
        assertThat(run.denoisers()).hasSize(2).allSatisfy(each -> assertThat(each.sites()).hasSize(4));
        List<Long> held = new ArrayList<>();
        try (CacheSession cache = method.open(run)) {
            for (int i = 0; i < STEPS; i++) {
                (i < HANDOVER ? high : low).call(cache, Step.of(i, TIMESTEPS));
                held.add(bytes(cache.statistics(), high));
            }
            for (String first : decisions(cache.statistics(), high)) {
                assertThat(first).startsWith("C").endsWith("-".repeat(STEPS - HANDOVER));
            }
            assertThat(decisions(cache.statistics(), high)).as("skipped").anyMatch(row -> row.contains("R"));
            assertThat(decisions(cache.statistics(), low)).allMatch(row -> row.startsWith("-".repeat(HANDOVER) + "C"))
                    .as("skipped").anyMatch(row -> row.contains("R"));
            assertThat(held.subList(HANDOVER + 1, STEPS)).as("the first gives its memory back").containsOnly(0L);
        }
    }

    private static long bytes(CacheStatistics statistics, Expert expert) {
        return statistics.sites().stream().filter(site -> expert.sites().anyMatch(site.site()::equals))
                .mapToLong(site -> site.bytes().now()).sum();
    }

    /** Guidance in a call of its own, which ends midway. */
    @ParameterizedTest
    @MethodSource("methods")
    void eachBranchByItself(CacheMethod method) {
        Expert model = new Expert("transformer");
        try (CacheSession cache = method.open(new CacheRun(model.sites().toList(), TIMESTEPS))) {
            for (int i = 0; i < STEPS; i++) {
                model.call(cache, Step.of(i, TIMESTEPS, Branch.CONDITIONAL));
                if (i < HANDOVER) {
                    model.call(cache, Step.of(i, TIMESTEPS, Branch.UNCONDITIONAL));
                }
            }
            CacheStatistics statistics = cache.statistics();
            List<SiteStatistics> blocks = statistics.sites().stream().filter(site -> model.blocks.contains(site.site())).toList();
            assertThat(blocks).hasSize(6);
            for (int i = 0; i < blocks.size(); i += 2) {
                SiteStatistics conditional = blocks.get(i);
                SiteStatistics unconditional = blocks.get(i + 1);
                assertThat(statistics.nameOf(unconditional)).isEqualTo("transformer.blocks." + i / 2 + " (unconditional)");
                assertThat(unconditional.branch()).isEqualTo(Branch.UNCONDITIONAL);
                assertThat(unconditional.decisions()).isEqualTo(
                        conditional.decisions().substring(0, HANDOVER) + "-".repeat(STEPS - HANDOVER));
                assertThat(unconditional.bytes().now()).isZero();
            }
        }
    }

    @Test
    void stepsComeInOrder() {
        Expert model = new Expert("transformer");
        try (CacheSession cache = CacheMethod.none().open(new CacheRun(model.sites().toList(), TIMESTEPS))) {
            cache.begin(Step.of(0, TIMESTEPS, Branch.BOTH));
            assertThatIllegalStateException().isThrownBy(() -> cache.begin(Step.of(0, TIMESTEPS, Branch.BOTH)))
                    .withMessage("step 0 of 10 begins, expected step 1 of 10; its call of branch BOTH has begun before");
            cache.begin(Step.of(0, TIMESTEPS, Branch.CONDITIONAL));
            cache.begin(Step.of(1, TIMESTEPS, Branch.CONDITIONAL));
            assertThatIllegalStateException().isThrownBy(() -> cache.begin(Step.of(0, TIMESTEPS, Branch.UNCONDITIONAL)))
                    .withMessage("step 0 of 10 begins, expected step 2 of 10");
        }
    }
}
