package io.panatorch.cache;

import io.panatorch.cache.CacheStatistics.SiteStatistics;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * A denoiser of blocks that add numbers. Every step begins with a video of ones and a text of twos; block {@code b} adds
 * {@code (b + 1) · change} to the video and {@code 10 · (b + 1) · change} to the text. The change is the step's, and the
 * denoiser's condition; its square is what modulates blocks.
 */
public final class BlockModel {

    /** What holding a video and a text takes: 6 and 3 float32. */
    public static final long VIDEO_BYTES = 24;

    public static final long TEXT_BYTES = 12;

    public static final long EMBEDDING_BYTES = 16;

    private final Site denoiser = new Site(SiteKind.DENOISER, 0, "transformer");
    private final List<Site> sites = new ArrayList<>();
    private final double[] changes;
    private final int[] timesteps;
    private final List<Double> videos = new ArrayList<>();
    private final List<Double> texts = new ArrayList<>();
    private final List<Long> held = new ArrayList<>();
    private CacheStatistics statistics;

    /** Its number of blocks, and the change of each step. */
    public BlockModel(int blocks, double... changes) {
        for (int i = 0; i < blocks; i++) {
            sites.add(new Site(SiteKind.BLOCK, i, "transformer_blocks." + i));
        }
        this.changes = changes;
        this.timesteps = new int[changes.length];
        Arrays.setAll(timesteps, i -> 999 - 10 * i);
    }

    public CacheRun run() {
        return new CacheRun(Stream.concat(Stream.of(denoiser), sites.stream()).toList(), timesteps);
    }

    /** A whole generation in a session of its own. */
    public BlockModel generate(CacheMethod method) {
        try (CacheSession cache = method.open(run())) {
            for (int i = 0; i < timesteps.length; i++) {
                cache.begin(Step.of(i, timesteps));
                step(cache, changes[i]);
                held.add(cache.statistics().bytes().now());
            }
            statistics = cache.statistics();
        }
        return this;
    }

    private void step(CacheSession cache, double change) {
        try (TensorScope _ = TensorScope.open()) {
            SiteInputs inputs = SiteInputs.of(FakeModel.filled(1, 2, 3), FakeModel.filled(2, 1, 3))
                    .conditionedBy(FakeModel.filled((float) change, 1, 4));
            List<Tensor> tokens = cache.through(denoiser, inputs, in -> blocks(cache, in.subList(0, 2), change));
            videos.add((double) tokens.get(0).toFloatArray()[5]);
            texts.add((double) tokens.get(1).toFloatArray()[2]);
        }
    }

    private List<Tensor> blocks(CacheSession cache, List<Tensor> start, double change) {
        List<Tensor> tokens = start;
        for (Site site : sites) {
            double added = (site.layer() + 1) * change;
            SiteInputs offered = SiteInputs.of(tokens)
                    .offering(SiteInputs.MODULATED, () -> FakeModel.filled((float) (change * change), 1, 4));
            tokens = cache.through(site, offered, in -> List.of(in.get(0).add(added), in.get(1).add(10 * added)));
        }
        return tokens;
    }

    /** One value of the last block's video, for each step. */
    public List<Double> videos() {
        return videos;
    }

    /** One value of the last block's text, for each step. */
    public List<Double> texts() {
        return texts;
    }

    /** Bytes held after each step. */
    public List<Long> held() {
        return held;
    }

    /** The session's account after the last step. */
    public CacheStatistics statistics() {
        return statistics;
    }

    /** For each covered site, a letter a step. */
    public List<String> decisions() {
        return statistics.sites().stream().map(SiteStatistics::decisions).toList();
    }
}
