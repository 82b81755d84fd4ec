package io.panatorch.cache.calibration;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.magcache.MagCache;
import io.panatorch.cache.teacache.TeaCache;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/** A method that needs numbers of the model, which a generation measures. */
public enum CalibratedMethod {
    /** MagCache, by its ratios. */
    MAGCACHE("MagCache", "magcache", "ratios", MagCache::calibration),
    /** TeaCache, by its coefficients. */
    TEACACHE("TeaCache", "teacache", "coefficients", TeaCache::calibration);

    private final String title;
    private final String method;
    private final String key;
    private final Function<Consumer<List<Double>>, CacheMethod> maker;

    CalibratedMethod(String title, String method, String key, Function<Consumer<List<Double>>, CacheMethod> maker) {
        this.title = title;
        this.method = method;
        this.key = key;
        this.maker = maker;
    }

    /** {@return its name as its authors write it} */
    public String title() {
        return title;
    }

    /** {@return its name in configurations} */
    public String method() {
        return method;
    }

    /** {@return the setting that takes the numbers} */
    public String key() {
        return key;
    }

    /**
     * {@return the method that computes everything and measures them}
     *
     * @param whenDone takes them at the end of each generation
     */
    public CacheMethod calibration(Consumer<List<Double>> whenDone) {
        return maker.apply(whenDone);
    }
}
