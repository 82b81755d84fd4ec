/**
 * MagCache: skip all blocks at steps where the magnitude of what they add is known to change little.
 *
 * <p>How that magnitude changes from step to step depends on model and scheduler but hardly on the prompt, so it is measured
 * once:
 *
 * <pre>{@code
 * List<Double> ratios = new ArrayList<>();
 * pipeline.generate(request.cache(MagCache.calibration(ratios::addAll)).build());
 *
 * CacheMethod method = MagCache.builder(ratios).threshold(0.06).maxSkipSteps(3).build();
 * }</pre>
 *
 * <p>Which steps are skipped is settled before the generation begins, so a residual is kept only where the next step adds it.
 *
 * <p>Source: Ma et al., "MagCache: Fast Video Generation with Magnitude-Aware Cache", arXiv 2506.09045. Settings and semantics
 * are those of diffusers' {@code MagCacheConfig} and {@code hooks/mag_cache.py}; the number of steps is the generation's.
 */
package io.panatorch.cache.magcache;
