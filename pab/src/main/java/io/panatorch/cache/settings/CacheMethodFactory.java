package io.panatorch.cache.settings;

import io.panatorch.cache.CacheMethod;

/**
 * A caching method that is made by its name and settings, as configuration files and command lines give them. {@link
 * java.util.ServiceLoader} finds one on the class path by {@code META-INF/services/io.panatorch.cache.settings.CacheMethodFactory}, and on
 * the module path by {@code provides} in a {@code module-info}.
 *
 * {@snippet :
 * public final class ReuseWhileSimilarFactory implements CacheMethodFactory {
 *
 *     @Override
 *     public String name() {
 *         return "reuse-while-similar";
 *     }
 *
 *     @Override
 *     public CacheMethod make(MethodSettings settings) {
 *         double[] threshold = {0.1};
 *         settings.number("threshold", "0.1", value -> threshold[0] = value);
 *         return new ReuseWhileSimilar(threshold[0]);
 *     }
 * }
 * }
 */
public interface CacheMethodFactory {

    /** {@return what the method is called in configurations, such as {@code my-method}; without a plus sign} */
    String name();

    /**
     * Makes the method. It asks for each of its settings once, whatever it finds, before it fails for what is missing: help is made of
     * what it asks for where nothing is set.
     *
     * @param settings what was set; what was not stays as the method has it
     * @throws IllegalArgumentException where the settings make no method; the message names the setting
     */
    CacheMethod make(MethodSettings settings);
}
