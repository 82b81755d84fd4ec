package io.panatorch.cache;

import io.panatorch.tensor.ClosedTensorException;
import io.panatorch.tensor.Storage;
import io.panatorch.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A visit in a session: it holds a policy to its contract. */
final class SessionCall implements SiteCall {

    private static final String TO_KEEP = "; what a policy keeps from one call to the next, it holds";

    private final String method;
    private final Site site;
    private final Step step;
    private final SiteInputs roles;
    private final List<Tensor> inputs; // all of them
    private final Function<List<Tensor>, List<Tensor>> computation;
    private final HeldTensors store;
    private final SiteRecord record;
    private final DoubleUnaryOperator agreement;
    private final boolean mayReuse;
    private final Thread thread = Thread.currentThread();
    private SiteOutputs outputs;
    private List<Tensor> computed;
    private char decision = CacheStatistics.REUSED;
    private Throwable failure; // of the computation
    private boolean ended;

    /** @param outputs what is known of them before this call */
    SessionCall(
            String method,
            Site site,
            Step step,
            SiteInputs inputs,
            Function<List<Tensor>, List<Tensor>> computation,
            HeldTensors store,
            SiteRecord record,
            DoubleUnaryOperator agreement,
            boolean mayReuse,
            SiteOutputs outputs) {
        this.method = method;
        this.site = site;
        this.step = step;
        this.roles = inputs;
        this.inputs = inputs.all();
        this.computation = computation;
        this.store = store;
        this.record = record;
        this.agreement = agreement;
        this.mayReuse = mayReuse;
        this.outputs = outputs;
    }

    @Override
    public Site site() {
        return site;
    }

    @Override
    public Step step() {
        return step;
    }

    @Override
    public List<Tensor> inputs() {
        return inputs;
    }

    @Override
    public List<Tensor> tokens() {
        return roles.tokens();
    }

    @Override
    public List<Tensor> conditions() {
        return roles.conditions();
    }

    @Override
    public Optional<Tensor> value(String name) {
        checkRunning();
        return Optional.ofNullable(roles.values().get(name)).map(Supplier::get);
    }

    @Override
    public boolean mayReuse() {
        return mayReuse;
    }

    @Override
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
        decision = areSame(inputs, this.inputs) ? CacheStatistics.COMPUTED : CacheStatistics.PARTIAL;
        computed = run(inputs);
        return computed;
    }

    private List<Tensor> run(List<Tensor> inputs) {
        // What comes of a site that no policy decides goes to the model as it is: there is nothing to compare it with.
        boolean compared = decision == CacheStatistics.COMPUTED && store.covers(site);
        List<String> given = compared ? SiteOutputs.describe(inputs) : List.of();
        List<Tensor> results;
        try {
            results = computation.apply(inputs);
        } catch (RuntimeException | Error e) {
            failure = e;
            throw e;
        }
        check("the computation gave", results);
        record.computed(step.index(), inputs);
        if (compared) {
            outputs = SiteOutputs.of(given, results);
        } else if (outputs.count() != results.size()) {
            outputs = SiteOutputs.of(results.size());
        }
        return results;
    }

    @Override
    public List<Tensor> held(Site holder, String slot) {
        checkHolder(holder);
        return store.get(place(holder), slot);
    }

    @Override
    public boolean isHeld(Site holder) {
        checkHolder(holder);
        return store.holds(place(holder));
    }

    @Override
    public void hold(Site holder, Map<String, List<Tensor>> slots) {
        checkHolder(holder);
        if (slots == null) {
            throw broken("the policy holds null");
        }
        slots.forEach((slot, tensors) -> check("the policy holds" + (slot.isEmpty() ? "" : " in slot \"" + slot + '"'), tensors));
        if (slots.isEmpty()) {
            throw broken("the policy holds no slots");
        }
        store.put(place(holder), compact(slots));
    }

    /** Of a view that shows only a part of its memory, a copy, so that the rest can go; unless the rest is held with it. */
    private static Map<String, List<Tensor>> compact(Map<String, List<Tensor>> slots) {
        Map<Storage, Long> shown = slots.values().stream().flatMap(List::stream).distinct() // an output may be an input
                .collect(Collectors.groupingBy(Tensor::storage, Collectors.summingLong(Tensor::byteSize)));
        Map<String, List<Tensor>> compact = new LinkedHashMap<>();
        slots.forEach((slot, tensors) -> compact.put(slot, tensors.stream().map(tensor -> {
            Storage storage = tensor.storage();
            return shown.get(storage) < storage.byteSize() ? tensor.copy() : tensor;
        }).toList()));
        return compact;
    }

    @Override
    public void drop(Site holder) {
        checkHolder(holder);
        store.drop(place(holder));
    }

    @Override
    public double agree(double number) {
        checkRunning();
        double agreed = agreement.applyAsDouble(number);
        record.compared(step.index(), agreed);
        return agreed;
    }

    @Override
    public void carry(Site holder, List<Tensor> tensors) {
        checkHolder(holder);
        check("the policy carries", tensors);
        store.carry(place(holder), tensors);
    }

    @Override
    public List<Tensor> takeCarried(Site holder) {
        checkHolder(holder);
        return store.takeCarried(place(holder));
    }

    /** Lets a policy answer this call, and checks the answer. */
    List<Tensor> answer(CachePolicy policy) {
        List<Tensor> answer;
        try {
            answer = policy.apply(this);
        } catch (ClosedTensorException e) {
            if (e == failure) {
                throw e;
            }
            throw new IllegalStateException(where() + "the policy uses a closed tensor" + TO_KEEP, e);
        } finally {
            ended = true;
        }
        if (failure != null) {
            throw new IllegalStateException(where() + "the policy returned although the computation failed", failure);
        }
        if (!mayReuse && store.covers(site) && decision != CacheStatistics.COMPUTED) {
            throw broken("nothing may be reused in this step: a policy computes where mayReuse says no");
        }
        check("the policy returned", answer);
        outputs.mismatch(inputs, answer).ifPresent(mismatch -> {
            throw broken("the policy returned " + mismatch);
        });
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

    /** What is known of the site's outputs by now. */
    SiteOutputs outputs() {
        return outputs;
    }

    private Place place(Site holder) {
        return new Place(step.branch(), holder);
    }

    private void checkHolder(Site holder) {
        checkRunning();
        if (!store.covers(holder)) {
            throw broken("site " + holder.name() + " is not one that the method covers in this run");
        }
    }

    private static boolean areSame(List<Tensor> these, List<Tensor> those) {
        return IntStream.range(0, these.size()).allMatch(i -> these.get(i) == those.get(i));
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
            String number = ", number " + (i + 1) + " of " + tensors.size();
            if (tensor == null) {
                throw broken(whose + " a null tensor" + number);
            }
            if (tensor.isClosed()) {
                throw broken(whose + " a closed tensor" + number + (whose.startsWith("the policy") ? TO_KEEP : ""));
            }
        }
    }

    private IllegalStateException broken(String rule) {
        return new IllegalStateException(where() + rule);
    }

    private String where() {
        return "cache method " + method + ", site " + site.name() + ", step " + step.index() + ": ";
    }
}
