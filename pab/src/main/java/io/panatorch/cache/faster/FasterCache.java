package io.panatorch.cache.faster;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteKind;
import io.panatorch.cache.Step;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.ToDoubleBiFunction;
import java.util.function.ToDoubleFunction;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The method, in two parts. A part skips at a step if and only if the step's index is not a multiple of the part's skip range and
 * {@code low < timestep < high}, strict on both sides.
 *
 * <ul>
 *   <li>The unconditional half of the batch is left out of the denoiser, and made of the conditional half's output {@code c}: to
 *       {@code c} is added what the unconditional half had more in the last step that computed both, its low and high spatial
 *       frequencies scaled by a weight each, once for every step since.
 *   <li>An attention's output is extrapolated from its outputs {@code a}, {@code b} at the two steps before, computed or not:
 *       {@code b + (b − a) · weight}. With guidance this happens only where the unconditional half is left out.
 * </ul>
 *
 * <p>Of the denoiser the method expects that the first dimension of its outputs, and of all its inputs that are as long there as the
 * first one, is the batch, with the unconditional half first; and that outputs end in height and width. Whether the batch has such a
 * half a step says by {@link io.panatorch.cache.Branch#BOTH}; in other branches attentions alone are skipped.
 */
public final class FasterCache implements CacheMethod {

    private static final System.Logger LOGGER = System.getLogger(FasterCache.class.getName());

    /** One kind's rule, and the names it is narrowed to; none means all. */
    private record Reuse(SkipRule rule, List<Pattern> identifiers) {

        boolean covers(Site site) {
            return identifiers.isEmpty() || identifiers.stream().anyMatch(pattern -> pattern.matcher(site.name()).find());
        }

        @Override
        public String toString() {
            return rule + (identifiers.isEmpty() ? "" : " named " + identifiers);
        }
    }

    private final Map<SiteKind, Reuse> reuses;
    private final SkipRule unconditional;
    private final FasterWeights weights;

    private FasterCache(Builder builder) {
        this.reuses = builder.reuses();
        this.unconditional = builder.unconditional;
        this.weights = new FasterWeights(builder.attentionWeight, builder.lowWeight(), builder.highWeight());
    }

    /** {@return a builder with diffusers' defaults: spatial attention and the unconditional half are skipped} */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public String name() {
        return "faster";
    }

    /** {@return the attentions, and the denoiser, whose output has an unconditional half where guidance is batched} */
    @Override
    public Set<SiteKind> kinds() {
        Set<SiteKind> kinds = EnumSet.copyOf(SiteKind.ATTENTIONS);
        kinds.add(SiteKind.DENOISER);
        return kinds;
    }

    /** {@return true: what it makes of the unconditional half it makes of the conditional one} */
    @Override
    public boolean needsBothBranches() {
        return true;
    }

    @Override
    public CachePolicy policy(CacheRun run) {
        Map<Site, SkipRule> attentions = new LinkedHashMap<>();
        for (Site site : run.sites()) {
            Reuse reuse = reuses.get(site.kind());
            if (reuse != null && reuse.covers(site)) {
                attentions.put(site, reuse.rule);
            }
        }
        if (attentions.isEmpty()) {
            LOGGER.log(System.Logger.Level.WARNING, "FasterCache applies to no attention of this model: its settings are {0}", this);
        }
        if (run.sites().stream().noneMatch(site -> site.kind() == SiteKind.DENOISER)) {
            LOGGER.log(System.Logger.Level.WARNING, "FasterCache skips attentions alone: this model does not name its denoiser, whose"
                    + " unconditional half could be left out");
        }
        return new FasterPolicy(new FasterSchedule(unconditional, run.timesteps()), weights, attentions);
    }

    @Override
    public boolean canReuse(CacheRun run) {
        int[] timesteps = run.timesteps();
        FasterSchedule schedule = new FasterSchedule(unconditional, timesteps);
        boolean hasDenoiser = run.sites().stream().anyMatch(site -> site.kind() == SiteKind.DENOISER);
        List<SkipRule> rules = run.sites().stream().filter(site -> reuses.containsKey(site.kind()) && reuses.get(site.kind()).covers(site))
                .map(site -> reuses.get(site.kind()).rule).distinct().toList();
        return IntStream.range(1, timesteps.length).anyMatch(index -> hasDenoiser && schedule.skipsUnconditional(index)
                || rules.stream().anyMatch(rule -> schedule.reuses(rule, index, false)));
    }

    @Override
    public String toString() {
        return "FasterCache[" + reuses.entrySet().stream().map(entry -> words(entry.getKey()) + " " + entry.getValue() + ", ")
                .collect(Collectors.joining()) + "attention weight " + described(weights.attention())
                + ", unconditional batch " + unconditional + ", low frequency weight " + described(weights.low())
                + ", high frequency weight " + described(weights.high()) + "]";
    }

    private static String described(Object weight) {
        return weight instanceof FrequencyWeight || weight instanceof Builder.DefaultAttentionWeight
                ? weight.toString()
                : "of a callback";
    }

    private static String words(SiteKind kind) {
        return kind.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    /**
     * Settings under diffusers' names. Each value is checked when it is set. There is no {@code tensor_format}: frames and channels
     * are told apart by nothing in the method. There is no {@code current_timestep_callback}: the timestep is the step's; and no
     * {@code is_guidance_distilled}: the step's {@link io.panatorch.cache.Branch} says whether there is an unconditional half.
     */
    public static final class Builder {

        private static final class Kind {
            Integer skipRange;
            SkipRule window = new SkipRule(1, -1, 681);
            List<Pattern> identifiers = List.of();
        }

        private record DefaultAttentionWeight(double weight) implements ToDoubleBiFunction<Site, Step> {

            @Override
            public double applyAsDouble(Site site, Step step) {
                return weight;
            }

            @Override
            public String toString() {
                return Double.toString(weight);
            }
        }

        private final Map<SiteKind, Kind> kinds = new EnumMap<>(SiteKind.class);
        private SkipRule unconditional = new SkipRule(5, -1, 641);
        private FrequencyWeight low = new FrequencyWeight(1.1, 99, 901);
        private FrequencyWeight high = new FrequencyWeight(1.1, -1, 301);
        private ToDoubleFunction<Step> lowCallback;
        private ToDoubleFunction<Step> highCallback;
        private ToDoubleBiFunction<Site, Step> attentionWeight = new DefaultAttentionWeight(0.5);

        private Builder() {
            spatialAttentionBlockSkipRange(2);
        }

        /** Compute spatial attention at every n-th step; 1 or more, 2 if not set. */
        public Builder spatialAttentionBlockSkipRange(int n) {
            return skipRange(SiteKind.SPATIAL_ATTENTION, n);
        }

        /** Compute temporal attention at every n-th step; 1 or more; it is always computed if not set. */
        public Builder temporalAttentionBlockSkipRange(int n) {
            return skipRange(SiteKind.TEMPORAL_ATTENTION, n);
        }

        /** Reuse spatial attention only where {@code low < timestep < high}; (-1, 681) if not set. */
        public Builder spatialAttentionTimestepSkipRange(int low, int high) {
            return window(SiteKind.SPATIAL_ATTENTION, low, high);
        }

        /** Reuse temporal attention only where {@code low < timestep < high}; (-1, 681) if not set. */
        public Builder temporalAttentionTimestepSkipRange(int low, int high) {
            return window(SiteKind.TEMPORAL_ATTENTION, low, high);
        }

        /** Narrows spatial attention to sites in whose name one of these regular expressions is found. */
        public Builder spatialAttentionBlockIdentifiers(String... identifiers) {
            return identifiers(SiteKind.SPATIAL_ATTENTION, identifiers);
        }

        /** Narrows temporal attention to sites in whose name one of these regular expressions is found. */
        public Builder temporalAttentionBlockIdentifiers(String... identifiers) {
            return identifiers(SiteKind.TEMPORAL_ATTENTION, identifiers);
        }

        /** How far a site extrapolates at a step; 0.5 if not set. The paper's weight grows from 0 to 1 during the run. */
        public Builder attentionWeightCallback(ToDoubleBiFunction<Site, Step> weight) {
            attentionWeight = Objects.requireNonNull(weight, "weight");
            return this;
        }

        /** Compute the unconditional half at every n-th step; 1 or more, 5 if not set. */
        public Builder unconditionalBatchSkipRange(int n) {
            unconditional = named("unconditional batch ", () -> new SkipRule(n, unconditional.low(), unconditional.high()));
            return this;
        }

        /** Leave the unconditional half out only where {@code low < timestep < high}; (-1, 641) if not set. */
        public Builder unconditionalBatchTimestepSkipRange(int low, int high) {
            unconditional = named("unconditional batch ", () -> new SkipRule(unconditional.skipRange(), low, high));
            return this;
        }

        /** Scale low frequencies only where {@code low < timestep < high}; (99, 901) if not set. */
        public Builder lowFrequencyWeightUpdateTimestepRange(int low, int high) {
            this.low = named("low frequency weight update timestep range: ",
                    () -> new FrequencyWeight(this.low.alpha(), low, high));
            return this;
        }

        /** Scale high frequencies only where {@code low < timestep < high}; (-1, 301) if not set. */
        public Builder highFrequencyWeightUpdateTimestepRange(int low, int high) {
            this.high = named("high frequency weight update timestep range: ",
                    () -> new FrequencyWeight(this.high.alpha(), low, high));
            return this;
        }

        /** What low frequencies are multiplied with inside their range; 1.1 if not set. */
        public Builder alphaLowFrequency(double alpha) {
            low = named("alpha low frequency: ", () -> new FrequencyWeight(alpha, low.low(), low.high()));
            return this;
        }

        /** What high frequencies are multiplied with inside their range; 1.1 if not set. */
        public Builder alphaHighFrequency(double alpha) {
            high = named("alpha high frequency: ", () -> new FrequencyWeight(alpha, high.low(), high.high()));
            return this;
        }

        /** What low frequencies are multiplied with at a step, in place of a number inside a range. */
        public Builder lowFrequencyWeightCallback(ToDoubleFunction<Step> weight) {
            lowCallback = Objects.requireNonNull(weight, "weight");
            return this;
        }

        /** What high frequencies are multiplied with at a step, in place of a number inside a range. */
        public Builder highFrequencyWeightCallback(ToDoubleFunction<Step> weight) {
            highCallback = Objects.requireNonNull(weight, "weight");
            return this;
        }

        private Kind kind(SiteKind kind) {
            return kinds.computeIfAbsent(kind, _ -> new Kind());
        }

        private Builder skipRange(SiteKind kind, int n) {
            SkipRule window = kind(kind).window;
            kind(kind).skipRange = named(words(kind) + " ", () -> new SkipRule(n, window.low(), window.high())).skipRange();
            return this;
        }

        private Builder window(SiteKind kind, int low, int high) {
            kind(kind).window = named(words(kind) + " ", () -> new SkipRule(1, low, high));
            return this;
        }

        private Builder identifiers(SiteKind kind, String... identifiers) {
            kind(kind).identifiers = Arrays.stream(Objects.requireNonNull(identifiers, "identifiers"))
                    .map(identifier -> pattern(kind, identifier)).toList();
            return this;
        }

        private static Pattern pattern(SiteKind kind, String identifier) {
            try {
                return Pattern.compile(Objects.requireNonNull(identifier, "identifier"));
            } catch (PatternSyntaxException e) {
                throw new IllegalArgumentException(words(kind) + " block identifier \"" + identifier
                        + "\" is not a regular expression: " + e.getDescription() + " at index " + e.getIndex(), e);
            }
        }

        /** Puts the setting's name before the message of one that is refused. */
        private static <T> T named(String setting, Supplier<T> made) {
            try {
                return made.get();
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(setting + e.getMessage(), e);
            }
        }

        private Map<SiteKind, Reuse> reuses() {
            Map<SiteKind, Reuse> reuses = new EnumMap<>(SiteKind.class);
            kinds.forEach((site, kind) -> {
                if (kind.skipRange != null) {
                    SkipRule rule = new SkipRule(kind.skipRange, kind.window.low(), kind.window.high());
                    reuses.put(site, new Reuse(rule, kind.identifiers));
                }
            });
            return reuses;
        }

        private ToDoubleFunction<Step> lowWeight() {
            return lowCallback == null ? low : lowCallback;
        }

        private ToDoubleFunction<Step> highWeight() {
            return highCallback == null ? high : highCallback;
        }

        /** {@return the method} */
        public FasterCache build() {
            return new FasterCache(this);
        }
    }
}
