package io.panatorch.cache;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * What a method may know of a generation before it begins.
 *
 * @param sites the places of the model, in the order of execution, an outer one before those inside it; of a model with several
 *     denoisers, those of one after those of another, each beginning with its {@link SiteKind#DENOISER}
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

    /** {@return a run for each denoiser: it and the sites after it, up to the next; sites before the first belong to it} */
    public List<CacheRun> denoisers() {
        List<CacheRun> runs = new ArrayList<>();
        int start = 0;
        for (int i = 1; i <= sites.size(); i++) {
            boolean hasOne = sites.subList(start, i).stream().anyMatch(site -> site.kind() == SiteKind.DENOISER);
            if (i == sites.size() || sites.get(i).kind() == SiteKind.DENOISER && hasOne) {
                runs.add(new CacheRun(sites.subList(start, i), timesteps));
                start = i;
            }
        }
        return runs.isEmpty() ? List.of(this) : runs;
    }

    /** {@return a copy of the timesteps} */
    @Override
    public int[] timesteps() {
        return timesteps.clone();
    }
}
