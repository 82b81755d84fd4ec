package io.panatorch.cache;

import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model that is nothing but sites. What a site computes is a pair of tensors filled with the index of the step, so that
 * an output tells when it was computed.
 */
public final class FakeModel {

    /** What holding one site's pair takes: 6 and 3 float32. */
    public static final long BYTES = 36;

    private final List<Site> sites;
    private final int[] timesteps;
    private final Map<Site, StringBuilder> decisions = new LinkedHashMap<>();
    private final Map<Site, List<Integer>> sources = new LinkedHashMap<>();
    private final List<CacheStatistics> afterStep = new ArrayList<>();

    /** Its sites in the order of execution, and the timesteps of its one generation. */
    public FakeModel(List<Site> sites, int... timesteps) {
        this.sites = sites;
        this.timesteps = timesteps;
        sites.forEach(site -> {
            decisions.put(site, new StringBuilder());
            sources.put(site, new ArrayList<>());
        });
    }

    /** Sites of one kind, named as CogVideoX names its attentions. */
    public static List<Site> sites(SiteKind kind, int count) {
        List<Site> sites = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            sites.add(new Site(kind, i, "transformer_blocks." + i + ".attn1"));
        }
        return sites;
    }

    public CacheRun run() {
        return new CacheRun(sites, timesteps);
    }

    /** A whole generation in a session of its own. */
    public FakeModel generate(CacheMethod method) {
        try (CacheSession cache = method.open(run())) {
            for (int i = 0; i < timesteps.length; i++) {
                step(cache, i);
            }
        }
        return this;
    }

    /** One call of the denoiser. */
    public void step(CacheSession cache, int index) {
        cache.begin(Step.of(index, timesteps));
        for (Site site : sites) {
            visit(cache, site, index);
        }
        afterStep.add(cache.statistics());
    }

    private void visit(CacheSession cache, Site site, int index) {
        try (TensorScope _ = TensorScope.open()) {
            List<Tensor> inputs = List.of(filled(-1, 2, 3), filled(-1, 1, 3));
            int[] calls = {0};
            List<Tensor> outputs = cache.through(site, inputs, _ -> {
                calls[0]++;
                return List.of(filled(index, 2, 3), filled(index, 1, 3));
            });
            decisions.get(site).append(calls[0] == 1 ? 'C' : calls[0] == 0 ? 'R' : '?');
            sources.get(site).add((int) outputs.getFirst().toFloatArray()[5]);
        }
    }

    /** A float32 tensor of one value. */
    public static Tensor filled(float value, long... shape) {
        float[] values = new float[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
        Arrays.fill(values, value);
        return Tensor.of(values, shape);
    }

    /** What really happened at a site, one letter a step. */
    public String decisions(Site site) {
        return decisions.get(site).toString();
    }

    /** For each step, the step whose computation made the output. */
    public List<Integer> sources(Site site) {
        return sources.get(site);
    }

    /** The session's own account after each step. */
    public List<CacheStatistics> afterStep() {
        return afterStep;
    }
}
