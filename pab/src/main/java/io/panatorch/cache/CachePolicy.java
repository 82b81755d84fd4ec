package io.panatorch.cache;

import io.panatorch.tensor.Tensor;
import java.util.List;

/**
 * The decisions of one method during one generation. This is what the author of a method implements.
 *
 * <p>The contract:
 *
 * <ul>
 *   <li>{@link #apply} is called for every site of the method's {@linkplain CacheMethod#kinds kinds} that the model visits, at
 *       most once a step, in the order of execution, on one thread.
 *   <li>Sites may lie inside each other: while an outer one computes, {@code apply} is called for the inner ones. Where an outer
 *       one is not computed, those inside it are not visited in that step.
 *   <li>It returns as many tensors as the computation would, with the same shapes. They may be the computation's results,
 *       tensors it made itself, the inputs, or what {@link SiteCall#held()} gives. The session checks the number:
 *       against 1 for a site with a single output, else against what the computation gave in this call or, where it did not
 *       run, when it last did. Before its first run there is nothing to check against.
 *   <li>It may call {@link SiteCall#compute() compute} once or not at all, on the inputs or on
 *       {@linkplain SiteCall#compute(List) others}. Whether it did is what the statistics call
 *       computed, partial or reused.
 *   <li>Tensors survive from one step to the next only through {@link SiteCall#hold(List)}; everything else that is made during the
 *       call is freed when it returns. Other state (numbers, counters) may be kept in the policy itself, which lives as long as
 *       the generation and no longer.
 *   <li>What is held may be gone at the next visit, where it did not fit the session's {@link MemoryBudget}: then the policy
 *       computes. It may come back rounded to bfloat16, where the budget says so.
 *   <li>What is held is freed by {@link SiteCall#drop()}, by the next {@code hold} of that site, and at the latest when the
 *       session closes, also after an exception or a cancellation. Hold a tensor only while a later visit will use it. What one
 *       site holds another may use: {@link SiteCall#held(Site)}, {@link SiteCall#hold(Site, List)} and
 *       {@link SiteCall#drop(Site)} take any covered site of the run.
 *   <li>An exception passes through to the model's caller; the session stays valid for {@code close}. A broken rule is an
 *       {@link IllegalStateException} that names the method, the site, the step and the rule.
 * </ul>
 */
@FunctionalInterface
public interface CachePolicy {

    /**
     * Produces the outputs of a site.
     *
     * @param call the site, the step, its inputs, its computation, and what is held for it
     */
    List<Tensor> apply(SiteCall call);
}
