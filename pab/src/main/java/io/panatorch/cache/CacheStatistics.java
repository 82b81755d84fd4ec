package io.panatorch.cache;

import java.util.List;

/**
 * What a session did so far.
 *
 * @param method the method's name
 * @param sites one record for each covered site that was visited, in the order of the model
 * @param bytesHeld what is held now
 * @param bytesPeak the most that was held at once, over all sites
 */
public record CacheStatistics(String method, List<SiteStatistics> sites, long bytesHeld, long bytesPeak) {

    /** How a decision is written: the computation ran. */
    public static final char COMPUTED = 'C';
    /** How a decision is written: it did not. */
    public static final char REUSED = 'R';

    /**
     * What happened at one site.
     *
     * @param site the site
     * @param decisions one letter a step: {@value #COMPUTED} or {@value #REUSED}, and {@code -} for a step without a visit,
     *     such as that of a site inside one that was not computed
     * @param bytesHeld what is held for it now
     * @param bytesPeak the most that was held for it at once
     */
    public record SiteStatistics(Site site, String decisions, long bytesHeld, long bytesPeak) {

        /** {@return the number of steps at which the computation ran} */
        public int computed() {
            return count(COMPUTED);
        }

        /** {@return the number of steps at which it did not} */
        public int reused() {
            return count(REUSED);
        }

        private int count(char letter) {
            return (int) decisions.chars().filter(c -> c == letter).count();
        }
    }

    /** Copies the list. */
    public CacheStatistics {
        sites = List.copyOf(sites);
    }

    /** {@return computations that ran, over all sites and steps} */
    public int computed() {
        return sites.stream().mapToInt(SiteStatistics::computed).sum();
    }

    /** {@return computations that were saved, over all sites and steps} */
    public int reused() {
        return sites.stream().mapToInt(SiteStatistics::reused).sum();
    }
}
