package io.panatorch.cache;

import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * What a session did so far.
 *
 * @param method the method's name
 * @param sites one record for each covered site that was visited, in the order of the model; where guidance takes calls of its own,
 *     one for each branch
 * @param bytesOfKinds what is held for the sites of each kind among them
 * @param bytes what is held for all
 * @param computedWork which part of the work of the whole model was computed, in [0, 1], by which methods can be compared that
 *     cover different sites: its attentions and MLPs, covered or not, each weighed by the multiplications of the usual layer of its
 *     kind; its blocks where it names nothing inside them, and its denoiser where it names no blocks. What ran for a part of a batch
 *     counts for that part, and what a method itself does counts nothing. NaN where nothing was visited
 */
public record CacheStatistics(
        String method, List<SiteStatistics> sites, Map<SiteKind, HeldBytes> bytesOfKinds, HeldBytes bytes, double computedWork)
        implements VisitCounts {

    /** How a decision is written: the computation ran. */
    public static final char COMPUTED = 'C';
    /** How a decision is written: the computation ran on other inputs than the model's, such as half of a batch. */
    public static final char PARTIAL = 'P';
    /** How a decision is written: it did not run. */
    public static final char REUSED = 'R';
    /** How a decision is written: the site was not visited, such as one inside another that was not computed. */
    public static final char NOT_VISITED = '-';

    /**
     * What happened at one site in one branch.
     *
     * @param branch what the calls of the denoiser predicted
     * @param site the site
     * @param decisions one letter a step: {@value #COMPUTED}, {@value #PARTIAL}, {@value #REUSED} or {@value #NOT_VISITED}
     * @param seconds how long each step's visit took, less the visits of other covered sites inside it; NaN where there was none,
     *     or on an accelerator where the session does not {@linkplain SessionOptions#measuring measure}
     * @param changes for each step the relative change {@code Σ|new − old| / Σ|old|} of the outputs since they were last
     *     computed; NaN where they were not, or for the first time, or were all 0 or of other shapes then, or the session does not
     *     measure
     * @param compared the number that the method {@linkplain SiteCall#agree compared} with its threshold at each step; NaN where it did not
     * @param bytes what is held for it
     * @param evictions how often what was held was let go because it did not fit the {@link MemoryBudget}
     */
    public record SiteStatistics(
            Branch branch, Site site, String decisions, List<Double> seconds, List<Double> changes, List<Double> compared,
            HeldBytes bytes, int evictions)
            implements VisitCounts {

        private static final double MEDIAN = 50;

        /** Copies the lists. */
        public SiteStatistics {
            seconds = List.copyOf(seconds);
            changes = List.copyOf(changes);
            compared = List.copyOf(compared);
        }

        @Override
        public List<SiteStatistics> sites() {
            return List.of(this);
        }

        double saved() {
            double whole = VisitCounts.percentile(secondsOf(COMPUTED), MEDIAN);
            return DoubleStream.concat(secondsOf(PARTIAL), secondsOf(REUSED)).map(time -> whole - time)
                    .filter(Double::isFinite).sum();
        }

        private DoubleStream secondsOf(char letter) {
            return IntStream.range(0, decisions.length()).filter(i -> decisions.charAt(i) == letter)
                    .mapToDouble(seconds::get).filter(Double::isFinite);
        }
    }

    /**
     * What happened at all sites of one kind.
     *
     * @param kind the kind
     * @param sites those that were visited, in the order of the model
     * @param bytes what is held for all of them
     */
    public record KindStatistics(SiteKind kind, List<SiteStatistics> sites, HeldBytes bytes) implements VisitCounts {

        /** Copies the list. */
        public KindStatistics {
            sites = List.copyOf(sites);
        }
    }

    /** Copies list and map. */
    public CacheStatistics {
        Objects.requireNonNull(bytes, "bytes");
        sites = List.copyOf(sites);
        Map<SiteKind, HeldBytes> copy = new EnumMap<>(SiteKind.class);
        copy.putAll(bytesOfKinds);
        bytesOfKinds = Collections.unmodifiableMap(copy);
    }

    /** {@return a site's name, and in which branch it was visited where there was more than one} */
    public String nameOf(SiteStatistics site) {
        boolean isOneOfSeveral = sites.stream().anyMatch(other -> other.branch() != site.branch());
        return site.site().name() + (isOneOfSeveral ? " (" + site.branch().name().toLowerCase(Locale.ROOT) + ")" : "");
    }

    /** {@return the same by kind, in the order of {@link SiteKind}} */
    public List<KindStatistics> kinds() {
        return bytesOfKinds.entrySet().stream()
                .map(entry -> new KindStatistics(entry.getKey(),
                        sites.stream().filter(site -> site.site().kind() == entry.getKey()).toList(), entry.getValue()))
                .toList();
    }
}
