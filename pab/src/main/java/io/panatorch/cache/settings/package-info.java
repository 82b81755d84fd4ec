/**
 * Caching methods by name and settings: one grammar for configuration files, command lines and help, and for methods of others too.
 *
 * <p>A {@link io.panatorch.cache.settings.CacheConfig} is a method's name, its settings, and what they were calibrated for:
 *
 * {@snippet :
 * CacheConfig config = new CacheConfig("first-block", Map.of("threshold", 0.08, "last-blocks", 2));
 * config.write(Path.of("cache.json"));
 * CacheMethod method = CacheConfig.read(Path.of("cache.json")).method();
 * }
 *
 * <p>The name is one of this module ({@code pab}, {@code faster}, {@code first-block}, {@code magcache}, {@code taylorseer}, {@code
 * teacache}), that of a {@link io.panatorch.cache.settings.CacheMethodFactory} which {@link java.util.ServiceLoader} finds, or {@code
 * class:} and the name of a class; {@code +} joins two. The settings of a method are what it asks {@link
 * io.panatorch.cache.settings.MethodSettings} for. {@link io.panatorch.cache.settings.MethodChoice} lists them, and makes the method also
 * of texts.
 */
package io.panatorch.cache.settings;
