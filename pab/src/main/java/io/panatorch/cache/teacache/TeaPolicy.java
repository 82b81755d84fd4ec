package io.panatorch.cache.teacache;

import io.panatorch.cache.CacheRun;
import io.panatorch.cache.RowPolicy;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteCall;
import io.panatorch.cache.SiteKind;
import io.panatorch.tensor.Tensor;
import java.util.List;

/**
 * One generation. Held for the denoiser is what the decision goes by, of the step before; for the last block what all blocks added in the
 * last computed step.
 */
final class TeaPolicy extends RowPolicy {

    private final TeaRule.Sum sum;
    private final TeaInput input;
    private final int forecastOrder;
    private final Site denoiser;
    private final int steps;
    private int decided = -1; // the last step that is to be skipped

    TeaPolicy(TeaRule rule, TeaInput input, int forecastOrder, CacheRun run) {
        super(run, 0, 0);
        this.sum = rule.new Sum();
        this.input = input;
        this.forecastOrder = forecastOrder;
        this.denoiser = run.sites().stream().filter(site -> site.kind() == SiteKind.DENOISER).findFirst().orElseThrow();
        this.steps = run.timesteps().length;
    }

    @Override
    protected List<Tensor> others(SiteCall call) {
        if (call.site().equals(denoiser) && input == TeaInput.TIMESTEP_EMBEDDING) {
            decide(call, TeaCache.embedding(call));
        }
        return call.compute();
    }

    private void decide(SiteCall call, Tensor now) {
        int index = call.step().index();
        List<Tensor> before = call.held(denoiser);
        double change = before.isEmpty() ? Double.NaN : relativeChange(now, before.getFirst());
        boolean skips = sum.skips(index, steps, change, call::agree) && canSkip(call);
        if (skips) {
            decided = index;
        } else {
            sum.restart();
        }
        if (index + 1 < steps && maySkip(index + 1)) {
            call.hold(denoiser, List.of(now));
        } else {
            call.drop(denoiser);
        }
    }

    @Override
    protected boolean skips(SiteCall call) {
        if (input == TeaInput.MODULATED) {
            decide(call, TeaCache.modulated(call));
        }
        boolean skips = decided == call.step().index();
        if (skips && !canSkip(call)) {
            sum.restart();
        }
        return skips;
    }

    @Override
    protected boolean maySkip(int index) {
        return TeaRule.isBetween(index, steps);
    }

    @Override
    protected int forecastOrder() {
        return forecastOrder;
    }
}
