package io.panatorch.cache.magcache;

import io.panatorch.cache.CacheRun;
import io.panatorch.cache.RowPolicy;
import io.panatorch.cache.SiteCall;
import io.panatorch.cache.Step;
import io.panatorch.tensor.Tensor;
import java.util.List;

/** One generation. Held is what all blocks added to the video's tokens in the last computed step. */
final class MagPolicy extends RowPolicy {

    private final boolean[] skips;

    MagPolicy(boolean[] skips, CacheRun run) {
        super(run, 0, 0);
        this.skips = skips;
    }

    @Override
    protected boolean skips(SiteCall call) {
        return skips[call.step().index()];
    }

    @Override
    protected boolean nextMaySkip(Step step) {
        int next = step.index() + 1;
        return next < skips.length && skips[next];
    }

    @Override
    protected List<Tensor> tokens(List<Tensor> inputs) {
        return inputs.subList(0, 1);
    }
}
