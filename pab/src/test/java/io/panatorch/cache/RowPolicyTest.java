package io.panatorch.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.panatorch.cache.firstblock.FirstBlockCache;
import io.panatorch.cache.magcache.MagCache;
import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import io.panatorch.cache.taylorseer.TaylorSeer;
import io.panatorch.cache.teacache.TeaCache;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.TensorTest;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import thirdparty.EverySecondStep;

/** What a row of two blocks adds, computed at even steps and repeated at odd ones. */
@TensorTest
class RowPolicyTest {

    private static final int[] TIMESTEPS = {900, 700, 500, 300};
    private static final Site FIRST = new Site(SiteKind.BLOCK, 0, "blocks.0");
    private static final Site LAST = new Site(SiteKind.BLOCK, 1, "blocks.1");
    private static final float ADDED = 0.71f;

    private static final CacheMethod REPEATING = new EverySecondStep();

    /** What each step gives; each block adds to tokens that are otherwise the same. */
    private static List<Float> run(CacheMethod method, float tokens, BiPredicate<Site, Step> leavesOut) {
        List<Float> results = new ArrayList<>();
        try (CacheSession cache = method.open(new CacheRun(List.of(FIRST, LAST), TIMESTEPS)); TensorScope _ = TensorScope.open()) {
            for (int i = 0; i < TIMESTEPS.length; i++) {
                Step step = Step.of(i, TIMESTEPS);
                cache.begin(step);
                Tensor x = FakeModel.filled(tokens, 8);
                for (Site site : List.of(FIRST, LAST)) {
                    if (!leavesOut.test(site, step)) {
                        x = cache.through(site, x, in -> in.add(ADDED));
                    }
                }
                results.add(x.toFloatArray()[0]);
            }
        }
        return results;
    }

    /**
     * The tokens are a thousand times what is added: were they rounded to bfloat16 before they are subtracted, as what a narrowing
     * budget holds is, the difference would be wrong by more than it is itself.
     */
    @Test
    void isRoundedWhenItIsHeldAndNotBefore() {
        float tokens = 1001.5f;
        List<Float> exact = run(REPEATING, tokens, (_, _) -> false);
        List<Float> narrow = run(REPEATING.with(SessionOptions.DEFAULT.withMemory(MemoryBudget.narrowing(16))), tokens,
                (_, _) -> false);
        assertThat(exact.get(1)).isEqualTo(exact.get(0));
        assertThat(narrow.get(0)).isEqualTo(exact.get(0));
        assertThat(narrow.get(1) - tokens).isNotEqualTo(exact.get(1) - tokens)
                .isBetween((exact.get(1) - tokens) * (1 - 0x1p-8f), (exact.get(1) - tokens) * (1 + 0x1p-8f));
    }

    /** A row that began and did not end has no residual, whatever was held before, and tokens are never taken for one. */
    @Test
    void isOfTheLastStepThatCameToItsEnd() {
        List<Float> results = run(REPEATING, 1, (site, step) -> site.equals(LAST) && step.index() == 2);
        assertThat(results).containsExactly(1 + ADDED + ADDED, 1 + ADDED + ADDED, 1 + ADDED, 1 + ADDED + ADDED);
    }

    /** The last block of a step whose first one was left out has tokens of no step to subtract. */
    @Test
    void needsItsBeginningInTheSameStep() {
        List<Float> results = run(REPEATING, 1, (site, step) -> site.equals(step.index() == 0 ? LAST : FIRST) && step.index() < 2);
        assertThat(results).containsExactly(1 + ADDED, 1 + ADDED, 1 + ADDED + ADDED, 1 + ADDED + ADDED);
    }

    // ---- two stacks ------------------------------------------------------------------------------------------------------

    private static final List<Site> DOUBLE = stack(0, "transformer_blocks", 3);
    private static final List<Site> SINGLE = stack(1, "single_transformer_blocks", 3);
    private static final Site DENOISER = new Site(SiteKind.DENOISER, 0, "transformer");

    private static List<Site> stack(int stack, String name, int blocks) {
        return IntStream.range(0, blocks).mapToObj(i -> new Site(SiteKind.BLOCK, i, name + "." + i, stack)).toList();
    }

    static List<CacheMethod> methods() {
        return List.of(REPEATING, FirstBlockCache.of(0.1), FirstBlockCache.of(0.1).computing(2, 1), FirstBlockCache.of(0.1).computing(4, 1),
                MagCache.builder(List.of(1.0, 1.0, 1.0, 1.0)).retentionRatio(0).build(), TeaCache.of(0.1, List.of(0.01)));
    }

    /** Blocks of video and text, then, as in Flux, blocks of both in one: each adds a number to all. */
    private static CacheStatistics flux(CacheMethod method, List<List<Float>> results) {
        List<Site> sites = Stream.of(List.of(DENOISER), DOUBLE, SINGLE).flatMap(List::stream).toList();
        try (CacheSession cache = method.open(new CacheRun(sites, TIMESTEPS)); TensorScope _ = TensorScope.open()) {
            for (int i = 0; i < TIMESTEPS.length; i++) {
                cache.begin(Step.of(i, TIMESTEPS));
                SiteInputs inputs = SiteInputs.of(FakeModel.filled(i, 1, 4, 2), FakeModel.filled(-i, 1, 3, 2))
                        .conditionedBy(FakeModel.filled(1, 1, 8));
                results.add(list(cache.through(DENOISER, inputs, in -> {
                    List<Tensor> tokens = in.subList(0, 2);
                    for (Site block : DOUBLE) {
                        tokens = cache.through(block, tokens, x -> List.of(x.getFirst().add(1), x.getLast().add(10)));
                    }
                    Tensor joint = Tensor.cat(1, tokens.getLast(), tokens.getFirst());
                    for (Site block : SINGLE) {
                        joint = cache.through(block, joint, x -> x.add(100));
                    }
                    return List.of(joint);
                }).getFirst()));
            }
            return cache.statistics();
        }
    }

    private static List<Float> list(Tensor tensor) {
        List<Float> list = new ArrayList<>();
        for (float number : tensor.toFloatArray()) {
            list.add(number);
        }
        return list;
    }

    @ParameterizedTest
    @MethodSource("methods")
    void hasARowInEachStack(CacheMethod method) {
        List<List<Float>> computed = new ArrayList<>();
        flux(CacheMethod.none(), computed);
        List<List<Float>> results = new ArrayList<>();
        CacheStatistics statistics = flux(method, results);
        assertThat(results.stream().map(List::getLast).toList()).as("of the video's tokens, which all methods add to")
                .isEqualTo(computed.stream().map(List::getLast).toList());
        assertThat(reusedIn(SINGLE, statistics)).isPositive();
        boolean computesAllOfTheFirst = method.toString().contains("first 4");
        assertThat(reusedIn(DOUBLE, statistics) > 0).isNotEqualTo(computesAllOfTheFirst);
    }

    private static int reusedIn(List<Site> stack, CacheStatistics statistics) {
        return statistics.sites().stream().filter(site -> stack.contains(site.site())).mapToInt(VisitCounts::reused).sum();
    }

    @Test
    void needsABlockBetweenThoseThatAreComputed() {
        CacheRun run = new CacheRun(List.of(FIRST, LAST), TIMESTEPS);
        assertThatIllegalArgumentException().isThrownBy(() -> new EverySecondStep().policy(new CacheRun(List.of(), TIMESTEPS)))
                .withMessage("blocks: expected more than the 0 that are computed at every step, found 0");
        assertThatIllegalArgumentException().isThrownBy(() -> FirstBlockCache.of(0.1).computing(0, 1));
        assertThat(FirstBlockCache.of(0.1).computing(1, 1).canReuse(run)).isFalse();
        assertThat(FirstBlockCache.of(0.1).canReuse(run)).isTrue();
    }

    // ---- steps at which nothing is reused --------------------------------------------------------------------------------

    private static String decisions(CacheMethod method, ComputedSteps computed) {
        BlockModel model = new BlockModel(3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
        return model.generate(method.with(SessionOptions.DEFAULT.withComputed(computed))).decisions().getLast();
    }

    @Test
    void nothingIsReusedWhereThatIsSaid() {
        CacheMethod method = FirstBlockCache.of(0.1);
        assertThat(decisions(method, ComputedSteps.NONE)).isEqualTo("CRRRRRRRRR");
        assertThat(decisions(method, new ComputedSteps(4, Integer.MAX_VALUE, Set.of()))).isEqualTo("CCCCRRRRRR");
        assertThat(decisions(method, new ComputedSteps(0, 2, Set.of()))).isEqualTo("CRRCRRCRRC");
        assertThat(decisions(method, new ComputedSteps(0, Integer.MAX_VALUE, Set.of(3, 8)))).isEqualTo("CRRCRRRRCR");
        assertThatIllegalArgumentException().isThrownBy(() -> new ComputedSteps(-1, 1, Set.of()));
        assertThatIllegalArgumentException().isThrownBy(() -> new ComputedSteps(0, 0, Set.of()))
                .withMessage("computed steps: expected 1 or more in a row, found 0");
    }

    /** A method that predicts from several computed steps has them from the steps that it was told to compute. */
    @Test
    void whatIsComputedWhereItIsSaidIsUsedLater() {
        List<Site> sites = FakeModel.sites(SiteKind.FEED_FORWARD, 1);
        CacheMethod method = TaylorSeer.builder().kinds(SiteKind.FEED_FORWARD).disableCacheBeforeStep(1).cacheInterval(9).maxOrder(1)
                .taylorFactorsDtype(DType.FLOAT32).build();
        ComputedSteps computed = new ComputedSteps(0, Integer.MAX_VALUE, Set.of(4, 5));
        FakeModel model = new FakeModel(sites, 900, 800, 700, 600, 500, 400, 300).generate(
                method.with(SessionOptions.DEFAULT.withComputed(computed)));
        assertThat(model.decisions(sites.getFirst())).isEqualTo("CRCRCCR");
        assertThat(model.sources(sites.getFirst())).as("what each step gives, which rises by 1 a step")
                .containsExactly(0, 0, 2, 3, 4, 5, 6);
    }

    // ---- a forecast of what is added -------------------------------------------------------------------------------------

    /** All that a row adds grows by the same from step to step, so that a series of first order says exactly what it will add. */
    @ParameterizedTest
    @MethodSource("forecasting")
    void whatIsAddedMayBeForetold(CacheMethod repeating, CacheMethod foretelling) {
        double[] changes = {1, 2, 3, 4, 5, 6};
        List<Double> computed = new BlockModel(3, changes).generate(CacheMethod.none()).videos();
        SessionOptions options = SessionOptions.DEFAULT.withComputed(new ComputedSteps(2, Integer.MAX_VALUE, Set.of()));
        BlockModel repeated = new BlockModel(3, changes).generate(repeating.with(options));
        BlockModel foretold = new BlockModel(3, changes).generate(foretelling.with(options));
        assertThat(repeated.decisions().getLast()).isEqualTo(foretold.decisions().getLast()).startsWith("CCRR");
        assertThat(foretold.videos()).isEqualTo(computed);
        assertThat(repeated.videos().subList(2, 4)).isNotEqualTo(computed.subList(2, 4));
        assertThat(foretold.held().get(2)).isGreaterThan(repeated.held().get(2));
        assertThat(foretold.held().getLast()).isZero();
    }

    static Stream<Arguments> forecasting() {
        MagCache.Builder mag = MagCache.builder(List.of(1.)).retentionRatio(0);
        List<Double> half = List.of(0.1, 0.);
        return Stream.of(Arguments.of(FirstBlockCache.of(9), FirstBlockCache.of(9).forecasting(1)),
                Arguments.of(mag.build(), mag.forecastOrder(1).build()),
                Arguments.of(TeaCache.of(0.5, half), TeaCache.of(0.5, half).forecasting(1)));
    }

    /** With the changes 0, 1, 4 of a square the differences are 3 and 2, so two steps on it is 4 + 2·3 + 2²/2·2. */
    @Test
    void aSeriesOfSecondOrderBends() {
        SessionOptions options = SessionOptions.DEFAULT.withComputed(new ComputedSteps(3, Integer.MAX_VALUE, Set.of()));
        List<Double> videos = new BlockModel(2, 0, 1, 4, 9, 16, 25)
                .generate(FirstBlockCache.of(9).forecasting(2).with(options)).videos();
        double first = 1 + 16;
        assertThat(videos.get(4)).isEqualTo(first + 2 * (4 + 2 * 3 + 4));
        assertThatIllegalArgumentException().isThrownBy(() -> FirstBlockCache.of(9).forecasting(-1))
                .withMessage("forecast order: expected 0 or more, found -1");
    }

    // ---- numbers that decide ---------------------------------------------------------------------------------------------

    /** Each step's change, as the statistics tell it; and a process decides by what all agree on. */
    @Test
    void whatDecidesIsToldAndAgreedOn() {
        CacheMethod method = FirstBlockCache.of(0.5);
        double[] changes = {1, 1, 2, 2, 3};
        CacheStatistics statistics = new BlockModel(3, changes).generate(method).statistics();
        assertThat(statistics.sites().getFirst().compared().subList(1, 5)).containsExactly(0., 1., 0., 0.5);
        assertThat(statistics.sites().getFirst().compared().getFirst()).as("nothing to compare with").isNaN();
        assertThat(statistics.comparedPercentile(50)).isEqualTo(0.25);
        assertThat(statistics.sites().getLast().decisions()).isEqualTo("CRCRR");
        List<Double> asked = new ArrayList<>();
        SessionOptions others = SessionOptions.DEFAULT.withAgreement(number -> {
            asked.add(number);
            return 9;
        });
        assertThat(new BlockModel(3, changes).generate(method.with(others)).decisions()).allMatch("CCCCC"::equals);
        assertThat(asked).containsExactly(Double.NaN, 0., 1., 0., 0.5);
    }

    // ---- two methods -----------------------------------------------------------------------------------------------------

    @Test
    void twoMethodsOfOtherKindsAreOne() {
        CacheMethod both = CacheMethod.both(PyramidAttentionBroadcast.cogVideoX(), FirstBlockCache.of(0.1));
        assertThat(both.name()).isEqualTo("pab+first-block");
        assertThat(both.kinds()).containsAll(SiteKind.ATTENTIONS).contains(SiteKind.BLOCK);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CacheMethod.both(FirstBlockCache.of(0.1), TeaCache.of(0.1, List.of(1.0))))
                .withMessage("both first-block and teacache: expected methods of different kinds of sites, found that both cover"
                        + " [BLOCK]");
    }
}
