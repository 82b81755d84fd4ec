package io.panatorch.cache.pab;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * When the MLP of some blocks is skipped: at the steps that follow a listed timestep.
 *
 * <p>As VideoSys decides. Two things are otherwise here, and neither changes which steps are computed. Where a listed
 * timestep follows another within its steps, the later one's output is reused; VideoSys reuses that of whichever is listed
 * first. And steps that a run has no more are left out, where VideoSys fails.
 *
 * @param blocks layers of the MLPs
 * @param timesteps those at which the MLPs are computed, to be reused; a run that has none of them skips nothing
 * @param skipCount how many steps after such a one reuse its output
 */
record MlpBroadcastRule(List<Integer> blocks, List<Integer> timesteps, int skipCount) implements ReuseRule {

    MlpBroadcastRule {
        blocks = checked("blocks", blocks);
        timesteps = checked("timesteps", timesteps);
        if (skipCount < 1) {
            throw new IllegalArgumentException("MLP broadcast skip count: expected 1 or more, found " + skipCount);
        }
    }

    private static List<Integer> checked(String what, List<Integer> numbers) {
        Objects.requireNonNull(numbers, what);
        if (numbers.isEmpty() || numbers.stream().anyMatch(number -> number == null || number < 0)) {
            throw new IllegalArgumentException(
                    "MLP broadcast " + what + ": expected at least one, each 0 or more, found " + numbers);
        }
        return List.copyOf(numbers);
    }

    @Override
    public boolean reuses(int index, int[] run) {
        if (timesteps.contains(run[index])) {
            return false;
        }
        int first = Math.max(index - skipCount, 0);
        return Arrays.stream(run, first, index).anyMatch(timesteps::contains);
    }

    /** Whether a run has any of the timesteps. */
    boolean appliesTo(int[] run) {
        return Arrays.stream(run).anyMatch(timesteps::contains);
    }

    @Override
    public boolean covers(int layer) {
        return blocks.contains(layer);
    }

    @Override
    public String toString() {
        return "of blocks " + blocks + " for " + skipCount + " step" + (skipCount == 1 ? "" : "s") + " after timesteps "
                + timesteps;
    }
}
