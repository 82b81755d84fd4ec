package io.panatorch.cache;

/** A method whose policy a test writes in place. */
record ScriptedMethod(CachePolicy policy) implements CacheMethod {

    @Override
    public String name() {
        return "scripted";
    }

    @Override
    public CachePolicy policy(CacheRun run) {
        return policy;
    }
}
