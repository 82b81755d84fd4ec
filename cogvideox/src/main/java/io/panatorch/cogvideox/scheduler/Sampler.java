package io.panatorch.cogvideox.scheduler;

import io.panatorch.tensor.DType;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorOwner;
import io.panatorch.tensor.TensorScope;
import java.util.Objects;

/**
 * A {@link Schedule} that is being run: it takes the steps, draws their noise, and keeps what one step needs of the one before.
 * One for each generation, on one thread.
 */
public final class Sampler implements AutoCloseable {

    private final Schedule schedule;
    private final Noise noise;
    private final TensorOwner kept = new TensorOwner();

    /** What the step before predicted, where the next one looks back. */
    private Tensor oldOriginal;

    private int next;

    Sampler(Schedule schedule, Noise noise) {
        this.schedule = schedule;
        this.noise = Objects.requireNonNull(noise, "noise");
    }

    /**
     * Takes a step. Types are promoted as in diffusers: a sample of a half type and the model's output in float32 give float32,
     * and the caller rounds it to the model's type again. Scalars are float32 whatever the sample; diffusers' are so on a GPU,
     * while on a CPU torch rounds some of them to the half type first. Noise is drawn by DPM in the sample's type, by DDIM (with
     * an &eta;) in that of the model's output.
     *
     * @param step index of the step; they are taken in order, each once
     * @param sample the noisy sample; borrowed
     * @param modelOutput what the model says of it, of the same shape; borrowed
     * @return the sample at the earlier timestep, of the caller's scope
     * @throws IllegalStateException if it is not this step's turn, or after {@link #close()}
     */
    public Tensor step(int step, Tensor sample, Tensor modelOutput) {
        if (step != next || step >= schedule.size()) {
            throw new IllegalStateException("step " + step + " of a run of " + schedule.size() + ": "
                    + (next < schedule.size() ? "the next one is " + next : "it has ended"));
        }
        StepCoefficients at = schedule.coefficients(step);
        try (TensorScope scope = TensorScope.open()) {
            Tensor original = sample.mul(at.originalFromSample()).add(modelOutput.mul(at.originalFromModel()))
                    .div(at.originalDivisor());
            Tensor denoised = at.looksBack()
                    ? original.mul(at.denoisedFromOriginal()).add(oldOriginal.mul(at.denoisedFromOld()))
                    : original;
            Tensor previous = sample.mul(at.fromSample()).add(denoised.mul(at.fromDenoised()));
            if (at.draws() > 0) {
                DType dtype = schedule.kind() == SchedulerKind.DPM ? sample.dtype() : modelOutput.dtype();
                previous = previous.add(draw(at.draws(), sample, dtype).mul(at.fromNoise()));
            }
            keep(original);
            return scope.promote(previous);
        }
    }

    /** The last of so many draws. diffusers draws for a step of first order before it finds that it takes one of second. */
    private Tensor draw(int draws, Tensor sample, DType dtype) {
        for (int i = 1; i < draws; i++) {
            noise.draw(sample.shape(), dtype, sample.device()).close();
        }
        return noise.draw(sample.shape(), dtype, sample.device());
    }

    private void keep(Tensor original) {
        if (oldOriginal != null) {
            oldOriginal.close();
            oldOriginal = null;
        }
        next++;
        if (next < schedule.size() && schedule.coefficients(next).looksBack()) {
            oldOriginal = kept.adopt(original);
        }
    }

    /** Frees what it keeps. Closing a closed sampler does nothing. */
    @Override
    public void close() {
        next = schedule.size();
        kept.close();
    }
}
