package io.panatorch.cache;

import io.panatorch.tensor.Shape;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What a session knows of one branch of a generation: the policies of its denoisers, and what was seen at each site. */
final class BranchState {

    /** A denoiser's policy, and the sites that it covers. */
    static final class Denoiser {

        final CachePolicy policy;
        final List<Site> sites;
        int visited = -1; // the last step

        private Denoiser(CacheMethod method, CacheRun covered) {
            policy = Objects.requireNonNull(method.policy(covered), () -> "cache method " + method.name() + " made no policy");
            sites = covered.sites();
        }
    }

    final Map<Site, SiteRecord> records = new LinkedHashMap<>();
    final Map<Site, SiteOutputs> outputs = new HashMap<>();
    final Map<Site, List<Shape>> outermost = new HashMap<>(); // of the inputs of sites that lie in no other, at the last visit
    final List<Denoiser> denoisers;
    private final Map<Site, Denoiser> owners = new HashMap<>();
    int droppedIn = -1; // the last step in which those shapes had changed
    int begun = -1; // the last step that has begun

    BranchState(CacheMethod method, CacheRun run) {
        List<CacheRun> all = run.denoisers().stream().map(each -> each.of(method.kinds())).toList();
        List<CacheRun> covered = all.stream().filter(each -> !each.sites().isEmpty()).toList();
        denoisers = (covered.isEmpty() ? all.subList(0, 1) : covered).stream().map(each -> new Denoiser(method, each)).toList();
        denoisers.forEach(denoiser -> denoiser.sites.forEach(site -> owners.put(site, denoiser)));
        run.sites().forEach(site -> records.put(site, new SiteRecord(run.timesteps().length)));
    }

    Denoiser denoiserOf(Site covered) {
        return owners.get(covered);
    }
}
