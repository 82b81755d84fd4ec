package io.panatorch.cogvideox.compare;

import io.panatorch.cache.CacheStatistics;
import io.panatorch.cogvideox.quality.VideoQuality;
import java.util.List;

/**
 * One video with one setting, made once or more.
 *
 * @param seconds how long the denoising took each time
 * @param quality against the video without a cache
 * @param cache what was skipped
 */
public record Trial(List<Double> seconds, VideoQuality quality, CacheStatistics cache) {

    /** Copies the list. */
    public Trial {
        seconds = List.copyOf(seconds);
    }
}
