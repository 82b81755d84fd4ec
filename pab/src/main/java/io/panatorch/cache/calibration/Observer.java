package io.panatorch.cache.calibration;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.SiteCall;
import io.panatorch.cache.SiteKind;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Skips nothing: it sees the runs, and its sessions' statistics tell what sites of some kinds take, and how their outputs change. */
final class Observer implements CacheMethod {

    private final Set<SiteKind> kinds;
    private final List<CacheRun> runs = new ArrayList<>();

    private Observer(Set<SiteKind> kinds) {
        this.kinds = kinds;
    }

    /** Of all sites. */
    static Observer ofAll() {
        return new Observer(EnumSet.allOf(SiteKind.class));
    }

    /** Of all attentions and MLPs. */
    static Observer ofLayers() {
        Set<SiteKind> kinds = EnumSet.copyOf(SiteKind.ATTENTIONS);
        kinds.add(SiteKind.FEED_FORWARD);
        return new Observer(kinds);
    }

    @Override
    public String name() {
        return "observer";
    }

    @Override
    public Set<SiteKind> kinds() {
        return EnumSet.copyOf(kinds);
    }

    @Override
    public CachePolicy policy(CacheRun run) {
        runs.add(run);
        return SiteCall::compute;
    }

    /** Those of every denoiser of every generation so far. */
    List<CacheRun> runs() {
        return runs;
    }
}
