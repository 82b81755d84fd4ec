package io.panatorch.cogvideox.cli;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.magcache.MagCache;
import io.panatorch.cache.teacache.TeaCache;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/** A method that needs numbers of a generation in which they are measured. */
enum CalibratedMethod {
    MAGCACHE("MagCache", CacheSettings.RATIOS, MagCache::calibration),
    TEACACHE("TeaCache", CacheSettings.COEFFICIENTS, TeaCache::calibration);

    final String title;
    /** Of the setting that takes the numbers. */
    final String key;

    private final Function<Consumer<List<Double>>, CacheMethod> maker;

    CalibratedMethod(String title, String key, Function<Consumer<List<Double>>, CacheMethod> maker) {
        this.title = title;
        this.key = key;
        this.maker = maker;
    }

    /** {@return the method that measures them} */
    CacheMethod calibration(Consumer<List<Double>> whenDone) {
        return maker.apply(whenDone);
    }
}
