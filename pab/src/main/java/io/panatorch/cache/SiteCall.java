package io.panatorch.cache;

import io.panatorch.tensor.Tensor;
import java.util.List;
import java.util.function.Function;

/** One visit of a site, as a {@link CachePolicy} sees it. Valid until {@code apply} returns. */
public final class SiteCall {

    private final Site site;
    private final Step step;
    private final List<Tensor> inputs;
    private final Function<List<Tensor>, List<Tensor>> computation;
    private final HeldTensors store;
    private boolean computed;

    SiteCall(
            Site site,
            Step step,
            List<Tensor> inputs,
            Function<List<Tensor>, List<Tensor>> computation,
            HeldTensors store) {
        this.site = site;
        this.step = step;
        this.inputs = inputs;
        this.computation = computation;
        this.store = store;
    }

    /** {@return where in the model this is} */
    public Site site() {
        return site;
    }

    /** {@return which call of the denoiser this is} */
    public Step step() {
        return step;
    }

    /** {@return what the model computes with here; borrowed} */
    public List<Tensor> inputs() {
        return inputs;
    }

    /**
     * Runs the model's computation on its inputs.
     *
     * @return its outputs, which live until this call ends
     * @throws IllegalStateException the second time
     */
    public List<Tensor> compute() {
        if (computed) {
            throw new IllegalStateException(site.name() + " at step " + step.index()
                    + ": a policy runs the computation at most once in a call");
        }
        computed = true;
        return computation.apply(inputs);
    }

    /** {@return what is held for this site, as tensors that live until this call ends; empty if nothing is} */
    public List<Tensor> held() {
        return store.get(site);
    }

    /** Holds tensors for this site until a later step, in place of what was held. The tensors stay the caller's. */
    public void hold(List<Tensor> tensors) {
        store.put(site, tensors);
    }

    /** Frees what is held for this site. */
    public void drop() {
        store.drop(site);
    }

    boolean isComputed() {
        return computed;
    }
}
