package io.panatorch.cogvideox.compare;

import io.panatorch.cache.CacheMethod;
import java.util.Objects;

/**
 * One way to generate.
 *
 * @param name as it is shown; unique in a comparison
 * @param options what gives it on the command line
 * @param method what is skipped
 */
public record Setting(String name, String options, CacheMethod method) {

    /** No cache: what the others are compared with. */
    public static final Setting NONE = new Setting("none", "--cache none", CacheMethod.none());

    /** Checks that all is there. */
    public Setting {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(options, "options");
        Objects.requireNonNull(method, "method");
    }
}
