package io.panatorch.cache;

import java.util.Set;

/** Computes everything. Each is equal to any other. */
record NoCache() implements CacheMethod {

    @Override
    public String name() {
        return "none";
    }

    @Override
    public Set<SiteKind> kinds() {
        return SiteKind.ATTENTIONS;
    }

    @Override
    public CachePolicy policy(CacheRun run) {
        return SiteCall::compute;
    }

    @Override
    public String toString() {
        return name();
    }
}
