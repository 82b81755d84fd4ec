package io.panatorch.cogvideox;

import io.panatorch.cache.Branch;
import io.panatorch.cache.CacheMethod;
import io.panatorch.cogvideox.input.InputVideo;
import io.panatorch.cogvideox.scheduler.CogVideoXScheduler;
import io.panatorch.cogvideox.scheduler.Schedule;
import io.panatorch.cogvideox.scheduler.ScheduleRequest;
import io.panatorch.cogvideox.scheduler.SchedulerConfig;
import io.panatorch.cogvideox.sizes.VideoSizes;
import io.panatorch.cogvideox.transformer.TransformerConfig;
import io.panatorch.cogvideox.vae.Tiling;
import io.panatorch.cogvideox.vae.VaeMemory;
import io.panatorch.parallel.Ranks;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a request means for a model. Making one is the check of the request; nothing is computed.
 *
 * @param latentShape {@code [videos, latent frames, channels, height, width]}, with frames that only fill a patch
 * @param paddingFrames how many of the latent frames, the first ones, are not decoded
 * @param textTokens tokens of a prompt
 */
record GenerationPlan(
        VideoRequest request,
        Shape latentShape,
        int paddingFrames,
        int textTokens,
        Schedule schedule,
        Guidance guidance,
        VaeMemory vaeMemory) {

    private static final double STRENGTH = 0.8;

    /**
     * @param ranks this process alone, or two that share the guidance
     * @throws IllegalArgumentException where the request does not fit the model or the ranks
     */
    static GenerationPlan of(ModelDescription model, VideoRequest request, Ranks ranks) {
        requireOpen("latents", request.values.latents);
        requireOpen("promptEmbeds", request.values.promptEmbeds);
        requireOpen("negativePromptEmbeds", request.values.negativePromptEmbeds);
        requireSource(model.kind(), request);
        int frames = frames(model, request);
        int padding = model.sizes().paddingFrames(frames);
        if (padding > 0 && !videosOf(request).isEmpty()) {
            throw new IllegalArgumentException("frames: expected a video whose latent frames make whole patches of "
                    + model.transformer().patchFrames() + ", such as one of " + model.sizes().wholePatches(frames)
                    + " frames, found one of " + frames);
        }
        Shape latents = model.sizes().latents(request.videos(), request.values.height.orElse(model.sizes().height()),
                request.values.width.orElse(model.sizes().width()), frames);
        requireFit("latents", request.values.latents, latents, "[batch, frames, channels, height, width]");
        int tokens = textTokens(model.transformer(), request);
        Shape embeds = Shape.of(request.values.prompts.size(), tokens, model.transformer().textEmbedDim());
        requireFit("promptEmbeds", request.values.promptEmbeds, embeds, "[prompts, tokens, channels]");
        requireFit("negativePromptEmbeds", request.values.negativePromptEmbeds, embeds, "[prompts, tokens, channels]");
        Schedule schedule = schedule(model, request);
        return new GenerationPlan(request, latents, padding, tokens, schedule,
                guidance(request, schedule.size(), ranks), vaeMemory(model, request));
    }

    private static Guidance guidance(VideoRequest request, int steps, Ranks ranks) {
        boolean isOn = request.values.guidanceScale > 1;
        Branch branch = isOn ? Branch.BOTH : Branch.CONDITIONAL;
        if (ranks.size() > 1) {
            if (!isOn) {
                throw new IllegalArgumentException("guidance scale: expected more than 1, since ranks share the work of guidance, found "
                        + request.values.guidanceScale);
            }
            Optional<CacheMethod> method = request.cache().filter(CacheMethod::needsBothBranches);
            if (method.isPresent()) {
                throw new IllegalArgumentException("cache: expected a method that works on each half of the guidance apart, since each rank"
                        + " has one, found " + method.get().name());
            }
            branch = ranks.rank() == 0 ? Branch.CONDITIONAL : Branch.UNCONDITIONAL;
        }
        return new Guidance(request.values.guidanceScale, request.values.dynamicCfg, steps, branch);
    }

    private static void requireOpen(String name, Tensor given) {
        if (given != null && given.isClosed()) {
            throw new IllegalArgumentException(name + ": expected a tensor that is open until the generation begins, found a closed one");
        }
    }

    private static void requireFit(String name, Tensor given, Shape shape, String dimensions) {
        if (given != null && !(given.shape().equals(shape) && given.dtype().isFloatingPoint())) {
            throw new IllegalArgumentException(name + ": expected floating-point numbers of shape " + shape + " " + dimensions
                    + " for this request, found " + given.describe());
        }
    }

    private static void requireSource(ModelKind kind, VideoRequest request) {
        switch (kind) {
            case TEXT_TO_VIDEO -> {
                if (!(request.values.source instanceof Source.None || request.values.source instanceof Source.Videos)) {
                    throw misplaced(request.values.source, "none", "a text-to-video model");
                }
            }
            case IMAGE_TO_VIDEO -> requireSource("image", "an image", request.values.source, "an image-to-video model");
            case CONTROL_TO_VIDEO -> requireSource("control video", "a control video", request.values.source, "a control model");
        }
        boolean isVideo = request.values.source instanceof Source.Videos;
        if (isVideo && request.values.latents != null) {
            throw new IllegalArgumentException("latents: expected either a video or latents to begin with, found both");
        }
        if (request.values.strength.isPresent() && !isVideo && (request.values.latents == null || kind != ModelKind.TEXT_TO_VIDEO)) {
            throw new IllegalArgumentException("strength: expected together with a video to change, or latents in its place, found alone");
        }
    }

    private static void requireSource(String what, String expected, Source found, String model) {
        if (found instanceof Source.None) {
            throw new IllegalArgumentException(what + ": expected one, since this is " + model + ", found none");
        }
        if (!found.what().equals(what)) {
            throw misplaced(found, expected + " in its place", model);
        }
    }

    private static IllegalArgumentException misplaced(Source found, String expected, String model) {
        return new IllegalArgumentException(found.what() + ": expected " + expected + ", since this is " + model + ", found one");
    }

    private static List<InputVideo> videosOf(VideoRequest request) {
        return switch (request.values.source) {
            case Source.Videos given -> given.videos();
            case Source.Controls given -> given.videos();
            case Source.None _, Source.Images _ -> List.of();
        };
    }

    private static int frames(ModelDescription model, VideoRequest request) {
        List<InputVideo> videos = videosOf(request);
        return videos.isEmpty() ? request.values.frames.orElse(model.sizes().frames())
                : framesOf(videos.getFirst().frames(), model.sizes(), request);
    }

    /** A video of another length than the model makes is encoded, too: 13 frames give the latents of 16. But that has to be asked for. */
    private static int framesOf(int given, VideoSizes sizes, VideoRequest request) {
        int made = sizes.madeOf(given);
        if (request.values.frames.isEmpty() && made != given) {
            long first = sizes.atMost(given);
            throw new IllegalArgumentException("frames: expected a number that the model makes, found a video of " + given + ": ask for "
                    + made + (first == made ? "" : ", or for its first " + first));
        }
        if (request.values.frames.orElse(given) != made) {
            throw new IllegalArgumentException("frames: expected " + made + ", made of a video of " + given + ", found "
                    + request.values.frames.getAsInt());
        }
        return made;
    }

    private static Schedule schedule(ModelDescription model, VideoRequest request) {
        SchedulerConfig config = model.scheduler();
        config = config.withKind(Objects.requireNonNullElse(request.values.scheduler, config.kind()));
        config = config.withTimestepSpacing(Objects.requireNonNullElse(request.values.timestepSpacing, config.timestepSpacing()));
        ScheduleRequest asked = request.values.timesteps.isEmpty() ? ScheduleRequest.steps(request.steps())
                : ScheduleRequest.timesteps(request.values.timesteps);
        boolean isPart = request.values.strength.isPresent() || request.values.source instanceof Source.Videos;
        return new CogVideoXScheduler(config).schedule(
                asked.withEta(request.values.eta).withStrength(isPart ? request.values.strength.orElse(STRENGTH) : 1));
    }

    private static int textTokens(TransformerConfig config, VideoRequest request) {
        int own = config.maxTextSeqLength();
        Tensor embeds = request.values.promptEmbeds;
        int tokens = embeds != null ? (int) embeds.size(1) : request.values.maxSequenceLength.orElse(own);
        if (tokens != own && config.addsPositions()) {
            throw new IllegalArgumentException((embeds != null ? "promptEmbeds" : "max sequence length") + ": expected " + own
                    + " tokens, since this model adds positions to its text, found " + tokens);
        }
        if (request.values.maxSequenceLength.orElse(tokens) != tokens) {
            throw new IllegalArgumentException("max sequence length: expected that of the given embeddings, " + tokens + ", found "
                    + request.values.maxSequenceLength.getAsInt());
        }
        return tokens;
    }

    private static VaeMemory vaeMemory(ModelDescription model, VideoRequest request) {
        VaeMemory memory = request.values.vaeSlicing ? VaeMemory.WHOLE.withSlicing() : VaeMemory.WHOLE;
        if (request.values.vaeTiles == null) {
            return memory;
        }
        Tiling tiling = Objects.requireNonNullElseGet(request.values.vaeTiles.tiling(), () -> Tiling.of(model.vae()));
        tiling.requireFit(model.vae());
        return memory.withTiling(tiling);
    }

    int[] timesteps() {
        int[] timesteps = new int[schedule.size()];
        Arrays.setAll(timesteps, schedule::timestep);
        return timesteps;
    }

    /** {@return the video's prompt} */
    int promptOf(int video) {
        return video / request.values.videosPerPrompt;
    }
}
