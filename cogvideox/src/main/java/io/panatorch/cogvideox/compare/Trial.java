package io.panatorch.cogvideox.compare;

import io.panatorch.cache.CacheStatistics;
import io.panatorch.cogvideox.quality.VideoQuality;

/**
 * One video with one setting.
 *
 * @param seconds how long the denoising took
 * @param quality against the video without a cache
 * @param cache what was skipped
 */
public record Trial(double seconds, VideoQuality quality, CacheStatistics cache) {}
