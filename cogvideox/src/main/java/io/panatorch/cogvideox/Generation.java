package io.panatorch.cogvideox;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.CacheSession;
import io.panatorch.cache.CacheStatistics;
import io.panatorch.cogvideox.LatentsStage.Latents;
import io.panatorch.cogvideox.RunningGenerations.Ticket;
import io.panatorch.cogvideox.scheduler.Noise;
import io.panatorch.cogvideox.transformer.CogVideoXTransformer;
import io.panatorch.parallel.Ranks;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Generator;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One batch of videos in the making, on one thread: prompts, latents, denoising and decoding, one stage after another. Of several ranks
 * each makes all of it but for the half of the guidance that another has.
 */
final class Generation {

    private static final double NANOS = 1e9;

    private final ModelParts parts;
    private final CogVideoXTransformer transformer;
    private final GenerationPlan plan;
    private final CacheMethod method;
    private final String adapters;
    private final Ranks ranks;
    private final Ticket ticket;
    private final FiniteCheck finite;
    private final Map<String, Double> seconds = new LinkedHashMap<>();
    private long lapStart;

    /**
     * @param transformer that of the parts, or the same with adapters
     * @param request with a cache method
     * @param adapters what tells those of the transformer from others
     * @param ranks this process alone, or those that make it together
     * @throws IllegalArgumentException where the request does not fit the model or the ranks
     */
    Generation(ModelParts parts, CogVideoXTransformer transformer, VideoRequest request, String adapters, Ranks ranks, Ticket ticket) {
        this.parts = parts;
        this.transformer = transformer;
        this.plan = GenerationPlan.of(parts.description, request, ranks);
        this.method = request.cache().orElseThrow();
        this.adapters = adapters;
        this.ranks = ranks;
        this.ticket = ticket;
        this.finite = new FiniteCheck(request, parts.dtype(ModelComponent.TRANSFORMER));
    }

    /**
     * Makes it.
     *
     * @param begun is told when nothing of the request can be refused any more and nothing that the caller owns is needed
     */
    VideoResult run(Runnable begun) {
        VideoRequest request = plan.request();
        VideoResult result = null;
        try (TensorScope _ = TensorScope.open()) {
            Tensor givenLatents = given("latents", request.values.latents);
            Tensor givenEmbeds = given("promptEmbeds", request.values.promptEmbeds);
            Tensor givenNegative = given("negativePromptEmbeds", request.values.negativePromptEmbeds);
            GenerationFacts facts = ranks.size() == 1 ? null : new GenerationFacts(parts, plan, method, adapters);
            begun.run();
            if (facts != null) {
                facts.requireSame(ranks);
            }
            Noise noise = new Noise(request.values.seeds.stream().map(Generator::seeded).toList());
            DenoisingStage denoising = new DenoisingStage(transformer, plan, ranks, ticket, finite);
            Tensor latents;
            CacheStatistics statistics;
            try (CacheSession cache = agreeing().open(new CacheRun(transformer.sites(), plan.timesteps()))) {
                lapStart = System.nanoTime(); // not before: it may have waited for memory
                Tensor embeds = embeds(givenEmbeds, givenNegative);
                Latents start = new LatentsStage(parts, plan, noise).run(givenLatents);
                lap("encode");
                latents = denoising.run(start, embeds, cache, noise);
                lap("denoise");
                statistics = cache.statistics();
            }
            Tensor frames = request.values.latentsOnly ? null : decode(latents);
            result = new VideoResult(latents, frames, parts.description.fps(),
                    Arrays.stream(plan.timesteps()).limit(denoising.taken()).boxed().toList(), seconds, statistics);
            return result;
        } catch (Throwable e) { // the end of the session or the scope, too
            ranks.stop();
            if (result != null) {
                result.close();
            }
            throw e;
        }
    }

    /**
     * Ranks decide alike by the mean of their numbers: each measures its own half of the guidance, where one process alone measures both.
     * Where one has nothing to compare with, NaN, none has.
     */
    private CacheMethod agreeing() {
        return ranks.size() == 1 ? method : method.with(method.options().withAgreement(number -> {
            try (TensorScope _ = TensorScope.open()) {
                return ranks.allGather(Tensor.of(new double[] {number}, 1)).mean().item();
            }
        }));
    }

    private void lap(String stage) {
        parts.device.synchronize();
        long now = System.nanoTime();
        seconds.put(stage, (now - lapStart) / NANOS);
        lapStart = now;
    }

    /** A copy, since the caller may close or overwrite his own; null where there is none. */
    private Tensor given(String name, Tensor tensor) {
        if (tensor == null) {
            return null;
        }
        Tensor copy = tensor.copy().to(parts.dtype(ModelComponent.TRANSFORMER), parts.device);
        finite.require(copy, () -> "the given " + name + " are not finite");
        return copy;
    }

    private Tensor embeds(Tensor given, Tensor givenNegative) {
        ticket.checkCancelled("before its prompt was read");
        Tensor embeds = new PromptStage(parts).run(plan, given, givenNegative);
        finite.require(embeds, () -> "the prompt's embeddings are not finite: "
                + finite.remedyOr("look at the text encoder's weights"));
        return embeds;
    }

    /** Latents to frames: {@code [videos, frames, 3, height, width]}, float32 in [0, 1]. */
    private Tensor decode(Tensor latents) {
        ticket.checkCancelled("before its latents were decoded");
        try (TensorScope scope = TensorScope.open()) {
            long padding = plan.paddingFrames();
            Tensor scaled = latents.narrow(1, padding, latents.size(1) - padding)
                    .permute(0, 2, 1, 3, 4) // [videos, c, f, h, w]
                    .to(parts.dtype(ModelComponent.VAE))
                    .mul(1 / parts.vae.config().scalingFactor());
            Tensor video = parts.vae.decode(scaled, plan.vaeMemory()); // [videos, 3, frames, H, W]
            finite.require(video, () -> "the decoded frames are not finite, though the latents are: look at the VAE's weights, or "
                    + finite.remedy());
            Tensor frames = scope.promote(unit(video).permute(0, 2, 1, 3, 4).contiguous()); // [videos, frames, 3, H, W]
            lap("decode");
            return frames;
        }
    }

    /** From [-1, 1] to [0, 1], float32. Videos are large: each is freed once the next is made of it, the given one too. */
    private static Tensor unit(Tensor video) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor wide = video.to(DType.FLOAT32);
            video.close();
            Tensor halved = wide.mul(0.5);
            wide.close();
            Tensor raised = halved.add(0.5);
            halved.close();
            return scope.promote(raised.clamp(0, 1));
        }
    }
}
