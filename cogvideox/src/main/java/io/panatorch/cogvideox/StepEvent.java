package io.panatorch.cogvideox;

import io.panatorch.cache.CacheStatistics;
import io.panatorch.tensor.Tensor;
import java.util.function.Supplier;

/** One denoising step that is done. Valid during the call that it is given to. */
public final class StepEvent {

    private final int index;
    private final int count;
    private final int timestep;
    private final Tensor latents;
    private final Supplier<CacheStatistics> cache;
    private boolean interrupted;

    StepEvent(int index, int count, int timestep, Tensor latents, Supplier<CacheStatistics> cache) {
        this.index = index;
        this.count = count;
        this.timestep = timestep;
        this.latents = latents;
        this.cache = cache;
    }

    /** {@return which step it was, from 0} */
    public int index() {
        return index;
    }

    /** {@return how many steps there are} */
    public int count() {
        return count;
    }

    /** {@return the scheduler's timestep, in [0, 1000)} */
    public int timestep() {
        return timestep;
    }

    /** {@return the latents after the step, {@code [batch, frames, channels, height, width]}; borrowed} */
    public Tensor latents() {
        return latents;
    }

    /** {@return what was computed and reused so far; put together at each call, on the thread that generates, and valid for good} */
    public CacheStatistics cache() {
        return cache.get();
    }

    /** Makes this the last step: what there is of the video is decoded. */
    public void interrupt() {
        interrupted = true;
    }

    boolean isInterrupted() {
        return interrupted;
    }
}
