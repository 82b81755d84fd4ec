package io.panatorch.cache.firstblock;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteCall;
import io.panatorch.cache.SiteKind;
import java.util.List;
import java.util.Set;

/**
 * The method: the first block is computed at every step. If its residual (output − input, of the video's tokens) differs from
 * the residual {@code r} of the last step that was computed as a whole by {@code mean|Δr| / mean|r| ≤ threshold}, all other
 * blocks are skipped, and what they added to the first block's output in that step is added again.
 */
public final class FirstBlockCache implements CacheMethod {

    private static final System.Logger LOGGER = System.getLogger(FirstBlockCache.class.getName());

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
        return new FirstBlockCache(new FirstBlockRule(threshold));
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
        List<Site> blocks = run.sites();
        if (blocks.size() < 2) {
            LOGGER.log(System.Logger.Level.WARNING,
                    "First Block Cache skips nothing: it needs two blocks or more, this model has {0}", blocks.size());
            return SiteCall::compute;
        }
        return new FirstBlockPolicy(rule, blocks.getFirst(), blocks.getLast());
    }

    @Override
    public String toString() {
        return "FirstBlockCache[threshold " + rule.threshold() + "]";
    }
}
