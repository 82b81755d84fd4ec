package io.panatorch.cogvideox.transformer;

import io.panatorch.nn.Conv2d;
import io.panatorch.nn.Layer;
import io.panatorch.nn.Linear;
import io.panatorch.nn.Weights;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;

/** Prompts and patches of latents as tokens; diffusers' {@code CogVideoXPatchEmbed}. */
final class PatchEmbedding {

    private final TransformerConfig config;
    private final Layer projection;
    private final Linear textProjection;
    /** {@code [1, maxTextSeqLength + patches, dim]} for the size that the model was trained on, or null. */
    private final Tensor learned;

    /** Takes {@code proj}, {@code text_proj} and, where positions are learned, {@code pos_embedding}. */
    PatchEmbedding(Weights weights, TransformerConfig config) throws IOException {
        int patch = config.patchSize();
        int dim = config.innerDim();
        this.config = config;
        Weights proj = weights.at("proj");
        this.projection = config.patchSizeT().isEmpty()
                ? new Conv2d(proj, config.inChannels(), dim, patch, patch, 0, config.patchBias())
                : new Linear(proj, (long) config.inChannels() * config.patchFrames() * patch * patch, dim);
        this.textProjection = new Linear(weights.at("text_proj"), config.textEmbedDim(), dim);
        this.learned = config.useLearnedPositionalEmbeddings()
                ? weights.get("pos_embedding", 1, config.maxTextSeqLength() + learnedPatches(config), dim)
                : null;
    }

    private static long learnedPatches(TransformerConfig config) {
        return (long) sampleLatentFrames(config) * (config.sampleHeight() / config.patchSize())
                * (config.sampleWidth() / config.patchSize());
    }

    private static int sampleLatentFrames(TransformerConfig config) {
        return (config.sampleFrames() - 1) / config.temporalCompressionRatio() + 1;
    }

    /**
     * The text's tokens. Only learned positions say something of them.
     *
     * @param promptEmbeds {@code [batch, text tokens, textEmbedDim]}
     * @param frames of the latents
     * @return {@code [batch, text tokens, dim]}
     */
    Tensor text(Tensor promptEmbeds, int frames) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor text = textProjection.forward(promptEmbeds);
            return scope.promote(usesLearned(frames) ? text.add(learned.narrow(1, 0, promptEmbeds.size(1))) : text);
        }
    }

    /** A learned table is for one number of frames; at others upstream adds sincos positions in its place. */
    private boolean usesLearned(int frames) {
        return learned != null && (frames - 1) * config.temporalCompressionRatio() + 1 == config.sampleFrames();
    }

    /**
     * The positions that are added to the patches of latents of a size. Those that are not learned are calculated for that size
     * and not resampled from another.
     *
     * @return {@code [1, frames·h·w, dim]}, or null where the model adds none
     */
    Tensor positions(int frames, int height, int width, DType dtype, Device device) {
        if (!config.addsPositions()) {
            return null;
        }
        if (usesLearned(frames)) {
            return learned.narrow(1, config.maxTextSeqLength(), learned.size(1) - config.maxTextSeqLength());
        }
        int dim = config.innerDim();
        int patch = config.patchSize();
        float[] table = SincosPositions.of(dim, frames, height / patch, width / patch,
                config.spatialInterpolationScale(), config.temporalInterpolationScale());
        try (TensorScope scope = TensorScope.open()) {
            return scope.promote(Tensor.of(table, 1, table.length / dim, dim).to(dtype, device));
        }
    }

    /**
     * The video's tokens with their positions.
     *
     * @param latents {@code [batch, frames, inChannels, height, width]}
     * @param positions {@code [1, patches, dim]} or null
     * @return {@code [batch, patches, dim]}
     */
    Tensor video(Tensor latents, Tensor positions) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor tokens = config.patchSizeT().isEmpty() ? flatPatches(latents) : deepPatches(latents);
            return scope.promote(positions == null ? tokens : tokens.add(positions));
        }
    }

    private Tensor flatPatches(Tensor latents) {
        Shape in = latents.shape();
        Tensor images = latents.reshape(in.size(0) * in.size(1), in.size(2), in.size(3), in.size(4)); // [b·f, c, H, W]
        return projection.forward(images) // [b·f, dim, h, w]
                .reshape(in.size(0), in.size(1), config.innerDim(), -1) // [b, f, dim, h·w]
                .transpose(2, 3) // [b, f, h·w, dim]
                .reshape(in.size(0), -1, config.innerDim()); // [b, f·h·w, dim]
    }

    private Tensor deepPatches(Tensor latents) {
        Shape in = latents.shape();
        long deep = config.patchFrames();
        long patch = config.patchSize();
        Tensor patches = latents
                .reshape(in.size(0), in.size(1) / deep, deep, in.size(2), in.size(3) / patch, patch, in.size(4) / patch, patch)
                .permute(0, 1, 4, 6, 3, 2, 5, 7) // [b, f, h, w, c, t, p, p]
                .reshape(in.size(0), -1, in.size(2) * deep * patch * patch); // [b, f·h·w, c·t·p·p]
        return projection.forward(patches);
    }
}
