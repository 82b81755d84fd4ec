package io.panatorch.cache;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Which part of the whole model's work was computed, whatever a method covers, so that methods can be compared. Work is counted at
 * the sites that have no others inside them, so that none counts twice: attentions and MLPs, where the model names them. What a call
 * of the denoiser is given is all there is to compute in it; a site is computed for as many rows of its batch as reached it.
 */
final class ComputedWork {

    private ComputedWork() {}

    /** In [0, 1]; NaN where no site was visited. */
    static double part(CacheRun run, Collection<BranchState> branches) {
        double whole = 0;
        double computed = 0;
        for (CacheRun denoiser : run.denoisers()) {
            List<Site> innermost = innermost(denoiser.sites());
            for (BranchState branch : branches) {
                for (int i = 0; i < run.timesteps().length; i++) {
                    int step = i;
                    Optional<SiteRecord> outermost = denoiser.sites().stream().map(branch.records::get)
                            .filter(record -> record.isVisited(step)).findFirst();
                    if (outermost.isEmpty()) {
                        continue; // this step was another denoiser's, or had no call of this branch
                    }
                    for (Site site : innermost) {
                        SiteRecord record = branch.records.get(site);
                        double work = site.kind() == SiteKind.DENOISER ? 1 : record.work();
                        whole += work * outermost.get().given(step);
                        computed += work * record.computed(step);
                    }
                }
            }
        }
        return computed / whole;
    }

    private static List<Site> innermost(List<Site> sites) {
        return IntStream.range(0, sites.size())
                .filter(i -> i == sites.size() - 1 || !sites.get(i).kind().contains(sites.get(i + 1).kind()))
                .mapToObj(sites::get).toList();
    }
}
