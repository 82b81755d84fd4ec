package io.panatorch.cache;

import java.util.List;

/**
 * What a method may know of a generation before it begins.
 *
 * @param sites the places of the model, in the order of execution
 * @param timesteps the scheduler's timestep of each step, in order
 */
public record CacheRun(List<Site> sites, int[] timesteps) {

    /** Copies both. */
    public CacheRun {
        sites = List.copyOf(sites);
        timesteps = timesteps.clone();
    }

    /** {@return a copy of the timesteps} */
    @Override
    public int[] timesteps() {
        return timesteps.clone();
    }
}
