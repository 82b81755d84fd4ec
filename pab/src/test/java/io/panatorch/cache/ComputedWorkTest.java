package io.panatorch.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.panatorch.cache.faster.FasterCache;
import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.Logged;
import io.panatorch.testing.TensorTest;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A model of one block, of which an attention is one part and an MLP the rest. */
@TensorTest
class ComputedWorkTest {

    private static final int STEPS = 8;
    private static final int[] TIMESTEPS = IntStream.range(0, STEPS).map(i -> 900 - 100 * i).toArray();
    private static final int TOKENS = 2;
    private static final int WIDTH = 4;
    private static final double ATTENTION = 4. * TOKENS * WIDTH * WIDTH + 2. * TOKENS * TOKENS * WIDTH;
    private static final double MLP = 8. * TOKENS * WIDTH * WIDTH;
    private static final double ATTENTION_SHARE = ATTENTION / (ATTENTION + MLP);

    private static final CacheMethod EVERY_SECOND_BLOCK = everySecond(Set.of(SiteKind.BLOCK));

    /** A denoiser of one block, which has an attention and an MLP; some of these have no name. */
    private record Model(String name, Set<SiteKind> named) {

        Model(Set<SiteKind> named) {
            this("transformer", named);
        }

        List<Site> sites() {
            return EnumSet.copyOf(named).stream().map(this::site).toList();
        }

        private Site site(SiteKind kind) {
            return new Site(kind, 0, name + "." + kind);
        }

        void call(CacheSession cache, int rows) {
            try (TensorScope _ = TensorScope.open()) {
                Tensor input = FakeModel.filled(1, rows, TOKENS, WIDTH);
                through(cache, SiteKind.DENOISER, input, whole -> through(cache, SiteKind.BLOCK, whole, tokens -> through(cache,
                        SiteKind.FEED_FORWARD, through(cache, SiteKind.SPATIAL_ATTENTION, tokens, x -> x.add(1)), x -> x.add(1))));
            }
        }

        private Tensor through(CacheSession cache, SiteKind kind, Tensor input, UnaryOperator<Tensor> computation) {
            return named.contains(kind) ? cache.through(site(kind), input, computation) : computation.apply(input);
        }
    }

    private static final Model ALL = new Model(EnumSet.of(SiteKind.DENOISER, SiteKind.BLOCK, SiteKind.SPATIAL_ATTENTION,
            SiteKind.FEED_FORWARD));

    private static CacheMethod everySecond(Set<SiteKind> kinds) {
        return new ScriptedMethod(kinds, call -> {
            List<Tensor> held = call.step().index() % 2 == 0 ? List.of() : call.held();
            List<Tensor> outputs = held.isEmpty() ? call.compute() : held;
            call.hold(outputs);
            return outputs;
        });
    }

    private static double work(Model model, CacheMethod method) {
        try (CacheSession cache = method.open(new CacheRun(model.sites(), TIMESTEPS))) {
            for (int i = 0; i < STEPS; i++) {
                cache.begin(Step.of(i, TIMESTEPS));
                model.call(cache, 2);
            }
            return cache.statistics().computedWork();
        }
    }

    @Test
    void allIsComputedWithoutACache() {
        assertThat(work(ALL, CacheMethod.none())).isEqualTo(1);
    }

    @Test
    void nothingIsKnownBeforeTheFirstVisit() {
        try (CacheSession cache = CacheMethod.none().open(new CacheRun(ALL.sites(), TIMESTEPS))) {
            assertThat(cache.statistics().computedWork()).isNaN();
            cache.begin(Step.of(0, TIMESTEPS));
            assertThat(cache.statistics().computedWork()).isNaN();
        }
    }

    /** The MLP, which no attention method covers, is a part of the whole too. */
    @Test
    void whatIsNotCoveredCounts() {
        assertThat(work(ALL, everySecond(SiteKind.ATTENTIONS))).isCloseTo(1 - ATTENTION_SHARE / 2, within(1e-12));
        assertThat(work(ALL, everySecond(Set.of(SiteKind.FEED_FORWARD)))).isCloseTo(0.5 + ATTENTION_SHARE / 2, within(1e-12));
        assertThat(work(ALL, PyramidAttentionBroadcast.builder().spatialAttentionBlockSkipRange(4)
                .spatialAttentionTimestepSkipRange(0, 1000).build())).isCloseTo(1 - 0.75 * ATTENTION_SHARE, within(1e-12));
    }

    /** What lies inside is not visited then. */
    @Test
    void whatIsInsideASkippedSiteIsNotComputed() {
        assertThat(work(ALL, EVERY_SECOND_BLOCK)).isEqualTo(0.5);
        assertThat(work(ALL, everySecond(Set.of(SiteKind.DENOISER)))).isEqualTo(0.5);
    }

    @Test
    void blocksCountWhereTheyNameNothingInside() {
        Model blocks = new Model(EnumSet.of(SiteKind.DENOISER, SiteKind.BLOCK));
        assertThat(work(blocks, EVERY_SECOND_BLOCK)).isEqualTo(0.5);
        assertThat(work(new Model(EnumSet.of(SiteKind.DENOISER)), everySecond(Set.of(SiteKind.DENOISER)))).isEqualTo(0.5);
    }

    /** From step 3 on, whose timestep is 600, FasterCache leaves half of the batch out but at multiples of 5: 3, 4, 6 and 7. */
    @Test
    void aPartOfABatchCountsForThatPart() {
        CacheMethod halves = FasterCache.builder().spatialAttentionBlockSkipRange(1).build();
        for (Model model : List.of(ALL, new Model(EnumSet.of(SiteKind.DENOISER)))) {
            try (Logged _ = new Logged(FasterCache.class); // which finds no attention in the second
                    CacheSession cache = halves.open(new CacheRun(model.sites(), TIMESTEPS))) {
                for (int i = 0; i < STEPS; i++) {
                    cache.begin(Step.of(i, TIMESTEPS, Branch.BOTH));
                    try (TensorScope _ = TensorScope.open()) {
                        callWithImage(cache, model);
                    }
                }
                assertThat(cache.statistics().computedWork()).as(model.toString()).isEqualTo(1 - 4 * 0.5 / STEPS);
            }
        }
    }

    /** The method expects outputs that end in height and width. */
    private static void callWithImage(CacheSession cache, Model model) {
        cache.through(model.site(SiteKind.DENOISER), FakeModel.filled(1, 2, 1, TOKENS, WIDTH), image -> {
            Tensor tokens = image.reshape(image.size(0), TOKENS, WIDTH);
            for (SiteKind kind : List.of(SiteKind.SPATIAL_ATTENTION, SiteKind.FEED_FORWARD)) {
                tokens = model.through(cache, kind, tokens, x -> x.add(1));
            }
            return tokens.reshape(image.size(0), 1, TOKENS, WIDTH);
        });
    }

    /** What the model itself leaves out is not saved by the method. */
    @Test
    void aSmallerBatchOfTheModelIsTheWhole() {
        try (CacheSession cache = CacheMethod.none().open(new CacheRun(ALL.sites(), TIMESTEPS))) {
            for (int i = 0; i < STEPS; i++) {
                cache.begin(Step.of(i, TIMESTEPS));
                ALL.call(cache, i < 3 ? 6 : 2);
            }
            assertThat(cache.statistics().computedWork()).isEqualTo(1);
        }
    }

    /** Each with a share of the steps, and guidance in a call of its own for some: what was not called was not saved. */
    @Test
    void denoisersAndBranchesThatAreNotCalledAreNoPartOfTheWhole() {
        Model first = new Model("first", ALL.named);
        Model second = new Model("second", ALL.named);
        List<Site> sites = Stream.of(first, second).flatMap(model -> model.sites().stream()).toList();
        for (CacheMethod method : List.of(CacheMethod.none(), EVERY_SECOND_BLOCK)) {
            try (CacheSession cache = method.open(new CacheRun(sites, TIMESTEPS))) {
                for (int i = 0; i < STEPS; i++) {
                    for (Branch branch : i < 2 ? List.of(Branch.CONDITIONAL, Branch.UNCONDITIONAL) : List.of(Branch.CONDITIONAL)) {
                        cache.begin(Step.of(i, TIMESTEPS, branch));
                        (i < 4 ? first : second).call(cache, 1);
                    }
                }
                assertThat(cache.statistics().computedWork()).isEqualTo(method == EVERY_SECOND_BLOCK ? 0.5 : 1);
            }
        }
    }
}
