package io.panatorch.cogvideox.transformer;

import io.panatorch.nn.Conv2d;
import io.panatorch.nn.Linear;
import io.panatorch.nn.Weights;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;

/** Prompts and patches of latents as tokens; diffusers' {@code CogVideoXPatchEmbed} with sincos positions. */
final class PatchEmbedding {

    /** What an array can hold. */
    private static final int MAX_POSITIONS = Integer.MAX_VALUE - 8;

    private final TransformerConfig config;
    private final Conv2d patchProjection;
    private final Linear textProjection;

    /** Takes {@code proj} and {@code text_proj}. */
    PatchEmbedding(Weights weights, TransformerConfig config) throws IOException {
        int patch = config.patchSize();
        this.config = config;
        this.patchProjection = new Conv2d(
                weights.at("proj"), config.inChannels(), config.innerDim(), patch, patch, 0, config.patchBias());
        this.textProjection = new Linear(weights.at("text_proj"), config.textEmbedDim(), config.innerDim());
    }

    /**
     * The text's tokens, which have no positions.
     *
     * @param promptEmbeds {@code [batch, maxTextSeqLength, textEmbedDim]}
     * @return {@code [batch, maxTextSeqLength, dim]}
     */
    Tensor text(Tensor promptEmbeds) {
        if (promptEmbeds.size(1) != config.maxTextSeqLength()) {
            throw new IllegalArgumentException("prompt embeddings " + promptEmbeds.shape() + ": expected "
                    + config.maxTextSeqLength() + " text tokens");
        }
        return textProjection.forward(promptEmbeds);
    }

    /**
     * The positions of the patches of latents of a size, calculated for that size and not resampled from another.
     *
     * @return {@code [1, frames·h·w, dim]}, float32 on the CPU
     */
    Tensor positions(int frames, int height, int width) {
        int patch = config.patchSize();
        if (height % patch != 0 || width % patch != 0) {
            throw new IllegalArgumentException("latents of " + height + " × " + width
                    + ": expected multiples of the patch size " + patch);
        }
        int dim = config.innerDim();
        if (Shape.of(frames, height / patch, width / patch, dim).numel() > MAX_POSITIONS) {
            throw new IllegalArgumentException("latents of " + frames + " × " + height + " × " + width
                    + ": expected ones with at most " + MAX_POSITIONS / dim + " patches");
        }
        float[] table = SincosPositions.of(dim, frames, height / patch, width / patch,
                config.spatialInterpolationScale(), config.temporalInterpolationScale());
        return Tensor.of(table, 1, table.length / dim, dim);
    }

    /**
     * The video's tokens with their positions.
     *
     * @param latents {@code [batch, frames, inChannels, height, width]}
     * @param positions {@code [1, frames·h·w, dim]}
     * @return {@code [batch, frames·h·w, dim]}
     */
    Tensor video(Tensor latents, Tensor positions) {
        try (TensorScope scope = TensorScope.open()) {
            Shape in = latents.shape();
            Tensor images = latents.reshape(in.size(0) * in.size(1), in.size(2), in.size(3), in.size(4)); // [b·f, c, H, W]
            Tensor patches = patchProjection.forward(images); // [b·f, dim, h, w]
            Tensor tokens = patches.reshape(in.size(0), in.size(1), config.innerDim(), -1) // [b, f, dim, h·w]
                    .transpose(2, 3) // [b, f, h·w, dim]
                    .reshape(in.size(0), -1, config.innerDim()); // [b, f·h·w, dim]
            return scope.promote(tokens.add(positions));
        }
    }
}
