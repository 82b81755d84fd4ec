package io.panatorch.cache.magcache;

import io.panatorch.cache.CacheRun;
import io.panatorch.cache.RowPolicy;
import io.panatorch.cache.SiteCall;
import io.panatorch.tensor.Tensor;
import java.util.List;

/** One generation. Held is what all blocks added to the video's tokens in the last computed step. */
final class MagPolicy extends RowPolicy {

    private final boolean[] skips;
    private final int forecastOrder;

    MagPolicy(boolean[] skips, int forecastOrder, CacheRun run) {
        super(run, 0, 0);
        this.skips = skips;
        this.forecastOrder = forecastOrder;
    }

    @Override
    protected boolean skips(SiteCall call) {
        return skips[call.step().index()];
    }

    @Override
    protected boolean maySkip(int index) {
        return skips[index];
    }

    @Override
    protected List<Tensor> addedTo(List<Tensor> tokens) {
        return tokens.subList(0, 1);
    }

    @Override
    protected int forecastOrder() {
        return forecastOrder;
    }
}
