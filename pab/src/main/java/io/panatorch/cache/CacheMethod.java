package io.panatorch.cache;

/**
 * A caching method with its settings: an immutable recipe that any number of generations may use, at once too.
 *
 * <p>An implementer writes {@link #policy}; models and pipelines call {@link #open}.
 */
public interface CacheMethod {

    /** {@return the method's short name, as it appears in statistics} */
    String name();

    /**
     * Makes the state of one generation.
     *
     * @param run the model's sites and the generation's timesteps
     * @return never null, and a new one for each run if it has state
     * @throws IllegalArgumentException where the settings do not fit the run
     */
    CachePolicy policy(CacheRun run);

    /**
     * Opens a session for one generation, which the caller closes on the thread that uses it.
     *
     * @throws IllegalArgumentException where the settings do not fit the run, or the run names a site twice
     */
    default CacheSession open(CacheRun run) {
        return new CacheSession(name(), policy(run), run);
    }

    /** {@return the method that computes everything} */
    static CacheMethod none() {
        return new CacheMethod() {
            @Override
            public String name() {
                return "none";
            }

            @Override
            public CachePolicy policy(CacheRun run) {
                return SiteCall::compute;
            }
        };
    }
}
