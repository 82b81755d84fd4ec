package io.panatorch.cache;

import java.util.Objects;

/**
 * One call of the denoiser. Where guidance takes a call for each of its branches, the calls of one step differ in the branch alone.
 *
 * @param index which step it is, from 0, whatever the timestep
 * @param count how many steps the generation makes
 * @param timestep the scheduler's timestep, usually in [0, 1000), not the index
 * @param branch what the call predicts
 */
public record Step(int index, int count, int timestep, Branch branch) {

    /** Checks the index. */
    public Step {
        if (index < 0 || index >= count) {
            throw new IllegalArgumentException("step " + index + " of " + count);
        }
        Objects.requireNonNull(branch, "branch");
    }

    /** {@return the conditional call of the step at an index of a schedule, which without guidance is the only one} */
    public static Step of(int index, int[] timesteps) {
        return of(index, timesteps, Branch.CONDITIONAL);
    }

    /** {@return a call of the step at an index of a schedule} */
    public static Step of(int index, int[] timesteps, Branch branch) {
        int count = Objects.requireNonNull(timesteps, "timesteps").length;
        boolean exists = index >= 0 && index < count; // if not, the constructor says so
        return new Step(index, count, exists ? timesteps[index] : 0, branch);
    }
}
