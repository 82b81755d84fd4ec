package io.panatorch.cogvideox;

import io.panatorch.cache.CacheMethod;
import io.panatorch.tensor.Tensor;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * What to generate, with diffusers' names and defaults. Immutable; made by {@link #builder}; any number of generations may use it,
 * at once too.
 */
public final class TextToVideoRequest {

    private static final int SHOWN = 60;

    private final Builder values;

    private TextToVideoRequest(Builder values) {
        this.values = values;
    }

    /**
     * @param prompts one for each video of the batch; as in diffusers an empty one is a prompt too
     * @throws IllegalArgumentException without a prompt
     */
    public static Builder builder(String... prompts) {
        return new Builder(texts("prompts", prompts));
    }

    private static List<String> texts(String what, String... texts) {
        Objects.requireNonNull(texts, what + ": expected texts, found null");
        for (int i = 0; i < texts.length; i++) {
            int index = i;
            Objects.requireNonNull(texts[i], () -> what + "[" + index + "]: expected a text, found null");
        }
        return List.of(texts);
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

    boolean allowsNonFinite() {
        return values.allowsNonFinite;
    }

    Consumer<StepEvent> onStep() {
        return values.onStep;
    }

    /** {@return one line: the first prompt, shortened, and the settings} */
    @Override
    public String toString() {
        String first = values.prompts.getFirst().replaceAll("\\s+", " ");
        String shown = first.length() > SHOWN ? first.substring(0, SHOWN) + "…" : first;
        String more = values.prompts.size() == 1 ? "" : " and " + (values.prompts.size() - 1) + " more";
        return "TextToVideoRequest[\"" + shown + "\"" + more + ", " + size() + values.steps + " steps, guidance scale "
                + values.guidanceScale + (values.latents == null ? ", seed " + values.seed : ", given latents")
                + (values.cache == null ? "" : ", cache " + values.cache.name()) + "]";
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
        private boolean allowsNonFinite;
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
            allowsNonFinite = other.allowsNonFinite;
            onStep = other.onStep;
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
         * Frames of the video; the model's if not set. Latents hold several frames each, so that a model with a temporal
         * compression of 4 makes 1, 8, 9, 16, 17, 24, 25, … frames. Where diffusers silently makes another number, a generation
         * here is refused with the nearest ones.
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
         * <p>Each generation that begins with this request copies them: they must be open then, on whatever thread, and may be closed
         * or overwritten once a step was told or {@link CogVideoXPipeline#start} has returned.
         *
         * @param noise {@code [batch, latent frames, channels, height, width]} of any floating-point dtype, on any device; borrowed
         */
        public Builder latents(Tensor noise) {
            latents = Objects.requireNonNull(noise, "latents: expected a tensor, found null");
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
