package io.panatorch.cache;

import java.util.Objects;

/**
 * One call of the denoiser.
 *
 * @param index which call it is, from 0, whatever the timestep
 * @param count how many calls the generation makes
 * @param timestep the scheduler's timestep, usually in [0, 1000), not the index
 */
public record Step(int index, int count, int timestep) {

    /** Checks the index. */
    public Step {
        if (index < 0 || index >= count) {
            throw new IllegalArgumentException("step " + index + " of " + count);
        }
    }

    /** {@return the step at an index of a schedule} */
    public static Step of(int index, int[] timesteps) {
        int count = Objects.requireNonNull(timesteps, "timesteps").length;
        boolean exists = index >= 0 && index < count; // if not, the constructor says so
        return new Step(index, count, exists ? timesteps[index] : 0);
    }
}
