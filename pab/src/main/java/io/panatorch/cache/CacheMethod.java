package io.panatorch.cache;

import java.util.Set;

/**
 * A caching method with its settings: an immutable recipe that any number of generations may use, at once too.
 *
 * <p>An implementer writes {@link #kinds} and {@link #policy}; models and pipelines call {@link #open}.
 */
public interface CacheMethod {

    /** {@return the method's short name, as it appears in statistics} */
    String name();

    /**
     * The kinds of sites whose work this method may skip, or needs to see. Sites of these kinds are <em>covered</em>; all
     * others are computed without asking the policy, and the statistics leave them out.
     *
     * @return the same kinds at every call
     */
    Set<SiteKind> kinds();

    /**
     * Makes the state of one branch of one denoiser in a generation, mostly the only one.
     *
     * @param run the denoiser's covered sites and the generation's timesteps
     * @return never null, and a new one for each run if it has state
     * @throws IllegalArgumentException where the settings do not fit the run
     */
    CachePolicy policy(CacheRun run);

    /**
     * {@return whether anything may be reused in a run, whatever the model computes} Where not, as with a few steps that are all outside
     * a method's window, or a model without such sites, the session says so before the run.
     *
     * @param run the model's covered sites and the generation's timesteps
     */
    default boolean canReuse(CacheRun run) {
        return true;
    }

    /**
     * {@return whether it works on both halves of a guided batch at once, {@link Branch#BOTH}} Where each is predicted apart, as by one of
     * two processes, such a method would give other videos, and is refused. A method that wraps another passes this on.
     */
    default boolean needsBothBranches() {
        return false;
    }

    /** {@return what its sessions do besides what it says} A method that wraps another passes this on, or loses the other's. */
    default SessionOptions options() {
        return SessionOptions.DEFAULT;
    }

    /**
     * Opens a session for one generation, which the caller closes on the thread that uses it. Not for implementers: what they
     * write is the policy.
     *
     * @param run all sites of the model, and the generation's timesteps
     * @throws IllegalArgumentException where the settings do not fit the run, or the run names a site twice
     * @throws java.util.concurrent.CancellationException where it waits for a {@link SharedBudget} and the thread is interrupted
     */
    default CacheSession open(CacheRun run) {
        return new CacheSession(this, run);
    }

    /** {@return this method with other options of its sessions, in place of those it has} */
    default CacheMethod with(SessionOptions options) {
        return new ConfiguredMethod(this, options);
    }

    /**
     * {@return a method that is two in one: each decides at the sites of its own kinds}
     *
     * <p>Where one skips a block, what the other covers inside it is not visited in that step. {@linkplain #with Options} are those of
     * the new method; what the two were given is not looked at.
     *
     * @throws IllegalArgumentException where both cover sites of a kind
     */
    static CacheMethod both(CacheMethod one, CacheMethod other) {
        return new CombinedMethod(one, other);
    }

    /** {@return the method that computes everything, and lists the attentions in its statistics} */
    static CacheMethod none() {
        return new NoCache();
    }
}
