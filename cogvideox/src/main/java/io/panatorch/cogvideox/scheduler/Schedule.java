package io.panatorch.cogvideox.scheduler;

import io.panatorch.tensor.DType;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.util.List;

/**
 * One run of a scheduler: its timesteps and the scalars of each step, calculated beforehand. Immutable.
 *
 * <p>Steps have indices from 0, in the order in which they are taken; timesteps fall from step to step. Where a strength cut the
 * run, only what is left counts.
 */
public final class Schedule {

    private final SchedulerKind kind;
    private final int[] timesteps;
    private final List<StepCoefficients> coefficients;
    private final double firstAlpha;

    /** The array is kept, not copied. */
    Schedule(SchedulerKind kind, int[] timesteps, List<StepCoefficients> coefficients, double firstAlpha) {
        this.kind = kind;
        this.timesteps = timesteps;
        this.coefficients = List.copyOf(coefficients);
        this.firstAlpha = firstAlpha;
    }

    /** The number of steps, which diffusers also takes for that of inference steps in dynamic guidance. */
    public int size() {
        return timesteps.length;
    }

    /**
     * The level of noise that the model is told, in [0, {@code num_train_timesteps}).
     *
     * @param step index of the step, in [0, {@link #size()})
     */
    public int timestep(int step) {
        return timesteps[step];
    }

    /**
     * Adds as much noise as the first step expects, for a run that starts from a given sample. The scalars are those of
     * {@code add_noise} in diffusers, which rounds the share of the signal to the type of the sample before it takes roots.
     *
     * @param original the sample without noise, floating-point; borrowed
     * @param noise of the standard normal distribution, of the same shape and type; borrowed
     * @return the noisy sample, of that type and of the caller's scope
     */
    public Tensor addNoise(Tensor original, Tensor noise) {
        DType dtype = original.dtype();
        double alpha = rounded(firstAlpha, dtype);
        double fromOriginal = rounded(Math.sqrt(alpha), dtype);
        double fromNoise = rounded(Math.sqrt(rounded(1 - alpha, dtype)), dtype);
        try (TensorScope scope = TensorScope.open()) {
            return scope.promote(original.mul(fromOriginal).add(noise.mul(fromNoise)));
        }
    }

    /** As torch converts a float64: by way of float32 to the half types. */
    private static double rounded(double value, DType dtype) {
        float single = (float) value;
        return switch (dtype) {
            case FLOAT64 -> value;
            case FLOAT32 -> single;
            case FLOAT16 -> Float.float16ToFloat(Float.floatToFloat16(single));
            case BFLOAT16 -> {
                int bits = Float.floatToRawIntBits(single);
                yield Float.intBitsToFloat(bits + 0x7fff + (bits >>> 16 & 1) & 0xffff0000); // to the nearest, ties to even
            }
            default -> throw new IllegalArgumentException(
                    "addNoise: expected floating-point numbers, found " + dtype.torchName());
        };
    }

    /**
     * Begins the run.
     *
     * @param noise that the steps draw; DDIM with &eta; 0 draws none and leaves its generators as they are
     */
    public Sampler begin(Noise noise) {
        return new Sampler(this, noise);
    }

    SchedulerKind kind() {
        return kind;
    }

    StepCoefficients coefficients(int step) {
        return coefficients.get(step);
    }
}
