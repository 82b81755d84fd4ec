package io.panatorch.cache.taylorseer;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteKind;
import io.panatorch.tensor.DType;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.IntStream;

/**
 * The method: the first steps are computed, and from then on one step in {@code cacheInterval}. The outputs of the others are
 * {@code Σ fᵢ · dⁱ / i!}, where {@code d} is the number of steps since the last computed one and {@code fᵢ} the i-th divided
 * difference of the computed outputs.
 */
public final class TaylorSeer implements CacheMethod {


    private final TaylorSchedule schedule;
    private final DType factorsDtype;
    private final Set<SiteKind> kinds;
    private final List<Pattern> identifiers;

    private TaylorSeer(Builder builder) {
        this.schedule = new TaylorSchedule(builder.interval, builder.before, builder.after, builder.maxOrder);
        this.factorsDtype = builder.factorsDtype;
        this.kinds = builder.kinds;
        this.identifiers = builder.identifiers;
    }

    /** {@return a builder with diffusers' defaults, for all attentions} */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public String name() {
        return "taylorseer";
    }

    @Override
    public Set<SiteKind> kinds() {
        return kinds;
    }

    @Override
    public CachePolicy policy(CacheRun run) {
        return new TaylorPolicy(schedule, factorsDtype, run.sites().stream().filter(this::predicts).toList());
    }

    @Override
    public boolean canReuse(CacheRun run) {
        return run.sites().stream().anyMatch(this::predicts)
                && IntStream.range(0, run.timesteps().length).anyMatch(index -> !schedule.computes(index));
    }

    private boolean predicts(Site site) {
        return identifiers.isEmpty() || identifiers.stream().anyMatch(pattern -> pattern.matcher(site.name()).matches());
    }

    @Override
    public String toString() {
        return "TaylorSeer[order " + schedule.maxOrder() + " in " + factorsDtype.torchName() + ", interval " + schedule.interval()
                + " from step " + schedule.before()
                + (schedule.after() == Builder.NEVER ? "" : " to step " + schedule.after())
                + ", " + kinds + (identifiers.isEmpty() ? "" : " named " + identifiers) + "]";
    }

    /** Settings under diffusers' names. Each value is checked when it is set. */
    public static final class Builder {

        private static final int DEFAULT_INTERVAL = 5;
        private static final int DEFAULT_BEFORE = 3;
        private static final int NEVER = Integer.MAX_VALUE;

        private int interval = DEFAULT_INTERVAL;
        private int before = DEFAULT_BEFORE;
        private int after = NEVER;
        private int maxOrder = 1;
        private DType factorsDtype = DType.BFLOAT16;
        private Set<SiteKind> kinds = SiteKind.ATTENTIONS;
        private List<Pattern> identifiers = List.of();

        private Builder() {}

        /** Compute every n-th step; 1 or more, 5 if not set. */
        public Builder cacheInterval(int n) {
            interval = atLeast(1, n, "cache interval");
            return this;
        }

        /** The index of the first step that may be predicted; 1 or more, 3 if not set. The step after it is computed. */
        public Builder disableCacheBeforeStep(int index) {
            before = atLeast(1, index, "disable cache before step");
            return this;
        }

        /** The index from which on every step is computed; 0 or more, never if not set. */
        public Builder disableCacheAfterStep(int index) {
            after = atLeast(0, index, "disable cache after step");
            return this;
        }

        /** The highest order of a prediction; 0 or more, 1 if not set. */
        public Builder maxOrder(int order) {
            maxOrder = atLeast(0, order, "max order");
            return this;
        }

        /** What differences are held in; bfloat16 if not set, which takes half of float32's memory. */
        public Builder taylorFactorsDtype(DType dtype) {
            if (!Objects.requireNonNull(dtype, "dtype").isFloatingPoint()) {
                throw new IllegalArgumentException("taylor factors dtype: expected a floating-point one, found "
                        + dtype.torchName());
            }
            factorsDtype = dtype;
            return this;
        }

        /** What is predicted, instead of the attentions; the paper predicts attentions and MLPs. */
        public Builder kinds(SiteKind first, SiteKind... others) {
            Set<SiteKind> all = EnumSet.of(Objects.requireNonNull(first, "first"));
            for (SiteKind other : Objects.requireNonNull(others, "others")) {
                all.add(Objects.requireNonNull(other, "others"));
            }
            kinds = Collections.unmodifiableSet(all);
            return this;
        }

        /** Predict the output of the denoiser as a whole: fastest, and with the least memory. */
        public Builder useLiteMode() {
            return kinds(SiteKind.DENOISER);
        }

        /** Narrows to sites whose whole name matches one of these regular expressions; none means all. */
        public Builder cacheIdentifiers(String... patterns) {
            identifiers = Arrays.stream(Objects.requireNonNull(patterns, "patterns")).map(Builder::pattern).toList();
            return this;
        }

        private static Pattern pattern(String identifier) {
            try {
                return Pattern.compile(Objects.requireNonNull(identifier, "pattern"));
            } catch (PatternSyntaxException e) {
                throw new IllegalArgumentException("cache identifier \"" + identifier + "\" is not a regular expression: "
                        + e.getDescription() + " at index " + e.getIndex(), e);
            }
        }

        private static int atLeast(int bound, int value, String setting) {
            if (value < bound) {
                throw new IllegalArgumentException(setting + ": expected " + bound + " or more, found " + value);
            }
            return value;
        }

        /** {@return the method} */
        public TaylorSeer build() {
            return new TaylorSeer(this);
        }
    }
}
