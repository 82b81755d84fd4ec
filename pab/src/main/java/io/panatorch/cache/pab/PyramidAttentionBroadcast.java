package io.panatorch.cache.pab;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteCall;
import io.panatorch.cache.SiteKind;
import io.panatorch.tensor.Tensor;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The method: at most steps an attention is not computed, and the output of the step before is used again. How often depends
 * on the kind of attention, because the outputs of cross attention change least from step to step and those of spatial
 * attention most, and on the timestep, because all of them change most at the beginning and at the end.
 *
 * <p>A call reuses if and only if its index is not a multiple of the kind's skip range and {@code low < timestep < high},
 * strict on both sides. What is reused is the output after the output projection and before the gate. A site's output is held
 * only while the next step will reuse it, so nothing is held outside the window.
 *
 * <p>The MLPs of some blocks may be skipped too, at the steps that follow listed timesteps, and {@linkplain BroadcastRule
 * rules} can be added that hold for some layers alone.
 */
public final class PyramidAttentionBroadcast implements CacheMethod {

    private static final System.Logger LOGGER = System.getLogger(PyramidAttentionBroadcast.class.getName());

    /** A rule for sites of a kind, and the names they are narrowed to; none means all. */
    private record Broadcast(SiteKind kind, ReuseRule rule, List<Pattern> identifiers) {

        boolean covers(Site site) {
            return site.kind() == kind && rule.covers(site.layer()) && (identifiers.isEmpty()
                    || identifiers.stream().anyMatch(pattern -> pattern.matcher(site.name()).find()));
        }

        @Override
        public String toString() {
            return ReuseRule.words(kind) + " " + rule + (identifiers.isEmpty() ? "" : " named " + identifiers);
        }
    }

    private final List<Broadcast> broadcasts;

    private PyramidAttentionBroadcast(List<Broadcast> broadcasts) {
        this.broadcasts = List.copyOf(broadcasts);
    }

    /** {@return a builder with diffusers' defaults: no kind is broadcast, and the windows are (100, 800)} */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * {@return a builder that begins with the setting for a model of the method's authors, to change a part of it}
     *
     * @param preset one of {@link #presets()}
     * @throws IllegalArgumentException for another name; the message lists them
     */
    public static Builder builder(String preset) {
        return Presets.builder(preset);
    }

    /** {@return the setting for CogVideoX of the method's authors: spatial attention, skip range 2, in (100, 850)} */
    public static PyramidAttentionBroadcast cogVideoX() {
        return preset("cogvideox");
    }

    /**
     * {@return the setting for a model of the method's authors}
     *
     * @param name one of {@link #presets()}
     * @throws IllegalArgumentException for another name; the message lists them
     */
    public static PyramidAttentionBroadcast preset(String name) {
        return builder(name).build();
    }

    /** {@return the names of the models that {@link #preset} knows} */
    public static List<String> presets() {
        return Presets.names();
    }

    @Override
    public String name() {
        return "pab";
    }

    @Override
    public Set<SiteKind> kinds() {
        // The attentions in any case: statistics list also those that are not broadcast.
        Set<SiteKind> kinds = EnumSet.copyOf(SiteKind.ATTENTIONS);
        broadcasts.forEach(broadcast -> kinds.add(broadcast.kind));
        return kinds;
    }

    @Override
    public CachePolicy policy(CacheRun run) {
        int[] timesteps = run.timesteps();
        Map<Site, Visits> sites = new HashMap<>();
        for (Site site : run.sites()) {
            List<ReuseRule> rules = broadcasts.stream().filter(each -> each.covers(site)).map(Broadcast::rule).toList();
            if (!rules.isEmpty()) {
                sites.put(site, new Visits(rules.size() == 1 ? rules.getFirst() : new ReuseRule.Any(rules)));
            }
        }
        warnOfMlps(timesteps);
        return call -> {
            Visits visits = sites.get(call.site());
            return visits == null ? call.compute() : visits.apply(call, timesteps);
        };
    }

    @Override
    public boolean canReuse(CacheRun run) {
        int[] timesteps = run.timesteps();
        return broadcasts.stream().anyMatch(broadcast -> run.sites().stream().anyMatch(broadcast::covers)
                && IntStream.range(1, timesteps.length).anyMatch(index -> broadcast.rule.reuses(index, timesteps)));
    }

    private void warnOfMlps(int[] timesteps) {
        for (Broadcast broadcast : broadcasts) {
            if (broadcast.rule instanceof MlpBroadcastRule rule && !rule.appliesTo(timesteps)) {
                LOGGER.log(System.Logger.Level.WARNING, "Pyramid Attention Broadcast skips no MLP in this run: none of its "
                        + timesteps.length + " timesteps is one of " + rule.timesteps());
            }
        }
    }

    /** One site during one generation. */
    private static final class Visits {

        private final ReuseRule rule;
        private int last = -1;

        Visits(ReuseRule rule) {
            this.rule = rule;
        }

        List<Tensor> apply(SiteCall call, int[] timesteps) {
            int index = call.step().index();
            // Where a model leaves a site out of a step, what is held is not of the step before.
            boolean reuse = call.mayReuse() && last == index - 1 && rule.reuses(index, timesteps);
            List<Tensor> held = reuse ? call.held() : List.of();
            List<Tensor> outputs = held.isEmpty() ? call.compute() : held;
            if (!rule.holds(index, timesteps)) {
                call.drop();
            } else if (held.isEmpty()) {
                call.hold(outputs);
            }
            last = index;
            return outputs;
        }
    }

    @Override
    public String toString() {
        return "PyramidAttentionBroadcast[" + describe(broadcasts) + "]";
    }

    private static String describe(List<Broadcast> broadcasts) {
        return broadcasts.stream().map(Broadcast::toString).collect(Collectors.joining(", "));
    }

    /** Settings under diffusers' names, and the MLP's under those of VideoSys. Each value is checked when it is set. */
    public static final class Builder {

        private static final int DEFAULT_SKIP_RANGE = 2;
        private static final int DEFAULT_LOW = 100;
        private static final int DEFAULT_HIGH = 800;

        private static final class Kind {
            Integer skipRange;
            int low = DEFAULT_LOW;
            int high = DEFAULT_HIGH;
            List<Pattern> identifiers = List.of();

            Broadcast broadcast(SiteKind kind, int n) {
                return new Broadcast(kind, new BroadcastRule(kind, n, low, high), identifiers);
            }
        }

        private final Map<SiteKind, Kind> kinds = new EnumMap<>(SiteKind.class);
        private final List<BroadcastRule> rules = new ArrayList<>();
        private MlpBroadcastRule mlp;

        private Builder() {}

        /** Compute spatial attention at every n-th step and reuse it at the others; 1 or more. */
        public Builder spatialAttentionBlockSkipRange(int n) {
            return skipRange(SiteKind.SPATIAL_ATTENTION, n);
        }

        /** Compute temporal attention at every n-th step and reuse it at the others; 1 or more. */
        public Builder temporalAttentionBlockSkipRange(int n) {
            return skipRange(SiteKind.TEMPORAL_ATTENTION, n);
        }

        /** Compute cross attention at every n-th step and reuse it at the others; 1 or more. */
        public Builder crossAttentionBlockSkipRange(int n) {
            return skipRange(SiteKind.CROSS_ATTENTION, n);
        }

        /** Reuse spatial attention only where {@code low < timestep < high}; (100, 800) if not set. */
        public Builder spatialAttentionTimestepSkipRange(int low, int high) {
            return window(SiteKind.SPATIAL_ATTENTION, low, high);
        }

        /** Reuse temporal attention only where {@code low < timestep < high}; (100, 800) if not set. */
        public Builder temporalAttentionTimestepSkipRange(int low, int high) {
            return window(SiteKind.TEMPORAL_ATTENTION, low, high);
        }

        /** Reuse cross attention only where {@code low < timestep < high}; (100, 800) if not set. */
        public Builder crossAttentionTimestepSkipRange(int low, int high) {
            return window(SiteKind.CROSS_ATTENTION, low, high);
        }

        /** Narrows spatial attention to sites in whose name one of these regular expressions is found. */
        public Builder spatialAttentionBlockIdentifiers(String... identifiers) {
            return identifiers(SiteKind.SPATIAL_ATTENTION, identifiers);
        }

        /** Narrows temporal attention to sites in whose name one of these regular expressions is found. */
        public Builder temporalAttentionBlockIdentifiers(String... identifiers) {
            return identifiers(SiteKind.TEMPORAL_ATTENTION, identifiers);
        }

        /** Narrows cross attention to sites in whose name one of these regular expressions is found. */
        public Builder crossAttentionBlockIdentifiers(String... identifiers) {
            return identifiers(SiteKind.CROSS_ATTENTION, identifiers);
        }

        /**
         * Compute the MLP of some blocks at listed timesteps and reuse it at the steps after each. VideoSys writes
         * <code>{t: {"block": blocks, "skip_count": skipCount}}</code> for each timestep t, once for spatial and once for
         * temporal blocks; here the blocks are those of either, unless identifiers narrow them.
         *
         * @param blocks {@linkplain Site#layer() layers}, each 0 or more
         * @param timesteps the scheduler's; a run that has none of them skips no MLP, with a warning
         * @param skipCount how many steps reuse the output of a listed one; 1 or more
         */
        public Builder mlpBroadcast(List<Integer> blocks, List<Integer> timesteps, int skipCount) {
            mlp = new MlpBroadcastRule(blocks, timesteps, skipCount);
            return this;
        }

        /** Narrows the MLP broadcast to sites in whose name one of these regular expressions is found. */
        public Builder mlpBlockIdentifiers(String... identifiers) {
            return identifiers(SiteKind.FEED_FORWARD, identifiers);
        }

        /**
         * Adds a rule to the others, of its own kind too: a site that several rules cover is reused where one of them reuses
         * it. A window with another skip range, or the MLPs in a window, are set so.
         */
        public Builder rule(BroadcastRule rule) {
            rules.add(Objects.requireNonNull(rule, "rule"));
            return this;
        }

        private Kind kind(SiteKind kind) {
            return kinds.computeIfAbsent(kind, _ -> new Kind());
        }

        private Builder skipRange(SiteKind kind, int n) {
            kind(kind).skipRange = new BroadcastRule(kind, n, DEFAULT_LOW, DEFAULT_HIGH).skipRange();
            return this;
        }

        private Builder window(SiteKind kind, int low, int high) {
            BroadcastRule window = new BroadcastRule(kind, 1, low, high);
            kind(kind).low = window.low();
            kind(kind).high = window.high();
            return this;
        }

        private Builder identifiers(SiteKind kind, String... identifiers) {
            List<Pattern> patterns = new ArrayList<>();
            for (String identifier : Objects.requireNonNull(identifiers, "identifiers")) {
                patterns.add(pattern(kind, identifier));
            }
            kind(kind).identifiers = List.copyOf(patterns);
            return this;
        }

        /** The message of a PatternSyntaxException has several lines and does not say which setting is wrong. */
        private static Pattern pattern(SiteKind kind, String identifier) {
            try {
                return Pattern.compile(Objects.requireNonNull(identifier, "identifier"));
            } catch (PatternSyntaxException e) {
                throw new IllegalArgumentException(ReuseRule.words(kind) + " block identifier \"" + identifier
                        + "\" is not a regular expression: " + e.getDescription() + " at index " + e.getIndex(), e);
            }
        }

        /**
         * {@return the method; without any skip range, MLP broadcast or rule, as in diffusers, one with a skip range of 2 for
         * spatial attention, with a warning}
         */
        public PyramidAttentionBroadcast build() {
            List<Broadcast> broadcasts = new ArrayList<>();
            kinds.forEach((site, kind) -> {
                if (kind.skipRange != null) {
                    broadcasts.add(kind.broadcast(site, kind.skipRange));
                }
            });
            if (mlp != null) {
                broadcasts.add(new Broadcast(SiteKind.FEED_FORWARD, mlp,
                        kinds.getOrDefault(SiteKind.FEED_FORWARD, new Kind()).identifiers));
            }
            rules.forEach(rule -> broadcasts.add(new Broadcast(rule.kind(), rule, List.of())));
            if (broadcasts.isEmpty()) {
                LOGGER.log(System.Logger.Level.WARNING, "Pyramid Attention Broadcast without a skip range for spatial,"
                        + " temporal or cross attention: using a spatial skip range of " + DEFAULT_SKIP_RANGE);
                broadcasts.add(kinds.getOrDefault(SiteKind.SPATIAL_ATTENTION, new Kind())
                        .broadcast(SiteKind.SPATIAL_ATTENTION, DEFAULT_SKIP_RANGE));
            }
            return new PyramidAttentionBroadcast(broadcasts);
        }
    }
}
