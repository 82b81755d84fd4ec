package io.panatorch.cache;

import io.panatorch.tensor.Tensor;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One visit of a site, as a {@link CachePolicy} sees it. It is valid until {@code apply} returns, on the thread that
 * {@code apply} is called on.
 *
 * <p>In a session every method but the plain accessors throws an {@link IllegalStateException} that names the method, the
 * site, the step and the rule, where a policy breaks one. Tests of a method may implement this interface too.
 */
public interface SiteCall {

    /** {@return where in the model this is} */
    Site site();

    /** {@return which call of the denoiser this is} */
    Step step();

    /** {@return what the model computes with here: the tokens, then the conditions; borrowed} */
    List<Tensor> inputs();

    /** {@return of the inputs what is transformed} */
    default List<Tensor> tokens() {
        return inputs();
    }

    /** {@return of the inputs what only says how; none where the model does not tell the two apart} */
    default List<Tensor> conditions() {
        return List.of();
    }

    /**
     * {@return a value inside the site, as a tensor that lives until this call ends} Empty where the model does not {@linkplain
     * SiteInputs#values offer} it, or it is not there yet.
     *
     * @param name such as {@link SiteInputs#MODULATED}
     */
    default Optional<Tensor> value(String name) {
        return Optional.empty();
    }

    /**
     * {@return whether anything may be reused in this step} Where not, because the session is told to {@linkplain ComputedSteps compute}
     * it, the policy computes with the model's inputs; what is held stays, and it may hold what comes of it.
     */
    default boolean mayReuse() {
        return true;
    }

    /**
     * Runs the model's computation on its inputs.
     *
     * @return its outputs, which live until this call ends
     * @throws IllegalStateException the second time
     */
    default List<Tensor> compute() {
        return compute(inputs());
    }

    /**
     * Runs the model's computation on other inputs, such as half of a batch.
     *
     * @param inputs as many as the site has, in the same order; borrowed
     * @return the outputs, which live until this call ends
     * @throws IllegalStateException where the computation has run in this call
     */
    List<Tensor> compute(List<Tensor> inputs);

    /**
     * {@return what is held for this site without a name, as tensors that live until this call ends; empty if nothing is, also where it
     * did not fit the session's {@link MemoryBudget}}
     */
    default List<Tensor> held() {
        return held(site());
    }

    /** {@return what is held for this site under a name, likewise} */
    default List<Tensor> held(String slot) {
        return held(site(), slot);
    }

    /** {@return what is held for a covered site of the run, likewise} */
    default List<Tensor> held(Site holder) {
        return held(holder, "");
    }

    /** {@return what is held for a covered site of the run under a name, likewise} */
    List<Tensor> held(Site holder, String slot);

    /** {@return whether anything is held for a covered site of the run; under a memory budget cheaper than to fetch it} */
    boolean isHeld(Site holder);

    /**
     * Holds tensors for this site until a later step, in place of what was held. The tensors stay the caller's.
     *
     * @param tensors one or more; to hold nothing is to {@link #drop}
     */
    default void hold(List<Tensor> tensors) {
        hold(site(), tensors);
    }

    /**
     * Holds several lists of tensors for this site until a later step, in place of all that was held. They come and go together.
     *
     * @param slots by name, each with one tensor or more
     */
    default void hold(Map<String, List<Tensor>> slots) {
        hold(site(), slots);
    }

    /** Holds tensors for a covered site of the run: what one site computes and another will use. */
    default void hold(Site holder, List<Tensor> tensors) {
        hold(holder, Collections.singletonMap("", tensors)); // which may be null, and is refused then
    }

    /**
     * Holds tensors for a covered site of the run, in place of all that was held for it. The tensors stay the caller's. Of a view that
     * shows only a part of its memory a copy is held, unless the rest is held with it, so that nothing else is kept alive.
     *
     * @param holder whose statistics count the bytes
     * @param slots by name, each with one tensor or more; the empty name is that of what is held without one; to hold nothing is to
     *     {@link #drop(Site)}
     */
    void hold(Site holder, Map<String, List<Tensor>> slots);

    /** Frees what is held for this site. Where nothing is, it does nothing. */
    default void drop() {
        drop(site());
    }

    /** Frees what is held for a covered site of the run. Where nothing is, it does nothing. */
    void drop(Site holder);

    /**
     * Says by which number a policy decides, as one that compares it with a threshold. Where several processes compute one generation,
     * each with a part of the tensors, they get the same number back, and so decide alike; the statistics show it.
     *
     * @param number of the values that this process has
     * @return what is to be compared
     */
    default double agree(double number) {
        return number;
    }

    /**
     * Keeps tensors for a covered site within the step, in place of what was carried for it: what the beginning of a row of blocks
     * hands to its end. They are kept as they are, whatever the {@link MemoryBudget}. The tensors stay the caller's.
     *
     * @param tensors one or more; they are freed when they are taken, and at the latest when the next call of the denoiser begins
     */
    void carry(Site holder, List<Tensor> tensors);

    /**
     * {@return what is carried for a covered site, which it then is no more, as tensors that live until this call ends; empty if
     * nothing is}
     */
    List<Tensor> takeCarried(Site holder);
}
