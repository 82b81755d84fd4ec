package io.panatorch.cogvideox.scheduler;

import java.util.List;

/**
 * One run of a scheduler: its timesteps and the scalars of each step, calculated beforehand. Immutable.
 *
 * <p>Steps have indices from 0, in the order in which they are taken; timesteps fall from step to step.
 */
public final class Schedule {

    private final int[] timesteps;
    private final List<StepCoefficients> coefficients;

    /** The array is kept, not copied. */
    Schedule(int[] timesteps, List<StepCoefficients> coefficients) {
        this.timesteps = timesteps;
        this.coefficients = List.copyOf(coefficients);
    }

    /** The number of steps. */
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
     * The scalars of a step.
     *
     * @param step index of the step, in [0, {@link #size()})
     */
    public StepCoefficients coefficients(int step) {
        return coefficients.get(step);
    }
}
