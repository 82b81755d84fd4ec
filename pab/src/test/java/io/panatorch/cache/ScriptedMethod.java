package io.panatorch.cache;

import java.util.EnumSet;
import java.util.Set;

/** A method whose policy a test writes in place. */
record ScriptedMethod(Set<SiteKind> kinds, CachePolicy policy) implements CacheMethod {

    /** Covers every kind. */
    ScriptedMethod(CachePolicy policy) {
        this(EnumSet.allOf(SiteKind.class), policy);
    }

    @Override
    public String name() {
        return "scripted";
    }

    @Override
    public CachePolicy policy(CacheRun run) {
        return policy;
    }
}
