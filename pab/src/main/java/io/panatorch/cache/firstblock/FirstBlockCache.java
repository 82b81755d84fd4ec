package io.panatorch.cache.firstblock;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.SiteCall;
import io.panatorch.cache.SiteKind;
import java.util.Set;

/**
 * The method: the first block, or the first ones ({@link #computing}), are computed at every step. If its residual (output − input, of
 * the video's tokens) differs from the residual {@code r} of the last step that was computed as a whole by
 * {@code mean|Δr| / mean|r| ≤ threshold}, all other blocks are skipped, and what they added to the first block's output in that step is
 * added again.
 */
public final class FirstBlockCache implements CacheMethod {


    private final FirstBlockRule rule;

    private FirstBlockCache(FirstBlockRule rule) {
        this.rule = rule;
    }

    /**
     * Makes the method.
     *
     * @param threshold the largest relative change of the first block's residual at which the other blocks are skipped; 0 or
     *     more, diffusers' default is 0.05
     * @throws IllegalArgumentException for another number
     */
    public static FirstBlockCache of(double threshold) {
        return new FirstBlockCache(new FirstBlockRule(threshold, 1, 0, 0));
    }

    /**
     * {@return the same with more blocks that are computed at every step, as in cache-dit's DBCache}
     *
     * @param first how many at the beginning, which together decide; 1 or more, 1 if not set
     * @param last how many at the end, which make up for some of what the skipped ones miss; 0 or more, 0 if not set
     * @throws IllegalArgumentException for other numbers
     */
    public FirstBlockCache computing(int first, int last) {
        return new FirstBlockCache(new FirstBlockRule(rule.threshold(), first, last, rule.forecastOrder()));
    }

    /**
     * {@return the same, which at a skipped step adds what the blocks are expected to add, by a series of an order, as cache-dit's
     * DBCache does with TaylorSeer}
     *
     * @param order 0, if not set, repeats what they added; each order more holds as much again
     * @throws IllegalArgumentException for a number below 0
     */
    public FirstBlockCache forecasting(int order) {
        return new FirstBlockCache(new FirstBlockRule(rule.threshold(), rule.firstBlocks(), rule.lastBlocks(), order));
    }

    @Override
    public String name() {
        return "first-block";
    }

    @Override
    public Set<SiteKind> kinds() {
        return Set.of(SiteKind.BLOCK);
    }

    @Override
    public CachePolicy policy(CacheRun run) {
        return canReuse(run) ? new FirstBlockPolicy(rule, run) : SiteCall::compute;
    }

    @Override
    public boolean canReuse(CacheRun run) {
        return run.sites().size() > rule.firstBlocks() + rule.lastBlocks();
    }

    @Override
    public String toString() {
        String blocks = rule.firstBlocks() == 1 && rule.lastBlocks() == 0 ? ""
                : ", computing the first " + rule.firstBlocks() + " and the last " + rule.lastBlocks() + " blocks";
        return "FirstBlockCache[threshold " + rule.threshold() + blocks
                + (rule.forecastOrder() == 0 ? "" : ", forecast of order " + rule.forecastOrder()) + "]";
    }
}
