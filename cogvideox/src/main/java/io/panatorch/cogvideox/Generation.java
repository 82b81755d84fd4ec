package io.panatorch.cogvideox;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.CacheSession;
import io.panatorch.cache.Step;
import io.panatorch.cogvideox.RunningGenerations.Ticket;
import io.panatorch.cogvideox.scheduler.Noise;
import io.panatorch.cogvideox.scheduler.Sampler;
import io.panatorch.cogvideox.scheduler.Schedule;
import io.panatorch.cogvideox.scheduler.ScheduleRequest;
import io.panatorch.cogvideox.transformer.CogVideoXTransformer.Conditioning;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Generator;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** One batch of videos in the making, on one thread. */
final class Generation {

    private static final System.Logger LOGGER = System.getLogger(CogVideoXPipeline.class.getName());
    private static final double NANOS = 1e9;
    private static final int SHOWN_WORDS = 5;

    private final ModelParts parts;
    private final TextToVideoRequest request;
    private final CacheMethod method;
    private final Ticket ticket;
    private final FiniteCheck finite;
    private final Shape latentShape;
    private final Schedule schedule;
    private final int[] timesteps;
    private final Map<String, Double> seconds = new LinkedHashMap<>();

    /** @throws IllegalArgumentException where the request does not fit the model */
    Generation(ModelParts parts, TextToVideoRequest request, CacheMethod method, Ticket ticket) {
        this.parts = parts;
        this.request = request;
        this.method = method;
        this.ticket = ticket;
        this.finite = new FiniteCheck(request, parts.dtype);
        this.latentShape = parts.sizes.latents(request.prompts().size(), request.height().orElse(parts.sizes.height()),
                request.width().orElse(parts.sizes.width()), request.frames().orElse(parts.sizes.frames()));
        this.schedule = parts.scheduler.schedule(ScheduleRequest.steps(request.steps()));
        this.timesteps = new int[schedule.size()];
        Arrays.setAll(timesteps, schedule::timestep);
    }

    /**
     * Makes it.
     *
     * @param begun is told when nothing of the request can be refused any more and nothing that the caller owns is needed
     */
    TextToVideoResult run(Runnable begun) {
        TextToVideoResult result = null;
        try (TensorScope _ = TensorScope.open();
                CacheSession cache = method.open(new CacheRun(parts.transformer.sites(), timesteps))) {
            Tensor given = givenLatents();
            begun.run();
            Noise noise = Noise.of(Generator.seeded(request.seed()));
            Tensor initial = given != null ? given : noise.draw(latentShape, parts.dtype, parts.device);
            long start = System.nanoTime();
            Tensor embeds = embeds();
            start = lap("encode", start);
            Tensor latents = denoise(initial, embeds, noise, cache);
            start = lap("denoise", start);
            Tensor frames = decode(latents);
            lap("decode", start);
            result = new TextToVideoResult(latents, frames, Arrays.stream(timesteps).boxed().toList(), seconds, cache.statistics());
            return result;
        } catch (Throwable e) { // the end of the session or the scope, too
            if (result != null) {
                result.close();
            }
            throw e;
        }
    }

    private long lap(String stage, long start) {
        long now = System.nanoTime();
        seconds.put(stage, (now - start) / NANOS);
        return now;
    }

    /** A copy, since the caller may close or overwrite his own; null where there are none. */
    private Tensor givenLatents() {
        Tensor given = request.latents();
        if (given == null) {
            return null;
        }
        if (given.isClosed()) {
            throw new IllegalArgumentException("latents: expected a tensor that is open until the generation begins, found a closed one");
        }
        if (!given.shape().equals(latentShape) || !given.dtype().isFloatingPoint()) {
            throw new IllegalArgumentException("latents: expected floating-point numbers of shape " + latentShape
                    + " [batch, frames, channels, height, width] for this request, found " + given.describe());
        }
        Tensor copy = given.copy().to(parts.dtype, parts.device);
        finite.require(copy, () -> "the given latents are not finite");
        return copy;
    }

    /** Where there is guidance, those of the negative prompts first. */
    private Tensor embeds() {
        ticket.checkCancelled("before its prompt was read");
        Tensor embeds = isGuided()
                ? Tensor.cat(0, encode(request.negativePrompts()), encode(request.prompts()))
                : encode(request.prompts());
        finite.require(embeds, () -> "the prompt's embeddings are not finite: "
                + finite.remedyOr("look at the text encoder's weights"));
        return embeds;
    }

    private boolean isGuided() {
        return request.guidanceScale() > 1;
    }

    /** T5 embeddings {@code [batch, text tokens, dim]}. Padding takes part: CogVideoX gives T5 no attention mask. */
    private Tensor encode(List<String> texts) {
        int length = parts.transformer.config().maxTextSeqLength();
        int[][] ids = new int[texts.size()][];
        for (int i = 0; i < ids.length; i++) {
            warnOfUnknownWords(texts.get(i));
            int[] all = parts.tokenizer.encode(texts.get(i));
            if (all.length > length) {
                LOGGER.log(System.Logger.Level.WARNING, "prompt of {0} tokens: the model reads {1}, the rest is ignored",
                        all.length, length);
            }
            ids[i] = parts.tokenizer.fit(all, length);
        }
        return parts.textEncoder.forward(ids);
    }

    private void warnOfUnknownWords(String text) {
        List<String> words = parts.tokenizer.unknownWords(text);
        if (!words.isEmpty()) {
            String shown = words.stream().limit(SHOWN_WORDS).map(word -> word.replaceAll("\\p{Cntrl}", "?"))
                    .collect(Collectors.joining(", "));
            LOGGER.log(System.Logger.Level.WARNING, "prompt with words that the model cannot spell, and reads as unknown: {0}{1}",
                    shown, words.size() > SHOWN_WORDS ? ", ..." : "");
        }
    }

    private Tensor denoise(Tensor initial, Tensor embeds, Noise noise, CacheSession cache) {
        try (TensorScope scope = TensorScope.open();
                Sampler sampler = schedule.begin(noise)) {
            Conditioning conditioning = parts.transformer.prepare(embeds, (int) latentShape.size(1),
                    (int) latentShape.size(3), (int) latentShape.size(4));
            Tensor latents = initial.alias();
            for (int i = 0; i < timesteps.length; i++) {
                ticket.checkCancelled("before step " + (i + 1) + " of " + timesteps.length);
                Step step = Step.of(i, timesteps);
                cache.begin(step);
                Tensor next = step(i, latents, sampler, conditioning, cache);
                latents.close();
                latents = next;
                finite.requireLatents(latents, step);
                if (tell(step, latents, cache).isInterrupted()) {
                    break;
                }
            }
            return scope.promote(latents);
        }
    }

    private Tensor step(int index, Tensor latents, Sampler sampler, Conditioning conditioning, CacheSession cache) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor input = isGuided() ? Tensor.cat(0, latents, latents) : latents; // unconditional first
            Tensor prediction = parts.transformer.forward(input, timesteps[index], conditioning, cache).to(DType.FLOAT32);
            if (isGuided()) {
                long batch = latents.size(0);
                Tensor unconditional = prediction.narrow(0, 0, batch);
                Tensor conditional = prediction.narrow(0, batch, batch);
                prediction = unconditional.add(conditional.sub(unconditional).mul(request.guidanceScale()));
            }
            return scope.promote(sampler.step(index, latents, prediction).to(parts.dtype));
        }
    }

    /** The listener gets an alias of the latents that ends with its call, so that using them later is an error at each step. */
    private StepEvent tell(Step step, Tensor latents, CacheSession cache) {
        try (TensorScope _ = TensorScope.open()) {
            StepEvent event = new StepEvent(step, latents.alias(), cache::statistics);
            request.onStep().accept(event);
            return event;
        }
    }

    /** Latents to frames: {@code [batch, frames, 3, height, width]}, float32 in [0, 1]. */
    private Tensor decode(Tensor latents) {
        ticket.checkCancelled("before its latents were decoded");
        try (TensorScope scope = TensorScope.open()) {
            Tensor scaled = latents.permute(0, 2, 1, 3, 4).mul(1 / parts.vae.config().scalingFactor()); // [b, c, f, h, w]
            Tensor video = parts.vae.decode(scaled).to(DType.FLOAT32); // [b, 3, frames, H, W]
            finite.require(video, () -> "the decoded frames are not finite, though the latents are: look at the VAE's weights, or "
                    + finite.remedy());
            Tensor unit = video.mul(0.5).add(0.5).clamp(0, 1);
            return scope.promote(unit.permute(0, 2, 1, 3, 4).contiguous()); // [b, frames, 3, H, W]
        }
    }
}
