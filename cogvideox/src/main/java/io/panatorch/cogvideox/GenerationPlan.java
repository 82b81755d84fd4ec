package io.panatorch.cogvideox;

import io.panatorch.cogvideox.input.InputVideo;
import io.panatorch.cogvideox.scheduler.CogVideoXScheduler;
import io.panatorch.cogvideox.scheduler.Schedule;
import io.panatorch.cogvideox.scheduler.ScheduleRequest;
import io.panatorch.cogvideox.scheduler.SchedulerConfig;
import io.panatorch.cogvideox.transformer.TransformerConfig;
import io.panatorch.cogvideox.vae.Tiling;
import io.panatorch.cogvideox.vae.VaeMemory;
import io.panatorch.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * What a request means for a model. Making one is the check of the request; nothing is computed.
 *
 * @param latentShape {@code [videos, latent frames, channels, height, width]}, with frames that only fill a patch
 * @param paddingFrames how many of the latent frames, the first ones, are not decoded
 * @param textTokens tokens of a prompt
 */
record GenerationPlan(
        VideoRequest request, Shape latentShape, int paddingFrames, int textTokens, Schedule schedule, Guidance guidance, VaeMemory vaeMemory) {

    private static final double STRENGTH = 0.8;

    /** @throws IllegalArgumentException where the request does not fit the model */
    static GenerationPlan of(ModelDescription model, VideoRequest request) {
        requireSource(model.kind(), request);
        int frames = frames(model, request);
        int padding = model.sizes().paddingFrames(frames);
        if (padding > 0 && request.values.source instanceof Source.Videos || padding > 0 && request.values.source instanceof Source.Controls) {
            throw new IllegalArgumentException("frames: expected a video whose latent frames make whole patches of "
                    + model.transformer().patchFrames() + ", such as one of " + model.sizes().wholePatches(frames) + " frames, found one of " + frames);
        }
        Shape latents = model.sizes().latents(request.videos(), request.values.height.orElse(model.sizes().height()),
                request.values.width.orElse(model.sizes().width()), frames);
        Schedule schedule = schedule(model, request);
        return new GenerationPlan(request, latents, padding, textTokens(model.transformer(), request), schedule,
                new Guidance(request.values.guidanceScale, request.values.dynamicCfg, schedule.size()), vaeMemory(model, request));
    }

    private static void requireSource(ModelKind kind, VideoRequest request) {
        String expected = switch (kind) {
            case TEXT_TO_VIDEO -> request.values.source instanceof Source.None || request.values.source instanceof Source.Videos ? null
                    : "no image or control video: this is a text-to-video model";
            case IMAGE_TO_VIDEO -> request.values.source instanceof Source.Images ? null : "an image: this is an image-to-video model";
            case CONTROL_TO_VIDEO -> request.values.source instanceof Source.Controls ? null : "a control video: this is a control model";
        };
        if (expected != null) {
            throw new IllegalArgumentException("request: expected one with " + expected);
        }
        boolean isVideo = request.values.source instanceof Source.Videos;
        if (isVideo && request.values.latents != null) {
            throw new IllegalArgumentException("latents: expected either a video or latents to begin with, found both");
        }
        if (request.values.strength.isPresent() && !isVideo && (request.values.latents == null || kind != ModelKind.TEXT_TO_VIDEO)) {
            throw new IllegalArgumentException("strength: expected together with a video to change, or latents in its place, found alone");
        }
    }

    private static int frames(ModelDescription model, VideoRequest request) {
        List<InputVideo> videos = switch (request.values.source) {
            case Source.Videos given -> given.videos();
            case Source.Controls given -> given.videos();
            case Source.None _, Source.Images _ -> List.of();
        };
        if (videos.isEmpty()) {
            return request.values.frames.orElse(model.sizes().frames());
        }
        int frames = videos.getFirst().frames();
        if (request.values.frames.orElse(frames) != frames) {
            throw new IllegalArgumentException("frames: expected " + frames + ", those of the given video, found "
                    + request.values.frames.getAsInt());
        }
        return frames;
    }

    private static Schedule schedule(ModelDescription model, VideoRequest request) {
        SchedulerConfig config = model.scheduler();
        config = config.withKind(Objects.requireNonNullElse(request.values.scheduler, config.kind()));
        config = config.withTimestepSpacing(Objects.requireNonNullElse(request.values.timestepSpacing, config.timestepSpacing()));
        ScheduleRequest asked = request.values.timesteps.isEmpty() ? ScheduleRequest.steps(request.values.steps)
                : ScheduleRequest.timesteps(request.values.timesteps);
        boolean isPart = request.values.strength.isPresent() || request.values.source instanceof Source.Videos;
        return new CogVideoXScheduler(config).schedule(
                asked.withEta(request.values.eta).withStrength(isPart ? request.values.strength.orElse(STRENGTH) : 1));
    }

    private static int textTokens(TransformerConfig config, VideoRequest request) {
        int own = config.maxTextSeqLength();
        int tokens = request.values.promptEmbeds != null ? (int) request.values.promptEmbeds.size(1) : request.values.maxSequenceLength.orElse(own);
        if (tokens != own && config.addsPositions()) {
            throw new IllegalArgumentException("max sequence length: expected " + own + ", since this model adds positions to its text,"
                    + " found " + tokens);
        }
        if (request.values.promptEmbeds != null && request.values.promptEmbeds.size(2) != config.textEmbedDim()) {
            throw new IllegalArgumentException("promptEmbeds: expected " + config.textEmbedDim() + " channels, found "
                    + request.values.promptEmbeds.describe());
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
