package io.panatorch.cache.magcache;

import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteCall;
import io.panatorch.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * One generation. Held for the last block is what all blocks added to the video's tokens in the last computed step, and while
 * such a step is under way the tokens before the first block, from which that is calculated.
 */
final class MagPolicy implements CachePolicy {

    private final boolean[] skips;
    private final Site first;
    private final Site last;
    private boolean addable; // whether the last step that was computed came to its last block
    private boolean skipping;

    MagPolicy(boolean[] skips, Site first, Site last) {
        this.skips = skips;
        this.first = first;
        this.last = last;
    }

    @Override
    public List<Tensor> apply(SiteCall call) {
        boolean isFirst = call.site().equals(first);
        if (isFirst) {
            skipping = addable && skips[call.step().index()];
        }
        if (skipping) {
            return isFirst ? skipped(call) : call.inputs();
        }
        if (isFirst) {
            keepStart(call);
        }
        List<Tensor> outputs = call.compute();
        if (call.site().equals(last) && !call.held().isEmpty()) {
            call.hold(List.of(outputs.getFirst().sub(call.held().getFirst())));
            addable = true;
        }
        return outputs;
    }

    private List<Tensor> skipped(SiteCall call) {
        List<Tensor> answer = new ArrayList<>(call.inputs());
        answer.set(0, answer.getFirst().add(call.held(last).getFirst()));
        if (!nextSkips(call)) {
            call.drop(last);
        }
        return answer;
    }

    private void keepStart(SiteCall call) {
        addable = false;
        if (nextSkips(call)) {
            call.hold(last, call.inputs().subList(0, 1));
        } else {
            call.drop(last);
        }
    }

    private boolean nextSkips(SiteCall call) {
        int next = call.step().index() + 1;
        return next < skips.length && skips[next];
    }
}
