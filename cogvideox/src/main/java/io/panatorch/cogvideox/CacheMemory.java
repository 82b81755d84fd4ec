package io.panatorch.cogvideox;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.CacheSession;
import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.SessionOptions;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteInputs;
import io.panatorch.cache.SiteKind;
import io.panatorch.cache.Step;
import io.panatorch.cogvideox.transformer.CogVideoXTransformer;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.util.List;
import java.util.Random;

/**
 * What a cache method will hold: the model's sites are visited as in a generation, with tensors of as many tokens but of one channel in
 * place of the model's, and what is held is counted. Outputs change all the time, so that methods that look at them hold the most.
 */
final class CacheMemory {

    private final CacheSession session;
    private final GenerationPlan plan;
    private final DType dtype;
    private final List<Site> sites;
    private final long videoTokens;
    private final Random random = new Random(0);

    private CacheMemory(CacheSession session, CogVideoXTransformer transformer, GenerationPlan plan, DType dtype) {
        this.session = session;
        this.plan = plan;
        this.dtype = dtype;
        this.sites = transformer.sites();
        this.videoTokens = transformer.config().videoTokens(plan.latentShape());
    }

    /** {@return the most bytes that are held at once} */
    static long peak(CacheMethod method, CogVideoXTransformer transformer, GenerationPlan plan, DType dtype) {
        if (method.equals(CacheMethod.none())) { // which need not be asked
            return 0;
        }
        SessionOptions options = method.options();
        SessionOptions alone = SessionOptions.DEFAULT.withComputed(options.computed()); // and with all memory, which is not the model's
        int[] timesteps = plan.timesteps();
        try (CacheSession session = method.with(alone).open(new CacheRun(transformer.sites(), timesteps))) {
            CacheMemory memory = new CacheMemory(session, transformer, plan, dtype);
            for (int i = 0; i < timesteps.length; i++) {
                session.begin(Step.of(i, timesteps, plan.guidance().branch()));
                memory.visit();
            }
            return Math.min(bytes(session.statistics(), transformer.config().innerDim()), options.budget().bytes());
        }
    }

    /** Outputs of the denoiser are no tokens. Of a method that holds both, the most of each, which need not be there together. */
    private static long bytes(CacheStatistics held, int channels) {
        if (held.kinds().stream().noneMatch(kind -> kind.kind() == SiteKind.DENOISER)) {
            return held.bytes().peak() * channels;
        }
        return held.kinds().stream().mapToLong(kind -> kind.bytes().peak() * (kind.kind() == SiteKind.DENOISER ? 1 : channels)).sum();
    }

    /** The denoiser, in it the blocks, and in each an attention and an MLP. */
    private void visit() {
        try (TensorScope _ = TensorScope.open()) {
            long batch = plan.guidance().batch(plan.latentShape().size(0));
            long[] latents = plan.latentShape().sizes();
            latents[0] = batch;
            SiteInputs offered = SiteInputs.of(tensor(latents)).conditionedBy(tensor(batch, plan.textTokens(), 1), tensor(1, 1));
            session.through(sites.getFirst(), offered, inputs -> {
                long computed = inputs.getFirst().size(0); // half of them, where a method computes one half of the guidance
                List<Tensor> tokens = List.of(tensor(computed, videoTokens, 1), tensor(computed, plan.textTokens(), 1));
                for (int i = 1; i < sites.size(); i += 3) {
                    tokens = block(i, tokens);
                }
                return List.of(like(inputs.getFirst()));
            });
        }
    }

    private List<Tensor> block(int index, List<Tensor> tokens) {
        SiteInputs offered = SiteInputs.of(tokens.get(0), tokens.get(1)).offering(SiteInputs.MODULATED, () -> like(tokens.getFirst()));
        return session.through(sites.get(index), offered, inputs -> {
            session.through(sites.get(index + 1), inputs, _ -> like(inputs));
            session.through(sites.get(index + 2), inputs, _ -> like(inputs));
            return like(inputs);
        });
    }

    private List<Tensor> like(List<Tensor> tensors) {
        return tensors.stream().map(this::like).toList();
    }

    private Tensor like(Tensor tensor) {
        return tensor(tensor.shape().sizes());
    }

    private Tensor tensor(long... shape) {
        return Tensor.full(Shape.of(shape), random.nextGaussian(), dtype, Device.CPU);
    }
}
