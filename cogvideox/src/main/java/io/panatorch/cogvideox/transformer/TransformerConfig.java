package io.panatorch.cogvideox.transformer;

import io.panatorch.cogvideox.config.ConfigFile;
import io.panatorch.io.InvalidFileException;
import io.panatorch.nn.Activation;
import io.panatorch.tensor.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalInt;

/**
 * The settings of a {@code CogVideoXTransformer3DModel}: the keys of its {@code config.json} in camel case, with diffusers'
 * meaning and defaults. Dropout is not kept, since nothing is dropped at inference.
 *
 * @param numAttentionHeads heads of an attention
 * @param attentionHeadDim channels of a head
 * @param inChannels channels of the latents
 * @param outChannels channels of the prediction
 * @param flipSinToCos whether the timestep's embedding has the cosines first
 * @param freqShift shift of the timestep's frequencies
 * @param timeEmbedDim channels of the timestep's embedding
 * @param ofsEmbedDim channels of the embedding of the constant {@code ofs}, the same number; empty in models without one
 * @param textEmbedDim channels of the text encoder's output
 * @param numLayers blocks
 * @param attentionBias whether the query, key and value projections have a bias
 * @param sampleWidth width of the latents that the model was trained on
 * @param sampleHeight their height
 * @param sampleFrames frames of the video that the model was trained on, not of the latents
 * @param patchSize height and width of a patch of latents
 * @param patchSizeT frames of latents in a patch, as in CogVideoX 1.5; empty where each frame has patches of its own, as in 1.0
 * @param temporalCompressionRatio frames of the video per frame of latents
 * @param maxTextSeqLength text tokens; exactly this many where {@linkplain #addsPositions positions are added}
 * @param activation of the MLPs
 * @param normElementwiseAffine whether the blocks' layer norms have weights
 * @param normEps epsilon of the layer norms outside the attentions
 * @param spatialInterpolationScale what a patch's row and column are divided by in its position
 * @param temporalInterpolationScale likewise its frame
 * @param useRotaryPositionalEmbeddings whether positions turn the queries and keys, as in the 5B models; else they are added to
 *     the tokens, as in 2B
 * @param useLearnedPositionalEmbeddings whether learned positions are added besides, as in CogVideoX-5b-I2V
 * @param patchBias whether the projection of patches of one frame has a bias; that of deeper patches always has one
 */
public record TransformerConfig(
        int numAttentionHeads,
        int attentionHeadDim,
        int inChannels,
        int outChannels,
        boolean flipSinToCos,
        double freqShift,
        int timeEmbedDim,
        OptionalInt ofsEmbedDim,
        int textEmbedDim,
        int numLayers,
        boolean attentionBias,
        int sampleWidth,
        int sampleHeight,
        int sampleFrames,
        int patchSize,
        OptionalInt patchSizeT,
        int temporalCompressionRatio,
        int maxTextSeqLength,
        Activation activation,
        boolean normElementwiseAffine,
        double normEps,
        double spatialInterpolationScale,
        double temporalInterpolationScale,
        boolean useRotaryPositionalEmbeddings,
        boolean useLearnedPositionalEmbeddings,
        boolean patchBias) {

    private static final int POSITION_DIVISOR = 16;

    /**
     * Reads a {@code config.json}.
     *
     * @throws InvalidFileException for another class or a value that cannot be; the message names the key
     */
    public static TransformerConfig read(Path file) throws IOException {
        ConfigFile config = ConfigFile.read(file);
        config.requireClass("CogVideoXTransformer3DModel");
        TransformerConfig result = new TransformerConfig(
                config.size("num_attention_heads", 30),
                config.size("attention_head_dim", 64),
                config.size("in_channels", 16),
                config.size("out_channels", 16),
                config.bool("flip_sin_to_cos", true),
                config.number("freq_shift", 0),
                config.size("time_embed_dim", 512),
                optional(config, "ofs_embed_dim"),
                config.size("text_embed_dim", 4096),
                config.integer("num_layers", 30, 1),
                config.bool("attention_bias", true),
                config.size("sample_width", 90),
                config.size("sample_height", 60),
                config.size("sample_frames", 49),
                config.size("patch_size", 2),
                optional(config, "patch_size_t"),
                config.size("temporal_compression_ratio", 4),
                config.size("max_text_seq_length", 226),
                activation(config),
                config.bool("norm_elementwise_affine", true),
                config.number("norm_eps", 1e-5),
                positive(config, "spatial_interpolation_scale", 1.875),
                positive(config, "temporal_interpolation_scale", 1.0),
                config.bool("use_rotary_positional_embeddings", false),
                config.bool("use_learned_positional_embeddings", false),
                config.bool("patch_bias", true));
        result.requireTogether(config);
        return result;
    }

    /** Checks what keys mean for each other. */
    private void requireTogether(ConfigFile config) throws InvalidFileException {
        if (!config.string("timestep_activation_fn", "silu").equals("silu")) {
            throw config.invalid("timestep_activation_fn", "\"silu\"");
        }
        if (useLearnedPositionalEmbeddings && !useRotaryPositionalEmbeddings) {
            throw config.invalid("use_learned_positional_embeddings", "false without use_rotary_positional_embeddings");
        }
        if (patchSizeT.isPresent() && (!useRotaryPositionalEmbeddings || useLearnedPositionalEmbeddings)) {
            throw config.invalid("patch_size_t", "null without rotary positions, and with learned ones, which are those of single frames");
        }
        if (ofsEmbedDim.isPresent() && ofsEmbedDim.getAsInt() != timeEmbedDim) {
            throw config.invalid("ofs_embed_dim", "null or " + timeEmbedDim + ", which is time_embed_dim");
        }
        if (useRotaryPositionalEmbeddings && attentionHeadDim % POSITION_DIVISOR != 0) {
            throw config.invalid("attention_head_dim", "a multiple of " + POSITION_DIVISOR + " for rotary positions");
        }
        if (innerDim() % POSITION_DIVISOR != 0) {
            throw config.invalid("attention_head_dim", "num_attention_heads times attention_head_dim to be a multiple of "
                    + POSITION_DIVISOR + " for sincos positions");
        }
    }

    /** Python's {@code None} stands for none. */
    private static OptionalInt optional(ConfigFile config, String key) throws InvalidFileException {
        return config.isNull(key) ? OptionalInt.empty() : OptionalInt.of(config.size(key, 1));
    }

    private static Activation activation(ConfigFile config) throws InvalidFileException {
        return switch (config.string("activation_fn", "gelu-approximate")) {
            case "gelu-approximate" -> Activation.GELU_TANH;
            case "gelu" -> Activation.GELU;
            default -> throw config.invalid("activation_fn", "\"gelu-approximate\" or \"gelu\"");
        };
    }

    private static double positive(ConfigFile config, String key, double absent) throws InvalidFileException {
        double value = config.number(key, absent);
        if (value <= 0) {
            throw config.invalid(key, "a number above 0");
        }
        return value;
    }

    /** {@return channels of a token} */
    public int innerDim() {
        return numAttentionHeads * attentionHeadDim;
    }

    /** {@return frames of latents in a patch} */
    public int patchFrames() {
        return patchSizeT.orElse(1);
    }

    /** {@return how many tokens a video has, of latents {@code [batch, frames, channels, height, width]}} */
    public long videoTokens(Shape latents) {
        return latents.size(1) / patchFrames() * (latents.size(3) / patchSize) * (latents.size(4) / patchSize);
    }

    /** {@return whether positions are added to the tokens, so that a text must have exactly {@link #maxTextSeqLength} tokens} */
    public boolean addsPositions() {
        return !useRotaryPositionalEmbeddings || useLearnedPositionalEmbeddings;
    }
}
