package io.panatorch.cogvideox;

import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.Step;
import io.panatorch.tensor.Tensor;
import java.util.function.Supplier;

/** One denoising step that is done. */
public final class StepEvent {

    private final Step step;
    private final Tensor latents;
    private final Supplier<CacheStatistics> cache;
    private boolean interrupted;

    StepEvent(Step step, Tensor latents, Supplier<CacheStatistics> cache) {
        this.step = step;
        this.latents = latents;
        this.cache = cache;
    }

    /** {@return which step it was, from 0} */
    public int index() {
        return step.index();
    }

    /** {@return how many steps there are} */
    public int count() {
        return step.count();
    }

    /** {@return the scheduler's timestep, in [0, 1000)} */
    public int timestep() {
        return step.timestep();
    }

    /**
     * {@return the latents after the step, {@code [batch, frames, channels, height, width]}; borrowed until the listener returns,
     * and closed then}
     *
     * <p>What is needed for longer is copied, as with {@link Tensor#toFloatArray}, or {@linkplain
     * io.panatorch.tensor.TensorOwner#adopt adopted}. The listener runs in a scope of its own, which frees what it makes.
     *
     * @throws IllegalStateException after the listener has returned
     */
    public Tensor latents() {
        if (latents.isClosed()) {
            throw new IllegalStateException("latents: those of step " + (step.index() + 1)
                    + " were valid until its listener returned; copy or adopt there what is needed for longer");
        }
        return latents;
    }

    /** {@return what was computed and reused so far; put together at each call, which is for the listener, and valid for good} */
    public CacheStatistics cache() {
        return cache.get();
    }

    /** Makes this the last step: what there is of the video is decoded. For the listener; later it does nothing. */
    public void interrupt() {
        interrupted = true;
    }

    boolean isInterrupted() {
        return interrupted;
    }

    /** {@return one line: which step, and its timestep} */
    @Override
    public String toString() {
        return "StepEvent[" + (step.index() + 1) + " of " + step.count() + ", timestep " + step.timestep() + "]";
    }
}
