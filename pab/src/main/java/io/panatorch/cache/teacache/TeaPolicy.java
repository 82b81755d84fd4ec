package io.panatorch.cache.teacache;

import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.Residual;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteCall;
import io.panatorch.cache.SiteKind;
import io.panatorch.cache.Step;
import io.panatorch.tensor.Tensor;
import java.util.List;

/**
 * One generation. Held for the denoiser is the timestep's embedding of the step before; for the last block what all blocks added
 * in the last computed step.
 */
final class TeaPolicy implements CachePolicy {

    private final TeaRule.Sum sum;
    private final Site first;
    private final Site last;
    private final Residual residual;
    private int decided = -1; // the last step that is to be skipped

    TeaPolicy(TeaRule rule, Site first, Site last) {
        this.sum = rule.new Sum();
        this.first = first;
        this.last = last;
        this.residual = new Residual(last);
    }

    @Override
    public List<Tensor> apply(SiteCall call) {
        if (call.site().kind() == SiteKind.DENOISER) {
            decide(call);
            return call.compute();
        }
        boolean isFirst = call.site().equals(first);
        if (isFirst && decided == call.step().index()) {
            if (residual.isHeld(call)) {
                return skipped(call);
            }
            sum.restart();
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

    private void decide(SiteCall call) {
        Step step = call.step();
        Tensor embedding = call.inputs().getLast();
        List<Tensor> before = call.held();
        boolean skips = !before.isEmpty() && residual.isHeld(call)
                && sum.skips(step.index(), step.count(), TeaRule.change(embedding, before.getFirst()));
        if (skips) {
            decided = step.index();
        } else {
            sum.restart();
        }
        if (nextMaySkip(call)) {
            call.hold(List.of(embedding));
        } else {
            call.drop();
        }
    }

    private List<Tensor> skipped(SiteCall call) {
        List<Tensor> answer = residual.addTo(call, call.inputs());
        if (!nextMaySkip(call)) {
            residual.drop(call);
        }
        return answer;
    }

    private void begin(SiteCall call) {
        if (nextMaySkip(call)) {
            residual.begin(call, call.inputs());
        } else {
            residual.drop(call);
        }
    }

    private static boolean nextMaySkip(SiteCall call) {
        return TeaRule.isBetween(call.step().index() + 1, call.step().count());
    }
}
