package io.panatorch.cache.magcache;

import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.Residual;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteCall;
import io.panatorch.tensor.Tensor;
import java.util.List;

/** One generation. Held for the last block is what all blocks added to the video's tokens in the last computed step. */
final class MagPolicy implements CachePolicy {

    private final boolean[] skips;
    private final Site first;
    private final Site last;
    private final Residual residual;

    MagPolicy(boolean[] skips, Site first, Site last) {
        this.skips = skips;
        this.first = first;
        this.last = last;
        this.residual = new Residual(last);
    }

    @Override
    public List<Tensor> apply(SiteCall call) {
        boolean isFirst = call.site().equals(first);
        if (isFirst && skips[call.step().index()] && residual.isHeld(call)) {
            List<Tensor> answer = residual.addTo(call, call.inputs());
            if (!nextSkips(call)) {
                residual.drop(call);
            }
            return answer;
        }
        if (residual.isAdded(call)) {
            return call.inputs();
        }
        if (isFirst) {
            begin(call);
        }
        List<Tensor> outputs = call.compute();
        if (call.site().equals(last)) {
            residual.end(call, outputs);
        }
        return outputs;
    }

    private void begin(SiteCall call) {
        if (nextSkips(call)) {
            residual.begin(call, call.inputs().subList(0, 1));
        } else {
            residual.drop(call);
        }
    }

    private boolean nextSkips(SiteCall call) {
        int next = call.step().index() + 1;
        return next < skips.length && skips[next];
    }
}
