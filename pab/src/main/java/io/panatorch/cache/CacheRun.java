package io.panatorch.cache;

import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * What a method may know of a generation before it begins.
 *
 * @param sites the places of the model, in the order of execution, an outer one before those inside it
 * @param timesteps the scheduler's timestep of each step, in order
 */
public record CacheRun(List<Site> sites, int[] timesteps) {

    /** Copies both. */
    public CacheRun {
        sites = List.copyOf(Objects.requireNonNull(sites, "sites"));
        timesteps = Objects.requireNonNull(timesteps, "timesteps").clone();
    }

    /** {@return the same run with the sites of these kinds alone} */
    public CacheRun of(Set<SiteKind> kinds) {
        return new CacheRun(sites.stream().filter(site -> kinds.contains(site.kind())).toList(), timesteps);
    }

    /** {@return a copy of the timesteps} */
    @Override
    public int[] timesteps() {
        return timesteps.clone();
    }
}
