package io.panatorch.cogvideox;

import io.panatorch.cache.CacheMethod;
import io.panatorch.tensor.Tensor;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/** What to generate, with diffusers' names and defaults. Immutable; made by {@link #builder}. */
public final class TextToVideoRequest {

    private final Builder values;

    private TextToVideoRequest(Builder values) {
        this.values = values;
    }

    /**
     * @param prompts one for each video of the batch
     * @throws IllegalArgumentException without a prompt
     */
    public static Builder builder(String... prompts) {
        return new Builder(List.of(prompts));
    }

    List<String> prompts() {
        return values.prompts;
    }

    /** One for each prompt. */
    List<String> negativePrompts() {
        return values.negativePrompts;
    }

    OptionalInt height() {
        return values.height;
    }

    OptionalInt width() {
        return values.width;
    }

    OptionalInt frames() {
        return values.frames;
    }

    int steps() {
        return values.steps;
    }

    double guidanceScale() {
        return values.guidanceScale;
    }

    long seed() {
        return values.seed;
    }

    /** The initial noise, or null for that of the seed. */
    Tensor latents() {
        return values.latents;
    }

    /** Empty where the request names none, which is not the same as {@link CacheMethod#none()}. */
    Optional<CacheMethod> cache() {
        return Optional.ofNullable(values.cache);
    }

    Consumer<StepEvent> onStep() {
        return values.onStep;
    }

    /** Collects the settings; each is checked when it is set. */
    public static final class Builder {

        private final List<String> prompts;
        private List<String> negativePrompts;
        private OptionalInt height = OptionalInt.empty();
        private OptionalInt width = OptionalInt.empty();
        private OptionalInt frames = OptionalInt.empty();
        private int steps = 50;
        private double guidanceScale = 6;
        private long seed = 42;
        private Tensor latents;
        private CacheMethod cache;
        private Consumer<StepEvent> onStep = _ -> {};

        private Builder(List<String> prompts) {
            if (prompts.isEmpty()) {
                throw new IllegalArgumentException("prompt: expected at least one, found none");
            }
            this.prompts = prompts;
            this.negativePrompts = prompts.stream().map(_ -> "").toList();
        }

        private Builder(Builder other) {
            prompts = other.prompts;
            negativePrompts = other.negativePrompts;
            height = other.height;
            width = other.width;
            frames = other.frames;
            steps = other.steps;
            guidanceScale = other.guidanceScale;
            seed = other.seed;
            latents = other.latents;
            cache = other.cache;
            onStep = other.onStep;
        }

        /** What the videos should not show: one text for all prompts, or one for each. Not used without guidance. */
        public Builder negativePrompts(String... texts) {
            if (texts.length != 1 && texts.length != prompts.size()) {
                throw new IllegalArgumentException("negative prompt: expected 1 or as many as prompts (" + prompts.size()
                        + "), found " + texts.length);
            }
            negativePrompts = texts.length == prompts.size()
                    ? List.of(texts)
                    : prompts.stream().map(_ -> texts[0]).toList();
            return this;
        }

        /** Height of the video in pixels; the model's if not set. */
        public Builder height(int pixels) {
            height = OptionalInt.of(positive("height", pixels));
            return this;
        }

        /** Width of the video in pixels; the model's if not set. */
        public Builder width(int pixels) {
            width = OptionalInt.of(positive("width", pixels));
            return this;
        }

        /**
         * Frames of the video; the model's if not set. Latents hold several frames each: a model with a temporal compression
         * of 4 gives 4k + 1 frames for an even number k of latents after the first, and 4k for an even number of latents.
         */
        public Builder frames(int count) {
            frames = OptionalInt.of(positive("frames", count));
            return this;
        }

        /** Denoising steps; 50 if not set. */
        public Builder steps(int count) {
            steps = positive("steps", count);
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

        /** Where the initial noise comes from: the numbers of torch's CPU generator with this seed. 42 if not set. */
        public Builder seed(long value) {
            seed = value;
            return this;
        }

        /**
         * The initial noise, in place of the seed's.
         *
         * @param noise {@code [batch, latent frames, channels, height, width]}; borrowed until the generation ends
         */
        public Builder latents(Tensor noise) {
            latents = Objects.requireNonNull(noise);
            return this;
        }

        /**
         * What to skip at which steps; {@link CacheMethod#none()} to skip nothing. If not set, what is
         * {@linkplain CogVideoXPipeline#enableCache enabled} in the pipeline, and without that nothing.
         */
        public Builder cache(CacheMethod method) {
            cache = Objects.requireNonNull(method);
            return this;
        }

        /** Is told of each step when it is done, on the generating thread. What it throws ends the generation. */
        public Builder onStep(Consumer<StepEvent> listener) {
            onStep = Objects.requireNonNull(listener);
            return this;
        }

        /** {@return the request} */
        public TextToVideoRequest build() {
            return new TextToVideoRequest(new Builder(this));
        }

        private static int positive(String what, int value) {
            if (value < 1) {
                throw new IllegalArgumentException(what + ": expected 1 or more, found " + value);
            }
            return value;
        }
    }
}
