package io.panatorch.cache.calibration;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.SiteCall;
import io.panatorch.cache.SiteKind;
import java.util.EnumSet;
import java.util.Set;

/** Skips nothing: its sessions' statistics tell what all attentions and MLPs take, and how their outputs change. */
final class Observer implements CacheMethod {

    private int[] timesteps;

    @Override
    public String name() {
        return "observer";
    }

    @Override
    public Set<SiteKind> kinds() {
        Set<SiteKind> kinds = EnumSet.copyOf(SiteKind.ATTENTIONS);
        kinds.add(SiteKind.FEED_FORWARD);
        return kinds;
    }

    @Override
    public CachePolicy policy(CacheRun run) {
        timesteps = run.timesteps();
        return SiteCall::compute;
    }

    /** Those of the last run. */
    int[] timesteps() {
        return timesteps;
    }
}
