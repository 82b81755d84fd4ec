package io.panatorch.cache.firstblock;

import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.Residual;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteCall;
import io.panatorch.tensor.Tensor;
import java.util.List;

/**
 * One generation. Held for the first block is its residual of the last step that was computed as a whole; for the last block the
 * residual of all blocks after the first.
 */
final class FirstBlockPolicy implements CachePolicy {

    private final FirstBlockRule rule;
    private final Site first;
    private final Site last;
    private final Residual others;

    FirstBlockPolicy(FirstBlockRule rule, Site first, Site last) {
        this.rule = rule;
        this.first = first;
        this.last = last;
        this.others = new Residual(last);
    }

    @Override
    public List<Tensor> apply(SiteCall call) {
        if (call.site().equals(first)) {
            return first(call);
        }
        if (others.isAdded(call)) {
            return call.inputs();
        }
        List<Tensor> outputs = call.compute();
        if (call.site().equals(last)) {
            others.end(call, outputs);
        }
        return outputs;
    }

    private List<Tensor> first(SiteCall call) {
        List<Tensor> outputs = call.compute();
        Tensor residual = outputs.getFirst().sub(call.inputs().getFirst());
        List<Tensor> before = call.held();
        boolean skips = !before.isEmpty() && others.isHeld(call) && rule.skips(change(residual, before.getFirst()));
        List<Tensor> answer = skips ? others.addTo(call, outputs) : outputs;
        if (call.step().index() == call.step().count() - 1) {
            call.drop();
            others.drop(call);
        } else if (!skips) {
            call.hold(List.of(residual));
            others.begin(call, outputs);
        }
        return answer;
    }

    private static double change(Tensor residual, Tensor before) {
        return residual.sub(before).abs().mean().div(before.abs().mean()).item();
    }
}
