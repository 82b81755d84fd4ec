package io.panatorch.cogvideox;

import io.panatorch.cache.Branch;
import io.panatorch.cache.CacheSession;
import io.panatorch.cache.Step;
import io.panatorch.cogvideox.LatentsStage.Latents;
import io.panatorch.cogvideox.RunningGenerations.Ticket;
import io.panatorch.cogvideox.scheduler.Noise;
import io.panatorch.cogvideox.scheduler.Sampler;
import io.panatorch.cogvideox.transformer.CogVideoXTransformer;
import io.panatorch.cogvideox.transformer.CogVideoXTransformer.Conditioning;
import io.panatorch.parallel.Ranks;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;

/** From noise to latents, step by step. Ranks that share the guidance predict one half of it each, and all of them take each step. */
final class DenoisingStage {

    private final CogVideoXTransformer transformer;
    private final GenerationPlan plan;
    private final Ranks ranks;
    private final Ticket ticket;
    private final FiniteCheck finite;
    private int taken;

    DenoisingStage(CogVideoXTransformer transformer, GenerationPlan plan, Ranks ranks, Ticket ticket, FiniteCheck finite) {
        this.transformer = transformer;
        this.plan = plan;
        this.ranks = ranks;
        this.ticket = ticket;
        this.finite = finite;
    }

    /**
     * Takes all steps, or those until a listener interrupts.
     *
     * @param embeds of {@link PromptStage}
     * @return {@code [videos, latent frames, channels, height, width]}, of the caller's scope
     */
    Tensor run(Latents start, Tensor embeds, CacheSession cache, Noise noise) {
        int[] timesteps = plan.timesteps();
        try (TensorScope scope = TensorScope.open(); var _ = transformer.hold(); Sampler sampler = plan.schedule().begin(noise)) {
            Conditioning conditioning = transformer.prepare(embeds, (int) plan.latentShape().size(1),
                    (int) plan.latentShape().size(3), (int) plan.latentShape().size(4));
            Tensor beside = start.beside() == null ? null : forBranches(start.beside());
            Tensor latents = start.noisy().alias();
            for (int i = 0; i < timesteps.length; i++) {
                ticket.checkCancelled("before step " + (i + 1) + " of " + timesteps.length);
                Step step = Step.of(i, timesteps, plan.guidance().branch());
                cache.begin(step);
                Tensor next = step(latents, beside, step, conditioning, cache, sampler);
                latents.close();
                latents = next;
                taken++;
                finite.requireLatents(latents, step);
                if (isInterrupted(tell(step, latents, cache))) {
                    break;
                }
            }
            return scope.promote(latents);
        }
    }

    /** {@return how many steps were taken: all, unless a listener has interrupted} */
    int taken() {
        return taken;
    }

    private Tensor step(Tensor latents, Tensor beside, Step step, Conditioning conditioning, CacheSession cache, Sampler sampler) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor input = forBranches(latents);
            if (beside != null) {
                input = Tensor.cat(2, input, beside);
            }
            Tensor prediction = guided(transformer.forward(input, step.timestep(), conditioning, cache), step.timestep());
            return scope.promote(sampler.step(step.index(), latents, prediction).to(latents.dtype()));
        }
    }

    /** Twice where both halves of the guidance are predicted at once: for the negative prompts, then for the prompts. */
    private Tensor forBranches(Tensor latents) {
        return plan.guidance().branch() == Branch.BOTH ? Tensor.cat(0, latents, latents) : latents;
    }

    private Tensor guided(Tensor prediction, int timestep) {
        if (!plan.guidance().isOn()) {
            return prediction.to(DType.FLOAT32);
        }
        boolean isShared = plan.guidance().branch() != Branch.BOTH;
        Tensor both = (isShared ? ranks.allGather(prediction) : prediction).to(DType.FLOAT32);
        long batch = both.size(0) / 2;
        Tensor conditional = both.narrow(0, isShared ? 0 : batch, batch); // that of the first rank
        Tensor unconditional = both.narrow(0, isShared ? batch : 0, batch);
        return unconditional.add(conditional.sub(unconditional).mul(plan.guidance().scaleAt(timestep)));
    }

    /** By the listener of any rank: all of them end with this step then, or those that go on would wait for the others. */
    private boolean isInterrupted(StepEvent event) {
        if (ranks.size() == 1) {
            return event.isInterrupted();
        }
        try (TensorScope _ = TensorScope.open()) {
            return ranks.allGather(Tensor.of(new boolean[] {event.isInterrupted()}, 1)).any().item() != 0;
        }
    }

    /** The listener gets an alias of the latents that ends with its call, so that using them later is an error at each step. */
    private StepEvent tell(Step step, Tensor latents, CacheSession cache) {
        try (TensorScope _ = TensorScope.open()) {
            StepEvent event = new StepEvent(step, latents.alias(), cache::statistics);
            plan.request().values.onStep.accept(event);
            return event;
        }
    }
}
