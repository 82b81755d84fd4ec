package io.panatorch.cogvideox.sizes;

import io.panatorch.cogvideox.transformer.TransformerConfig;
import io.panatorch.cogvideox.vae.VaeConfig;
import io.panatorch.tensor.Shape;
import java.io.IOException;
import java.nio.file.Path;

/** The sizes of videos that a model makes. No weight is needed to know them. */
public record VideoSizes(TransformerConfig transformer, VaeConfig vae) {

    /** What an array can hold: the bytes of a picture, the noise, the positions of tokens. */
    private static final long MAX_ARRAY = Integer.MAX_VALUE - 8;

    private static final int BYTES_PER_PIXEL = 4;

    /** {@return the sizes of the model in a diffusers directory} */
    public static VideoSizes read(Path model) throws IOException {
        return new VideoSizes(TransformerConfig.read(model.resolve("transformer/config.json")),
                VaeConfig.read(model.resolve("vae/config.json")));
    }

    /** {@return the height in pixels that the model was trained on} */
    public int height() {
        return transformer.sampleHeight() * vae.spatialScale();
    }

    /** {@return the width in pixels that the model was trained on} */
    public int width() {
        return transformer.sampleWidth() * vae.spatialScale();
    }

    /** {@return the number of frames that the model was trained on} */
    public int frames() {
        return transformer.sampleFrames();
    }

    /**
     * {@return the shape of the latents of a batch of videos, {@code [batch, latent frames, channels, height, width]}}
     *
     * @throws IllegalArgumentException for sizes that the model does not make, with the nearest that it does
     */
    public Shape latents(int batch, int height, int width, int frames) {
        int unit = vae.spatialScale() * transformer.patchSize();
        if (height % unit != 0 || width % unit != 0) {
            throw new IllegalArgumentException("height and width: expected multiples of " + unit + " (the model's patches), found "
                    + height + " × " + width);
        }
        long latentFrames = latentFrames(frames);
        requireAtMost(MAX_ARRAY / BYTES_PER_PIXEL, (long) height * width, "height and width: expected pictures of at most %d pixels,"
                + " found %d");
        long patches = latentFrames * (height / unit) * (width / unit);
        requireAtMost(MAX_ARRAY / transformer.innerDim(), patches, "frames, height and width: expected at most %d patches, found %d");
        Shape latents = Shape.of(
                batch, latentFrames, transformer.inChannels(), height / vae.spatialScale(), width / vae.spatialScale());
        requireAtMost(MAX_ARRAY, latents.numel(), "prompts, frames, height and width: expected latents of at most %d numbers,"
                + " found %d");
        return latents;
    }

    private static void requireAtMost(long limit, long found, String message) {
        if (found > limit) {
            throw new IllegalArgumentException(message.formatted(limit, found));
        }
    }

    /**
     * Each number of latent frames gives one number of frames; most numbers are given by none. diffusers makes another number
     * then, without a word.
     */
    private long latentFrames(int frames) {
        long fewer = Math.max(1, (long) frames / (1L << vae.temporalUpsamplings()));
        while (vae.decodedFrames(fewer + 1) <= frames) {
            fewer++;
        }
        while (fewer > 1 && vae.decodedFrames(fewer) > frames) {
            fewer--;
        }
        if (vae.decodedFrames(fewer) != frames) {
            throw new IllegalArgumentException("frames: expected a number that the model makes, the nearest are "
                    + vae.decodedFrames(fewer) + " and " + vae.decodedFrames(fewer + 1) + ", found " + frames);
        }
        return fewer;
    }
}
