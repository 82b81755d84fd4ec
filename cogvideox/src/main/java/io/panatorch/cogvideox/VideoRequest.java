package io.panatorch.cogvideox;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cogvideox.input.InputImage;
import io.panatorch.cogvideox.input.InputVideo;
import io.panatorch.cogvideox.scheduler.SchedulerConfig.TimestepSpacing;
import io.panatorch.cogvideox.scheduler.SchedulerKind;
import io.panatorch.cogvideox.vae.Tiling;
import io.panatorch.tensor.Tensor;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.stream.LongStream;

/**
 * What to generate, with diffusers' names and defaults. Immutable; made by {@link #builder}; any number of generations may use it,
 * at once too. There is one kind of request for all kinds of models; what a model has no use for is refused when a generation
 * begins, with the reason.
 */
public final class VideoRequest {

    private static final int SHOWN = 60;
    private static final int STEPS = 50;

    /** How the decoder and the encoder are to save memory; the tiling is null for the model's own. */
    record Tiles(Tiling tiling) {}

    /** A copy that nobody changes. */
    final Builder values;

    private VideoRequest(Builder values) {
        this.values = values;
    }

    /**
     * @param prompts one for each video of the batch; as in diffusers an empty one is a prompt too
     * @throws IllegalArgumentException without a prompt
     */
    public static Builder builder(String... prompts) {
        List<String> texts = texts("prompts", prompts);
        if (texts.isEmpty()) {
            throw new IllegalArgumentException("prompt: expected at least one, found none");
        }
        return new Builder(texts, null);
    }

    /**
     * @param promptEmbeds what {@link CogVideoXPipeline#encodePrompts} returned, or made of that, in place of prompts:
     *     {@code [prompts, text tokens, textEmbedDim]}, floating point; borrowed as {@linkplain Builder#latents latents} are
     */
    public static Builder builder(Tensor promptEmbeds) {
        Objects.requireNonNull(promptEmbeds, "promptEmbeds: expected a tensor, found null");
        if (promptEmbeds.shape().dim() != 3 || promptEmbeds.size(0) == 0) {
            throw new IllegalArgumentException("promptEmbeds: expected [prompts, text tokens, textEmbedDim], found "
                    + promptEmbeds.describe());
        }
        return new Builder(Collections.nCopies(Math.toIntExact(promptEmbeds.size(0)), ""), promptEmbeds);
    }

    private static List<String> texts(String what, String... texts) {
        Objects.requireNonNull(texts, what + ": expected texts, found null");
        return elements(what, "a text", texts);
    }

    private static <T> List<T> elements(String what, String element, T[] values) {
        for (int i = 0; i < values.length; i++) {
            int index = i;
            Objects.requireNonNull(values[i], () -> what + "[" + index + "]: expected " + element + ", found null");
        }
        return List.of(values);
    }

    /** {@return what builds a request like this one, to be changed} */
    public Builder toBuilder() {
        return values.clone();
    }

    /** {@return how many videos are made} */
    public int videos() {
        return values.prompts.size() * values.videosPerPrompt;
    }

    int steps() {
        return values.steps.orElse(STEPS);
    }

    /** Empty where the request names none, which is not the same as {@link CacheMethod#none()}. */
    Optional<CacheMethod> cache() {
        return Optional.ofNullable(values.cache);
    }

    /** {@return one line: the first prompt, shortened, and the settings} */
    @Override
    public String toString() {
        String first = values.prompts.getFirst().replaceAll("\\s+", " ");
        String shown = values.promptEmbeds != null ? "given embeddings"
                : '"' + (first.length() > SHOWN ? first.substring(0, SHOWN) + "…" : first) + '"';
        String more = values.prompts.size() == 1 ? "" : " and " + (values.prompts.size() - 1) + " more";
        return "VideoRequest[" + shown + more + (values.source instanceof Source.None ? "" : ", " + values.source.what()) + ", " + size()
                + (values.timesteps.isEmpty() ? steps() + " steps" : "timesteps " + values.timesteps) + ", guidance scale "
                + values.guidanceScale + (values.latents == null ? seeded() : ", given latents")
                + (values.cache == null ? "" : ", cache " + values.cache.name()) + "]";
    }

    private String seeded() {
        return values.seeds.size() == 1 ? ", seed " + values.seeds.getFirst() : ", seeds " + values.seeds;
    }

    /** What is set of it. */
    private String size() {
        StringBuilder size = new StringBuilder();
        values.width.ifPresent(pixels -> size.append("width ").append(pixels).append(", "));
        values.height.ifPresent(pixels -> size.append("height ").append(pixels).append(", "));
        values.frames.ifPresent(count -> size.append(count).append(" frames, "));
        return size.toString();
    }

    /** Collects the settings; each is checked when it is set. */
    public static final class Builder implements Cloneable {

        /** One for each prompt of the batch; empty ones where there are embeddings. */
        final List<String> prompts;
        /** Null where there are prompts. */
        final Tensor promptEmbeds;
        /** One for each prompt. */
        List<String> negativePrompts;
        /** Null for those of the negative prompts. */
        Tensor negativePromptEmbeds;
        OptionalInt maxSequenceLength = OptionalInt.empty();
        int videosPerPrompt = 1;
        Source source = new Source.None();
        OptionalDouble strength = OptionalDouble.empty();
        OptionalInt height = OptionalInt.empty();
        OptionalInt width = OptionalInt.empty();
        OptionalInt frames = OptionalInt.empty();
        OptionalInt steps = OptionalInt.empty();
        /** None for the schedule's. */
        List<Integer> timesteps = List.of();
        double eta;
        /** Null for the model's. */
        SchedulerKind scheduler;
        /** Null for the model's. */
        TimestepSpacing timestepSpacing;
        double guidanceScale = 6;
        boolean dynamicCfg;
        /** One for all videos, or one for each. */
        List<Long> seeds = List.of(42L);
        /** The initial noise, or null for that of the seed. */
        Tensor latents;
        boolean latentsOnly;
        boolean vaeSlicing;
        /** Null for one piece. */
        Tiles vaeTiles;
        /** Null for the pipeline's. */
        CacheMethod cache;
        boolean allowsNonFinite;
        Consumer<StepEvent> onStep = _ -> {};

        private Builder(List<String> prompts, Tensor promptEmbeds) {
            this.prompts = prompts;
            this.promptEmbeds = promptEmbeds;
            this.negativePrompts = prompts.stream().map(_ -> "").toList();
        }

        /** What the videos should not show: one text for all prompts, or one for each. Not used without guidance. */
        public Builder negativePrompts(String... texts) {
            List<String> checked = texts("negative prompts", texts);
            if (texts.length != 1 && texts.length != prompts.size()) {
                throw new IllegalArgumentException("negative prompt: expected 1 or as many as prompts (" + prompts.size()
                        + "), found " + texts.length);
            }
            negativePrompts = texts.length == prompts.size() ? checked : Collections.nCopies(prompts.size(), texts[0]);
            return this;
        }

        /** Embeddings in place of negative prompts, of the same shape as those of the prompts; borrowed as {@link #latents} are. */
        public Builder negativePromptEmbeds(Tensor embeds) {
            negativePromptEmbeds = Objects.requireNonNull(embeds, "negativePromptEmbeds: expected a tensor, found null");
            return this;
        }

        /**
         * Tokens of a prompt that are read, padding included; the model's if not set. A model that adds positions to its tokens
         * (2B, 5B-I2V) takes no other number than its own.
         */
        public Builder maxSequenceLength(int tokens) {
            PromptStage.requireTokens(tokens);
            maxSequenceLength = OptionalInt.of(tokens);
            return this;
        }

        /** Videos of each prompt; 1 if not set. diffusers takes this number and makes one. */
        public Builder videosPerPrompt(int count) {
            videosPerPrompt = positive("videos per prompt", count);
            return this;
        }

        /** The first frame, for an image-to-video model: one for all prompts, or one for each. It is resized to the video's size. */
        public Builder image(InputImage... images) {
            source = source("image", new Source.Images(elements("image", "an image", images)), images.length);
            return this;
        }

        /**
         * The video to change, for a text-to-video model: one for all prompts, or one for each. It is resized to the size of what
         * is made, which has as many {@link #frames}. See {@link #strength}.
         */
        public Builder video(InputVideo... videos) {
            source = source("video", new Source.Videos(sameLength("video", videos)), videos.length);
            return this;
        }

        /** What says what is where, for a control model: one for all prompts, or one for each. What is made has as many frames. */
        public Builder controlVideo(InputVideo... videos) {
            source = source("control video", new Source.Controls(sameLength("control video", videos)), videos.length);
            return this;
        }

        private static List<InputVideo> sameLength(String what, InputVideo... videos) {
            List<InputVideo> checked = elements(what, "a video", videos);
            if (checked.stream().mapToInt(InputVideo::frames).distinct().count() > 1) {
                throw new IllegalArgumentException(what + ": expected videos of the same number of frames, found "
                        + checked.stream().map(InputVideo::frames).toList());
            }
            return checked;
        }

        private Source source(String what, Source given, int count) {
            if (count != 1 && count != prompts.size()) {
                throw new IllegalArgumentException(what + ": expected 1 or as many as prompts (" + prompts.size() + "), found " + count);
            }
            if (!(source instanceof Source.None) && source.getClass() != given.getClass()) {
                throw new IllegalArgumentException(what + ": expected one of image, video and control video, found two");
            }
            return given;
        }

        /**
         * How much of a {@link #video} is made anew, from above 0 (nearly nothing) to 1 (all of it): that share of the steps is
         * taken, the last ones. 0.8 if not set.
         */
        public Builder strength(double share) {
            if (!(share > 0 && share <= 1)) {
                throw new IllegalArgumentException("strength: expected a number above 0 and at most 1, found " + share);
            }
            strength = OptionalDouble.of(share);
            return this;
        }

        /** Height of the video in pixels, a multiple of the model's patches; the model's if not set. */
        public Builder height(int pixels) {
            height = OptionalInt.of(positive("height", pixels));
            return this;
        }

        /** Width of the video in pixels, a multiple of the model's patches; the model's if not set. */
        public Builder width(int pixels) {
            width = OptionalInt.of(positive("width", pixels));
            return this;
        }

        /**
         * Frames of the video; the model's if not set, or those of a given video. Latents hold several frames each, so that a model
         * with a temporal compression of 4 makes 1, 8, 9, 16, 17, 24, 25, … frames. Where diffusers silently makes another number, a
         * generation here is refused with the nearest ones: of a given video of 13 frames 16 are made, as there, if this is set to 16.
         */
        public Builder frames(int count) {
            frames = OptionalInt.of(positive("frames", count));
            return this;
        }

        /** Denoising steps; 50 if not set. */
        public Builder steps(int count) {
            steps = OptionalInt.of(positive("steps", count));
            return this;
        }

        /** The timesteps themselves, in place of a number of steps: falling, in [0, 1000). diffusers' CogVideoX schedulers refuse them. */
        public Builder timesteps(int... falling) {
            timesteps = Arrays.stream(falling).boxed().toList();
            if (timesteps.isEmpty()) {
                throw new IllegalArgumentException("timesteps: expected at least one, found none");
            }
            return this;
        }

        /**
         * Random noise that DDIM adds at each step, from 0 (none; if not set) to 1 (as in DDPM): η of arXiv 2010.02502. diffusers'
         * CogVideoX schedulers take this number and ignore it.
         */
        public Builder eta(double share) {
            if (!(share >= 0 && share <= 1)) {
                throw new IllegalArgumentException("eta: expected a number from 0 to 1, found " + share);
            }
            eta = share;
            return this;
        }

        /** The scheduler; that of the model's folder if not set. Either works with every model. */
        public Builder scheduler(SchedulerKind kind) {
            scheduler = Objects.requireNonNull(kind, "scheduler: expected a kind, found null");
            return this;
        }

        /** Which timesteps a number of steps stands for; as in the model's folder if not set. The authors recommend trailing. */
        public Builder timestepSpacing(TimestepSpacing spacing) {
            timestepSpacing = Objects.requireNonNull(spacing, "timestep spacing: expected one, found null");
            return this;
        }

        /** How strongly the prompt counts against the negative prompt; up to 1 there is no guidance. 6 if not set. */
        public Builder guidanceScale(double scale) {
            if (!Double.isFinite(scale)) {
                throw new IllegalArgumentException("guidance scale: expected a finite number, found " + scale);
            }
            guidanceScale = scale;
            return this;
        }

        /** Changes the guidance scale from step to step, between 1 and 1 more than the set one; diffusers' {@code use_dynamic_cfg}. */
        public Builder dynamicCfg() {
            dynamicCfg = true;
            return this;
        }

        /** Where all noise comes from: the numbers of torch's CPU generator with this seed. 42 if not set. */
        public Builder seed(long value) {
            return seeds(value);
        }

        /** A seed for each video, so that one is the same whatever others are made with it; or one for all. */
        public Builder seeds(long... values) {
            if (values.length == 0) {
                throw new IllegalArgumentException("seeds: expected at least one, found none");
            }
            seeds = LongStream.of(values).boxed().toList();
            return this;
        }

        /**
         * The initial noise, in place of the seed's; with a {@link #strength}, and in place of a video, latents that are noisy already.
         *
         * <p>Each generation that begins with this request copies them: they must be open then, on whatever thread, and may be closed
         * or overwritten once a step was told or {@link CogVideoXPipeline#start} has returned.
         *
         * @param noise {@code [videos, latent frames, channels, height, width]} of any floating-point dtype, on any device; borrowed
         */
        public Builder latents(Tensor noise) {
            latents = Objects.requireNonNull(noise, "latents: expected a tensor, found null");
            return this;
        }

        /** Leaves decoding out: the result has latents and no frames; diffusers' {@code output_type="latent"}. */
        public Builder latentsOnly() {
            latentsOnly = true;
            return this;
        }

        /** Decodes and encodes one video of a batch after another, which takes less memory. */
        public Builder vaeSlicing() {
            vaeSlicing = true;
            return this;
        }

        /** Decodes and encodes in overlapping tiles of the model's size, which takes less memory; the frames differ a little. */
        public Builder vaeTiling() {
            vaeTiles = new Tiles(null);
            return this;
        }

        /** As {@link #vaeTiling()}, with tiles of another size. */
        public Builder vaeTiling(Tiling tiling) {
            vaeTiles = new Tiles(Objects.requireNonNull(tiling, "tiling: expected one, found null"));
            return this;
        }

        /**
         * What to skip at which steps; {@link CacheMethod#none()} to skip nothing. If not set, what is
         * {@linkplain CogVideoXPipeline#enableCache enabled} in the pipeline, and without that nothing.
         */
        public Builder cache(CacheMethod method) {
            cache = Objects.requireNonNull(method, "cache: expected a method, found null; CacheMethod.none() skips nothing");
            return this;
        }

        /** Is told of each step when it is done, on the generating thread. What it throws ends the generation. */
        public Builder onStep(Consumer<StepEvent> listener) {
            onStep = Objects.requireNonNull(listener, "onStep: expected a listener, found null");
            return this;
        }

        /**
         * Goes on where NaN or infinity come up, with a warning, instead of ending with a {@link NonFiniteException}. What is made of
         * them is mostly black; it is of use to somebody who looks for the cause.
         */
        public Builder allowNonFinite() {
            allowsNonFinite = true;
            return this;
        }

        /**
         * {@return the request}
         *
         * @throws IllegalArgumentException where settings contradict each other
         */
        public VideoRequest build() {
            if (negativePromptEmbeds != null && (promptEmbeds == null || !negativePromptEmbeds.shape().equals(promptEmbeds.shape()))) {
                throw new IllegalArgumentException("negativePromptEmbeds: expected the shape of the prompts' embeddings"
                        + (promptEmbeds == null ? ", which are not given" : ", " + promptEmbeds.shape()) + ", found "
                        + negativePromptEmbeds.shape());
            }
            long videos = (long) prompts.size() * videosPerPrompt;
            if (videos > Integer.MAX_VALUE) {
                throw new IllegalArgumentException("videos per prompt: expected at most " + Integer.MAX_VALUE / prompts.size()
                        + " of " + prompts.size() + " prompts, found " + videosPerPrompt);
            }
            if (seeds.size() != 1 && seeds.size() != videos) {
                throw new IllegalArgumentException("seeds: expected 1 or as many as videos (" + videos + "), found " + seeds.size());
            }
            if (steps.isPresent() && !timesteps.isEmpty()) {
                throw new IllegalArgumentException("timesteps: expected either timesteps or a number of steps, found both");
            }
            return new VideoRequest(clone());
        }

        @Override
        protected Builder clone() {
            try {
                return (Builder) super.clone();
            } catch (CloneNotSupportedException e) {
                throw new AssertionError(e);
            }
        }

        private static int positive(String what, int value) {
            if (value < 1) {
                throw new IllegalArgumentException(what + ": expected 1 or more, found " + value);
            }
            return value;
        }
    }
}
