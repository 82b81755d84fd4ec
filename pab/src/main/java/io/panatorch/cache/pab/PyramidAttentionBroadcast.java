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
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;

/**
 * The method: at most steps an attention is not computed, and the output of the step before is used again. How often depends
 * on the kind of attention, because the outputs of cross attention change least from step to step and those of spatial
 * attention most, and on the timestep, because all of them change most at the beginning and at the end.
 *
 * <p>A call reuses if and only if its index is not a multiple of the kind's skip range and {@code low < timestep < high},
 * strict on both sides. What is reused is the output after the output projection and before the gate. A site's output is held
 * only while the next step will reuse it, so nothing is held outside the window.
 *
 * <p>The MLPs of some blocks may be skipped too, at the steps that follow listed timesteps.
 */
public final class PyramidAttentionBroadcast implements CacheMethod {

    private static final System.Logger LOGGER = System.getLogger(PyramidAttentionBroadcast.class.getName());

    /** One kind's rule, and the names it is narrowed to; none means all. */
    private record Broadcast(ReuseRule rule, List<Pattern> identifiers) {

        boolean covers(Site site) {
            return rule.covers(site.layer()) && (identifiers.isEmpty()
                    || identifiers.stream().anyMatch(pattern -> pattern.matcher(site.name()).find()));
        }

        @Override
        public String toString() {
            return rule + (identifiers.isEmpty() ? "" : " named " + identifiers);
        }
    }

    private final Map<SiteKind, Broadcast> broadcasts;

    private PyramidAttentionBroadcast(Map<SiteKind, Broadcast> broadcasts) {
        this.broadcasts = broadcasts;
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
        kinds.addAll(broadcasts.keySet());
        return kinds;
    }

    @Override
    public CachePolicy policy(CacheRun run) {
        int[] timesteps = run.timesteps();
        Map<Site, Visits> sites = new HashMap<>();
        for (Site site : run.sites()) {
            Broadcast broadcast = broadcasts.get(site.kind());
            if (broadcast != null && broadcast.covers(site)) {
                sites.put(site, new Visits(broadcast.rule));
            }
        }
        warn(sites.isEmpty(), timesteps);
        return call -> {
            Visits visits = sites.get(call.site());
            return visits == null ? call.compute() : visits.apply(call, timesteps);
        };
    }

    /** Says which settings are without effect in a run. */
    private void warn(boolean appliesNowhere, int[] timesteps) {
        if (appliesNowhere) {
            LOGGER.log(System.Logger.Level.WARNING,
                    "Pyramid Attention Broadcast applies to no attention of this model: its settings are {0}",
                    describe(broadcasts));
        }
        if (broadcasts.get(SiteKind.FEED_FORWARD) instanceof Broadcast(MlpBroadcastRule rule, _)
                && !rule.appliesTo(timesteps)) {
            LOGGER.log(System.Logger.Level.WARNING, "Pyramid Attention Broadcast skips no MLP in this run: none of its "
                    + timesteps.length + " timesteps is one of " + rule.timesteps());
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
            boolean reuse = last == index - 1 && rule.reuses(index, timesteps);
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

    private static String describe(Map<SiteKind, Broadcast> broadcasts) {
        return broadcasts.entrySet().stream()
                .map(entry -> words(entry.getKey()) + " " + entry.getValue())
                .collect(Collectors.joining(", "));
    }

    private static String words(SiteKind kind) {
        return kind == SiteKind.FEED_FORWARD ? "MLP" : kind.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    /** Settings under diffusers' names, and the MLP's under those of VideoSys. Each value is checked when it is set. */
    public static final class Builder {

        private static final int DEFAULT_SKIP_RANGE = 2;
        private static final int DEFAULT_LOW = 100;
        private static final int DEFAULT_HIGH = 800;

        private static final class Kind {
            Integer skipRange;
            BroadcastRule window = new BroadcastRule(1, DEFAULT_LOW, DEFAULT_HIGH);
            List<Pattern> identifiers = List.of();

            Broadcast broadcast(int n) {
                return new Broadcast(new BroadcastRule(n, window.low(), window.high()), identifiers);
            }
        }

        private final Map<SiteKind, Kind> kinds = new EnumMap<>(SiteKind.class);
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

        private Kind kind(SiteKind kind) {
            return kinds.computeIfAbsent(kind, _ -> new Kind());
        }

        private Builder skipRange(SiteKind kind, int n) {
            kind(kind).skipRange = checked(kind, n, DEFAULT_LOW, DEFAULT_HIGH).skipRange();
            return this;
        }

        private Builder window(SiteKind kind, int low, int high) {
            kind(kind).window = checked(kind, 1, low, high);
            return this;
        }

        private static BroadcastRule checked(SiteKind kind, int n, int low, int high) {
            try {
                return new BroadcastRule(n, low, high);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(words(kind) + " " + e.getMessage(), e);
            }
        }

        private Builder identifiers(SiteKind kind, String... identifiers) {
            List<Pattern> patterns = new ArrayList<>();
            for (String identifier : identifiers) {
                patterns.add(pattern(kind, identifier));
            }
            kind(kind).identifiers = List.copyOf(patterns);
            return this;
        }

        /** The message of a PatternSyntaxException has several lines and does not say which setting is wrong. */
        private static Pattern pattern(SiteKind kind, String identifier) {
            try {
                return Pattern.compile(identifier);
            } catch (PatternSyntaxException e) {
                throw new IllegalArgumentException(words(kind) + " block identifier \"" + identifier
                        + "\" is not a regular expression: " + e.getDescription() + " at index " + e.getIndex(), e);
            }
        }

        /**
         * {@return the method; without any skip range or MLP broadcast, as in diffusers, one with a skip range of 2 for
         * spatial attention, with a warning}
         */
        public PyramidAttentionBroadcast build() {
            Map<SiteKind, Broadcast> broadcasts = new EnumMap<>(SiteKind.class);
            kinds.forEach((site, kind) -> {
                if (kind.skipRange != null) {
                    broadcasts.put(site, kind.broadcast(kind.skipRange));
                }
            });
            if (mlp != null) {
                broadcasts.put(SiteKind.FEED_FORWARD,
                        new Broadcast(mlp, kinds.getOrDefault(SiteKind.FEED_FORWARD, new Kind()).identifiers));
            }
            if (broadcasts.isEmpty()) {
                LOGGER.log(System.Logger.Level.WARNING, "Pyramid Attention Broadcast without a skip range for spatial,"
                        + " temporal or cross attention: using a spatial skip range of " + DEFAULT_SKIP_RANGE);
                broadcasts.put(SiteKind.SPATIAL_ATTENTION,
                        kinds.getOrDefault(SiteKind.SPATIAL_ATTENTION, new Kind()).broadcast(DEFAULT_SKIP_RANGE));
            }
            return new PyramidAttentionBroadcast(broadcasts);
        }
    }
}
