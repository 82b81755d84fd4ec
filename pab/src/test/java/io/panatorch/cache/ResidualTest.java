package io.panatorch.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BiPredicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a row of two blocks adds, computed at even steps and repeated at odd ones. */
@Tag("cpu")
class ResidualTest {

    private static final int[] TIMESTEPS = {900, 700, 500, 300};
    private static final Site FIRST = new Site(SiteKind.BLOCK, 0, "blocks.0");
    private static final Site LAST = new Site(SiteKind.BLOCK, 1, "blocks.1");
    private static final float ADDED = 0.71f;

    private static CacheMethod repeating() {
        Residual residual = new Residual(LAST);
        return new ScriptedMethod(Set.of(SiteKind.BLOCK), call -> {
            boolean isFirst = call.site().equals(FIRST);
            if (isFirst && call.step().index() % 2 == 1 && residual.isHeld(call)) {
                return residual.addTo(call, call.inputs());
            }
            if (residual.isAdded(call)) {
                return call.inputs();
            }
            if (isFirst) {
                residual.begin(call, call.inputs());
            }
            List<Tensor> outputs = call.compute();
            if (call.site().equals(LAST)) {
                residual.end(call, outputs);
            }
            return outputs;
        });
    }

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
        List<Float> exact = run(repeating(), tokens, (_, _) -> false);
        List<Float> narrow = run(repeating().with(SessionOptions.DEFAULT.withMemory(MemoryBudget.narrowing(16))), tokens,
                (_, _) -> false);
        assertThat(exact.get(1)).isEqualTo(exact.get(0));
        assertThat(narrow.get(0)).isEqualTo(exact.get(0));
        assertThat(narrow.get(1) - tokens).isNotEqualTo(exact.get(1) - tokens)
                .isBetween((exact.get(1) - tokens) * (1 - 0x1p-8f), (exact.get(1) - tokens) * (1 + 0x1p-8f));
    }

    /** A row that began and did not end has no residual, whatever was held before, and tokens are never taken for one. */
    @Test
    void isOfTheLastStepThatCameToItsEnd() {
        List<Float> results = run(repeating(), 1, (site, step) -> site.equals(LAST) && step.index() == 2);
        assertThat(results).containsExactly(1 + ADDED + ADDED, 1 + ADDED + ADDED, 1 + ADDED, 1 + ADDED + ADDED);
    }

    /** The last block of a step whose first one was left out has tokens of no step to subtract. */
    @Test
    void needsItsBeginningInTheSameStep() {
        List<Float> results = run(repeating(), 1, (site, step) -> site.equals(step.index() == 0 ? LAST : FIRST) && step.index() < 2);
        assertThat(results).containsExactly(1 + ADDED, 1 + ADDED, 1 + ADDED + ADDED, 1 + ADDED + ADDED);
    }
}
