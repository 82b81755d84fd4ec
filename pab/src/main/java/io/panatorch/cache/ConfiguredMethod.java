package io.panatorch.cache;

import java.util.Objects;
import java.util.Set;

/** A method whose sessions have other options. */
record ConfiguredMethod(CacheMethod method, SessionOptions options) implements CacheMethod {

    ConfiguredMethod {
        Objects.requireNonNull(options, "options");
    }

    @Override
    public String name() {
        return method.name();
    }

    @Override
    public Set<SiteKind> kinds() {
        return method.kinds();
    }

    @Override
    public CachePolicy policy(CacheRun run) {
        return method.policy(run);
    }

    @Override
    public boolean canReuse(CacheRun run) {
        return method.canReuse(run);
    }

    @Override
    public boolean needsBothBranches() {
        return method.needsBothBranches();
    }

    @Override
    public CacheMethod with(SessionOptions others) {
        return new ConfiguredMethod(method, others);
    }

    @Override
    public String toString() {
        return method.toString();
    }
}
