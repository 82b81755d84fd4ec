package io.panatorch.cache.pab;

import io.panatorch.cache.SiteKind;
import java.util.List;
import java.util.Locale;

/** When a site is skipped: a pure function of the run's timesteps, without a state. */
sealed interface ReuseRule permits BroadcastRule, MlpBroadcastRule, ReuseRule.Any {

    /** Whether the step at this index reuses the output of the step before it. */
    boolean reuses(int index, int[] timesteps);

    /** Whether the output of the step at this index is to be held, because the next step reuses it. */
    default boolean holds(int index, int[] timesteps) {
        return index + 1 < timesteps.length && reuses(index + 1, timesteps);
    }

    /** Whether the sites of a layer are broadcast at all. */
    default boolean covers(int layer) {
        return true;
    }

    /** Several rules for one site: it is skipped where one of them skips it. */
    record Any(List<? extends ReuseRule> rules) implements ReuseRule {

        @Override
        public boolean reuses(int index, int[] timesteps) {
            return rules.stream().anyMatch(rule -> rule.reuses(index, timesteps));
        }
    }

    /** A kind as it is called in descriptions and messages. */
    static String words(SiteKind kind) {
        return kind == SiteKind.FEED_FORWARD ? "MLP" : kind.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
