package io.panatorch.cache.teacache;

import io.panatorch.cache.CacheRun;
import io.panatorch.cache.RowPolicy;
import io.panatorch.cache.SiteCall;
import io.panatorch.cache.SiteKind;
import io.panatorch.cache.Step;
import io.panatorch.tensor.Tensor;
import java.util.List;

/**
 * One generation. Held for the denoiser is the timestep's embedding of the step before; for the last block what all blocks added
 * in the last computed step.
 */
final class TeaPolicy extends RowPolicy {

    private final TeaRule.Sum sum;
    private int decided = -1; // the last step that is to be skipped

    TeaPolicy(TeaRule rule, CacheRun run) {
        super(run, 0, 0);
        this.sum = rule.new Sum();
    }

    @Override
    protected List<Tensor> others(SiteCall call) {
        if (call.site().kind() == SiteKind.DENOISER) {
            decide(call);
        }
        return call.compute();
    }

    private void decide(SiteCall call) {
        Step step = call.step();
        Tensor embedding = call.inputs().getLast();
        List<Tensor> before = call.held();
        double change = before.isEmpty() || !isHeld(call) ? Double.NaN : relativeChange(embedding, before.getFirst());
        boolean skips = sum.skips(step.index(), step.count(), call.agree(change)) && isHeld(call);
        if (skips) {
            decided = step.index();
        } else {
            sum.restart();
        }
        if (nextMaySkip(step)) {
            call.hold(List.of(embedding));
        } else {
            call.drop();
        }
    }

    @Override
    protected boolean skips(SiteCall call) {
        boolean skips = decided == call.step().index();
        if (skips && !isHeld(call)) {
            sum.restart();
        }
        return skips;
    }

    @Override
    protected boolean nextMaySkip(Step step) {
        return TeaRule.isBetween(step.index() + 1, step.count());
    }
}
