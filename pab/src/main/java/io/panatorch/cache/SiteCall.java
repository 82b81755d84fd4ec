package io.panatorch.cache;

import io.panatorch.tensor.Tensor;
import java.util.List;
import java.util.function.Function;

/**
 * One visit of a site, as a {@link CachePolicy} sees it. It is valid until {@code apply} returns, on the thread that
 * {@code apply} is called on.
 *
 * <p>Every method but the plain accessors throws an {@link IllegalStateException} that names the method, the site, the step
 * and the rule, where a policy breaks one.
 */
public final class SiteCall {

    private final String method;
    private final Site site;
    private final Step step;
    private final List<Tensor> inputs;
    private final Function<List<Tensor>, List<Tensor>> computation;
    private final HeldTensors store;
    private final Thread thread = Thread.currentThread();
    private List<Tensor> computed;
    private char decision = CacheStatistics.REUSED;
    private boolean ended;
    private int outputs;

    /**
     * @param outputs how many outputs the site has; 0 where nothing has been computed there that would tell
     */
    SiteCall(
            String method,
            Site site,
            Step step,
            List<Tensor> inputs,
            Function<List<Tensor>, List<Tensor>> computation,
            HeldTensors store,
            int outputs) {
        this.method = method;
        this.site = site;
        this.step = step;
        this.inputs = inputs;
        this.computation = computation;
        this.store = store;
        this.outputs = outputs;
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
        return compute(inputs);
    }

    /**
     * Runs the model's computation on other inputs, such as half of a batch.
     *
     * @param inputs as many as the site has, in the same order; borrowed
     * @return the outputs, which live until this call ends
     * @throws IllegalStateException where the computation has run in this call
     */
    public List<Tensor> compute(List<Tensor> inputs) {
        checkRunning();
        if (inputs != this.inputs) {
            check("the policy computes with", inputs);
            if (inputs.size() != this.inputs.size()) {
                throw broken("the policy computes with " + inputs.size() + " input(s), the site has " + this.inputs.size());
            }
        }
        if (decision != CacheStatistics.REUSED) {
            throw broken("a policy runs the computation at most once in a call");
        }
        decision = inputs == this.inputs ? CacheStatistics.COMPUTED : CacheStatistics.PARTIAL;
        computed = computation.apply(inputs);
        check("the computation gave", computed);
        outputs = computed.size();
        return computed;
    }

    /**
     * {@return what is held for this site, as tensors that live until this call ends; empty if nothing is, also where it did not
     * fit the session's {@link MemoryBudget}}
     */
    public List<Tensor> held() {
        return held(site);
    }

    /** {@return what is held for a covered site of the run, likewise} */
    public List<Tensor> held(Site holder) {
        checkHolder(holder);
        return store.get(holder);
    }

    /**
     * Holds tensors for this site until a later step, in place of what was held. The tensors stay the caller's.
     *
     * @param tensors one or more; to hold nothing is to {@link #drop}
     */
    public void hold(List<Tensor> tensors) {
        hold(site, tensors);
    }

    /**
     * Holds tensors for a covered site of the run, in place of what was held for it: what one site computes and another will
     * use. The tensors stay the caller's.
     *
     * @param holder whose statistics count the bytes
     * @param tensors one or more; to hold nothing is to {@link #drop(Site)}
     */
    public void hold(Site holder, List<Tensor> tensors) {
        checkHolder(holder);
        check("the policy holds", tensors);
        store.put(holder, tensors);
    }

    /** Frees what is held for this site. Where nothing is, it does nothing. */
    public void drop() {
        drop(site);
    }

    /** Frees what is held for a covered site of the run. Where nothing is, it does nothing. */
    public void drop(Site holder) {
        checkHolder(holder);
        store.drop(holder);
    }

    /** Lets a policy answer this call, and checks the answer. */
    List<Tensor> answer(CachePolicy policy) {
        List<Tensor> answer;
        try {
            answer = policy.apply(this);
        } finally {
            ended = true;
        }
        check("the policy returned", answer);
        if (outputs != 0 && answer.size() != outputs) {
            throw broken("the policy returned " + answer.size() + " output(s), the computation gives " + outputs);
        }
        return answer;
    }

    /** Computed, in part, or reused; a letter of the statistics. */
    char decision() {
        return decision;
    }

    /** What the computation gave; null where it did not run. */
    List<Tensor> computed() {
        return computed;
    }

    /** How many outputs the site has, if that is known by now; otherwise 0. */
    int outputs() {
        return outputs;
    }

    private void checkHolder(Site holder) {
        checkRunning();
        if (!store.covers(holder)) {
            throw broken("site " + holder.name() + " is not one that the method covers in this run");
        }
    }

    private void checkRunning() {
        if (ended) {
            throw broken("this call has ended: a policy may not keep it");
        }
        if (Thread.currentThread() != thread) {
            throw broken("a policy uses a call on the thread that it is called on");
        }
    }

    private void check(String whose, List<Tensor> tensors) {
        if (tensors == null) {
            throw broken(whose + " null");
        }
        if (tensors.isEmpty()) {
            throw broken(whose + " no tensors");
        }
        for (int i = 0; i < tensors.size(); i++) {
            Tensor tensor = tensors.get(i);
            if (tensor == null || tensor.isClosed()) {
                throw broken(whose + (tensor == null ? " a null tensor" : " a closed tensor") + ", number " + (i + 1)
                        + " of " + tensors.size());
            }
        }
    }

    private IllegalStateException broken(String rule) {
        return new IllegalStateException(
                "cache method " + method + ", site " + site.name() + ", step " + step.index() + ": " + rule);
    }
}
