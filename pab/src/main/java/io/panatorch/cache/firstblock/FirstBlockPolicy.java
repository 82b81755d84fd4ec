package io.panatorch.cache.firstblock;

import io.panatorch.cache.CacheRun;
import io.panatorch.cache.RowPolicy;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteCall;
import io.panatorch.cache.SiteKind;
import io.panatorch.tensor.Tensor;
import java.util.List;

/**
 * One generation. Held are, of the last step that was computed as a whole, what the first blocks added to the video's tokens (for the
 * last of them), and what each row of skipped blocks added (for its last one).
 */
final class FirstBlockPolicy extends RowPolicy {

    private final FirstBlockRule rule;
    private final Site first;
    private final Site last; // of the first ones that are in its stack
    private int decided = -1; // the last step that is to be skipped

    FirstBlockPolicy(FirstBlockRule rule, CacheRun run) {
        super(run, rule.firstBlocks(), rule.lastBlocks());
        this.rule = rule;
        this.first = run.sites().getFirst();
        this.last = run.sites().subList(0, rule.firstBlocks()).stream().filter(block -> block.stack() == first.stack())
                .toList().getLast();
    }

    @Override
    protected List<Tensor> others(SiteCall call) {
        if (call.site().kind() != SiteKind.BLOCK) {
            return call.compute();
        }
        if (call.site().equals(first)) {
            call.carry(last, call.tokens().subList(0, 1));
        }
        List<Tensor> outputs = call.compute();
        if (call.site().equals(last)) {
            List<Tensor> start = call.takeCarried(last);
            if (!start.isEmpty()) {
                decide(call, outputs.getFirst().sub(start.getFirst()));
            }
        }
        return outputs;
    }

    private void decide(SiteCall call, Tensor residual) {
        List<Tensor> before = call.held();
        double change = before.isEmpty() ? Double.NaN : relativeChange(residual, before.getFirst());
        boolean skips = rule.skips(call.agree(change)) && canSkip(call);
        if (skips) {
            decided = call.step().index();
        }
        if (call.step().index() == call.step().count() - 1) {
            call.drop();
        } else if (!skips) {
            call.hold(List.of(residual));
        }
    }

    @Override
    protected boolean skips(SiteCall call) {
        return decided == call.step().index();
    }

    @Override
    protected boolean maySkip(int index) {
        return index > 0;
    }

    @Override
    protected int forecastOrder() {
        return rule.forecastOrder();
    }
}
