package io.panatorch.cache;

import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** Two methods of different kinds of sites, each deciding at its own. */
record CombinedMethod(CacheMethod one, CacheMethod other) implements CacheMethod {

    CombinedMethod {
        Set<SiteKind> shared = EnumSet.copyOf(one.kinds());
        shared.retainAll(other.kinds());
        if (!shared.isEmpty()) {
            throw new IllegalArgumentException("both " + one.name() + " and " + other.name() + ": expected methods of different kinds"
                    + " of sites, found that both cover " + shared);
        }
    }

    @Override
    public String name() {
        return one.name() + "+" + other.name();
    }

    @Override
    public Set<SiteKind> kinds() {
        Set<SiteKind> kinds = EnumSet.copyOf(one.kinds());
        kinds.addAll(other.kinds());
        return Collections.unmodifiableSet(kinds);
    }

    @Override
    public CachePolicy policy(CacheRun run) {
        Map<SiteKind, CachePolicy> policies = new EnumMap<>(SiteKind.class);
        for (CacheMethod method : new CacheMethod[] {one, other}) {
            CachePolicy policy = method.policy(run.of(method.kinds()));
            method.kinds().forEach(kind -> policies.put(kind, policy));
        }
        return call -> policies.get(call.site().kind()).apply(call);
    }

    @Override
    public boolean canReuse(CacheRun run) {
        return one.canReuse(run.of(one.kinds())) || other.canReuse(run.of(other.kinds()));
    }

    @Override
    public boolean needsBothBranches() {
        return one.needsBothBranches() || other.needsBothBranches();
    }

    @Override
    public String toString() {
        return one + " + " + other;
    }
}
