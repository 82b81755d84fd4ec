package io.panatorch.cogvideox.cli;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.magcache.MagCache;
import io.panatorch.cache.teacache.TeaCache;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/** A method that needs numbers of a generation in which they are measured. */
enum CalibratedMethod {
    MAGCACHE("MagCache", "magcache", "ratios", "%.5f", MagCache::calibration),
    TEACACHE("TeaCache", "teacache", "coefficients", "%.8e", TeaCache::calibration);

    final String title;
    /** What it is called in options and files. */
    final String method;
    /** Of the setting that takes the numbers. */
    final String key;

    private final String format;
    private final Function<Consumer<List<Double>>, CacheMethod> maker;

    CalibratedMethod(String title, String method, String key, String format, Function<Consumer<List<Double>>, CacheMethod> maker) {
        this.title = title;
        this.method = method;
        this.key = key;
        this.format = format;
        this.maker = maker;
    }

    /** {@return the method that measures them} */
    CacheMethod calibration(Consumer<List<Double>> whenDone) {
        return maker.apply(whenDone);
    }

    /** {@return the option that gives them to the method} */
    String option(List<Double> numbers) {
        return "--cache-option " + key + "="
                + numbers.stream().map(number -> String.format(Locale.ROOT, format, number)).collect(Collectors.joining(","));
    }
}
