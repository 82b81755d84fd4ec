package io.panatorch.cogvideox;

import io.panatorch.cogvideox.input.InputImage;
import io.panatorch.cogvideox.input.InputVideo;
import io.panatorch.cogvideox.scheduler.Noise;
import io.panatorch.cogvideox.vae.Posterior;
import io.panatorch.cogvideox.vae.VaeConfig;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Generator;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/** From noise, images and videos to what the denoiser begins with. */
final class LatentsStage {

    /**
     * What the denoiser begins with.
     *
     * @param noisy {@code [videos, latent frames, channels, height, width]}
     * @param beside latents that stand beside them in each call of the transformer, of the same shape, or null
     */
    record Latents(Tensor noisy, Tensor beside) {}

    private final ModelParts parts;
    private final GenerationPlan plan;
    private final Noise noise;
    private final DType dtype;

    LatentsStage(ModelParts parts, GenerationPlan plan, Noise noise) {
        this.parts = parts;
        this.plan = plan;
        this.noise = noise;
        this.dtype = parts.dtype(ModelComponent.TRANSFORMER);
    }

    /**
     * Draws and encodes, in the order in which diffusers draws.
     *
     * @param given a copy of the request's latents, or null
     * @return tensors of the caller's scope
     */
    Latents run(Tensor given) {
        try (var _ = parts.vae.hold()) {
            return switch (plan.request().values.source) {
                case Source.None _ -> new Latents(initial(given), null);
                case Source.Images source -> {
                    Tensor beside = firstFrames(source.images());
                    yield new Latents(initial(given), beside);
                }
                case Source.Videos source -> new Latents(noisyVideos(source.videos()), null);
                case Source.Controls source -> new Latents(initial(given), controls(source.videos()));
            };
        }
    }

    private Tensor initial(Tensor given) {
        return given != null ? given : noise.draw(plan.latentShape(), dtype, parts.device);
    }

    /** Latents of the images as first frames, and zeros after them. */
    private Tensor firstFrames(List<InputImage> images) {
        try (TensorScope scope = TensorScope.open()) {
            Function<InputImage, Tensor> pixels = image -> image.toTensor(height(), width()).unsqueeze(1); // [3, 1, H, W]
            Tensor first = sampled(images, pixels, false); // [videos, 1, c, h, w]
            VaeConfig config = parts.vae.config();
            // Version 1.5 was trained on latents that were divided by the factor where they should have been multiplied.
            Tensor scaled = first.mul(config.invertScaleLatents() ? 1 / config.scalingFactor() : config.scalingFactor());
            long[] rest = plan.latentShape().sizes();
            rest[1]--;
            return scope.promote(Tensor.cat(1, scaled, Tensor.zeros(Shape.of(rest), dtype, parts.device)));
        }
    }

    private Tensor noisyVideos(List<InputVideo> videos) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor latents = sampled(videos, video -> video.toTensor(height(), width()), true).mul(parts.vae.config().scalingFactor());
            return scope.promote(plan.schedule().addNoise(latents, noise.draw(plan.latentShape(), dtype, parts.device)).to(dtype));
        }
    }

    /** Nothing is drawn for them. */
    private Tensor controls(List<InputVideo> videos) {
        try (TensorScope scope = TensorScope.open()) {
            List<Tensor> modes = new ArrayList<>();
            for (InputVideo video : videos) {
                modes.add(latents(posterior(() -> video.toTensor(height(), width())).mode()));
            }
            return scope.promote(forVideos(modes).mul(parts.vae.config().scalingFactor()));
        }
    }

    /**
     * Latents drawn for each video. With one generator diffusers draws for each image that it is given, which must be as many as the
     * videos, but only once where there is one video to change for all.
     */
    private <T> Tensor sampled(List<T> elements, Function<T, Tensor> pixels, boolean once) {
        List<Posterior> posteriors = new ArrayList<>();
        for (T element : elements) {
            posteriors.add(posterior(() -> pixels.apply(element)));
        }
        List<Generator> generators = noise.generators();
        if (once && elements.size() == 1 && generators.size() == 1) {
            return forVideos(List.of(latents(posteriors.getFirst().sample(generators.getFirst()))));
        }
        List<Tensor> drawn = new ArrayList<>();
        for (int video = 0; video < plan.request().videos(); video++) {
            Posterior posterior = elementOf(posteriors, video);
            drawn.add(latents(posterior.sample(generators.get(generators.size() == 1 ? 0 : video))));
        }
        return Tensor.cat(0, drawn.toArray(Tensor[]::new)); // [videos, f, c, h, w]
    }

    /**
     * Of one video, of which no more stays in memory.
     *
     * @param pixels makes it, {@code [3, frames, height, width]} in [-1, 1]
     */
    private Posterior posterior(Supplier<Tensor> pixels) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor input;
            try (Tensor video = pixels.get(); Tensor batch = video.unsqueeze(0)) {
                input = batch.to(parts.dtype(ModelComponent.VAE), parts.device); // [1, 3, frames, H, W]
            }
            Posterior posterior = parts.vae.encode(input, plan.vaeMemory());
            return new Posterior(scope.promote(posterior.mean()), scope.promote(posterior.logvar()));
        }
    }

    /** The only one, or the one of the video's prompt. */
    private <T> T elementOf(List<T> elements, int video) {
        return elements.get(elements.size() == 1 ? 0 : plan.promptOf(video));
    }

    private Tensor latents(Tensor encoded) {
        return encoded.to(dtype).permute(0, 2, 1, 3, 4); // [1, f, c, h, w]
    }

    /** One for all videos, or one for each prompt, as one for each video. */
    private Tensor forVideos(List<Tensor> elements) {
        List<Tensor> rows = new ArrayList<>();
        for (int video = 0; video < plan.request().videos(); video++) {
            rows.add(elementOf(elements, video));
        }
        return Tensor.cat(0, rows.toArray(Tensor[]::new));
    }

    private int height() {
        return (int) plan.latentShape().size(3) * parts.vae.config().spatialScale();
    }

    private int width() {
        return (int) plan.latentShape().size(4) * parts.vae.config().spatialScale();
    }
}
