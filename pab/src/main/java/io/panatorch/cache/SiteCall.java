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
    private boolean computed;
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
        checkRunning();
        if (computed) {
            throw broken("a policy runs the computation at most once in a call");
        }
        computed = true;
        List<Tensor> results = computation.apply(inputs);
        check("the computation gave", results);
        outputs = results.size();
        return results;
    }

    /** {@return what is held for this site, as tensors that live until this call ends; empty if nothing is} */
    public List<Tensor> held() {
        checkRunning();
        return store.get(site);
    }

    /**
     * Holds tensors for this site until a later step, in place of what was held. The tensors stay the caller's.
     *
     * @param tensors one or more; to hold nothing is to {@link #drop}
     */
    public void hold(List<Tensor> tensors) {
        checkRunning();
        check("the policy holds", tensors);
        store.put(site, tensors);
    }

    /** Frees what is held for this site. Where nothing is, it does nothing. */
    public void drop() {
        checkRunning();
        store.drop(site);
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

    boolean isComputed() {
        return computed;
    }

    /** How many outputs the site has, if that is known by now; otherwise 0. */
    int outputs() {
        return outputs;
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
