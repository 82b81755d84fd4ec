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
    private static final int HEIGHT_OF_1_5 = 768;
    private static final int WIDTH_OF_1_5 = 1360;

    /** {@return the sizes of the model in a diffusers directory} */
    public static VideoSizes read(Path model) throws IOException {
        return new VideoSizes(TransformerConfig.read(model.resolve("transformer/config.json")),
                VaeConfig.read(model.resolve("vae/config.json")));
    }

    /** {@return the height in pixels that the model was trained on} */
    public int height() {
        return isVersion15() ? HEIGHT_OF_1_5 : transformer.sampleHeight() * vae.spatialScale();
    }

    /** {@return the width in pixels that the model was trained on} */
    public int width() {
        return isVersion15() ? WIDTH_OF_1_5 : transformer.sampleWidth() * vae.spatialScale();
    }

    /** The published 1.5 models say how far their positions go, 300 × 300 latents, and not the size that they were trained on. */
    private boolean isVersion15() {
        return transformer.patchSizeT().isPresent() && transformer.sampleHeight() * vae.spatialScale() >= WIDTH_OF_1_5
                && transformer.sampleWidth() * vae.spatialScale() >= WIDTH_OF_1_5;
    }

    /** {@return the number of frames that the model was trained on; where it does not make so many, what diffusers makes of them} */
    public int frames() {
        return madeOf(transformer.sampleFrames());
    }

    /**
     * {@return the shape of the latents of a batch of videos, {@code [batch, latent frames, channels, height, width]}, with
     * {@linkplain #paddingFrames padding}}
     *
     * @throws IllegalArgumentException for sizes that the model does not make, with the nearest that it does
     */
    public Shape latents(int batch, int height, int width, int frames) {
        int unit = vae.spatialScale() * transformer.patchSize();
        if (height % unit != 0 || width % unit != 0) {
            throw new IllegalArgumentException("height and width: expected multiples of " + unit + " (the model's patches), such as "
                    + nearest(height, unit) + " × " + nearest(width, unit) + ", found " + height + " × " + width);
        }
        requirePositions(height / vae.spatialScale(), width / vae.spatialScale());
        long latentFrames = latentFrames(frames) + paddingFrames(frames);
        requireAtMost(MAX_ARRAY / BYTES_PER_PIXEL, (long) height * width, "height and width: expected pictures of at most %d pixels,"
                + " found %d");
        long patches = latentFrames * (height / unit) * (width / unit);
        requireAtMost(MAX_ARRAY / transformer.innerDim(), patches, "frames, height and width: expected at most %d patches, found %d");
        Shape latents = Shape.of(
                batch, latentFrames, vae.latentChannels(), height / vae.spatialScale(), width / vae.spatialScale());
        requireAtMost(MAX_ARRAY, latents.numel(), "prompts, frames, height and width: expected latents of at most %d numbers,"
                + " found %d");
        return latents;
    }

    /** Learned positions are for one size, and a fixed grid ends somewhere. */
    private void requirePositions(int height, int width) {
        int scale = vae.spatialScale();
        int limitHeight = transformer.sampleHeight();
        int limitWidth = transformer.sampleWidth();
        if (transformer.useLearnedPositionalEmbeddings() && (height != limitHeight || width != limitWidth)) {
            throw new IllegalArgumentException("height and width: expected " + limitHeight * scale + " × " + limitWidth * scale
                    + ", the size that the model's learned positions are for, found " + height * scale + " × " + width * scale);
        }
        if (transformer.patchSizeT().isPresent() && (height > limitHeight || width > limitWidth)) {
            throw new IllegalArgumentException("height and width: expected at most " + limitHeight * scale + " × " + limitWidth * scale
                    + ", where the model's positions end, found " + height * scale + " × " + width * scale);
        }
    }

    /**
     * {@return how many latent frames, the first ones, only fill a patch and are not decoded}
     *
     * @param frames of the video
     * @throws IllegalArgumentException for a number that the model does not make, with the nearest that it does
     */
    public int paddingFrames(int frames) {
        int deep = transformer.patchFrames();
        return (int) (deep - latentFrames(frames) % deep) % deep;
    }

    /** {@return how many frames are made of a video of a number of frames, from its latents} */
    public int madeOf(int frames) {
        return (int) vae.decodedFrames(vae.encodedFrames(frames));
    }

    /** {@return the largest number of frames that the model makes, up to another one} */
    public long atMost(int frames) {
        return vae.decodedFrames(mostLatentFrames(frames));
    }

    /** {@return the number of frames next to another, 1 or more, whose latent frames fill patches} */
    public long wholePatches(int frames) {
        int deep = transformer.patchFrames();
        return vae.decodedFrames(Math.max(1, latentFrames(frames) / deep) * deep);
    }

    private static long nearest(int pixels, int unit) {
        return Math.max(1, Math.round((double) pixels / unit)) * unit;
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
        long fewer = mostLatentFrames(frames);
        if (vae.decodedFrames(fewer) != frames) {
            throw new IllegalArgumentException("frames: expected a number that the model makes, the nearest are "
                    + vae.decodedFrames(fewer) + " and " + vae.decodedFrames(fewer + 1) + ", found " + frames);
        }
        return fewer;
    }

    /** As many as there are in a number of frames, 1 or more. */
    private long mostLatentFrames(int frames) {
        long most = Math.max(1, (long) frames / (1L << vae.temporalUpsamplings()));
        while (vae.decodedFrames(most + 1) <= frames) {
            most++;
        }
        while (most > 1 && vae.decodedFrames(most) > frames) {
            most--;
        }
        return most;
    }
}
