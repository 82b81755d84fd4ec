package io.panatorch.cogvideox.transformer;

import io.panatorch.cogvideox.config.ConfigFile;
import io.panatorch.io.InvalidFileException;
import io.panatorch.nn.Activation;
import java.io.IOException;
import java.nio.file.Path;

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
 * @param textEmbedDim channels of the text encoder's output
 * @param numLayers blocks
 * @param attentionBias whether the query, key and value projections have a bias
 * @param sampleWidth width of the latents that the model was trained on
 * @param sampleHeight their height
 * @param sampleFrames frames of the video that the model was trained on, not of the latents
 * @param patchSize height and width of a patch of latents
 * @param temporalCompressionRatio frames of the video per frame of latents
 * @param maxTextSeqLength text tokens, exactly this many
 * @param activation of the MLPs
 * @param normElementwiseAffine whether the blocks' layer norms have weights
 * @param normEps epsilon of the layer norms outside the attentions
 * @param spatialInterpolationScale what a patch's row and column are divided by in its position
 * @param temporalInterpolationScale likewise its frame
 * @param patchBias whether the patch projection has a bias
 */
public record TransformerConfig(
        int numAttentionHeads,
        int attentionHeadDim,
        int inChannels,
        int outChannels,
        boolean flipSinToCos,
        double freqShift,
        int timeEmbedDim,
        int textEmbedDim,
        int numLayers,
        boolean attentionBias,
        int sampleWidth,
        int sampleHeight,
        int sampleFrames,
        int patchSize,
        int temporalCompressionRatio,
        int maxTextSeqLength,
        Activation activation,
        boolean normElementwiseAffine,
        double normEps,
        double spatialInterpolationScale,
        double temporalInterpolationScale,
        boolean patchBias) {

    private static final int POSITION_DIVISOR = 16;

    /**
     * Reads a {@code config.json}.
     *
     * @throws InvalidFileException for another class, a value that cannot be, or a part of CogVideoX that is not there yet
     *     (rotary or learned positions, temporal patches, ofs embeddings); the message names the key
     */
    public static TransformerConfig read(Path file) throws IOException {
        ConfigFile config = ConfigFile.read(file);
        config.requireClass("CogVideoXTransformer3DModel");
        refuseWhatIsNotThere(config);
        int inChannels = config.integer("in_channels", 16, 1);
        TransformerConfig result = new TransformerConfig(
                config.integer("num_attention_heads", 30, 1),
                config.integer("attention_head_dim", 64, 1),
                inChannels,
                config.integer("out_channels", 16, 1),
                config.bool("flip_sin_to_cos", true),
                config.number("freq_shift", 0),
                config.integer("time_embed_dim", 512, 1),
                config.integer("text_embed_dim", 4096, 1),
                config.integer("num_layers", 30, 1),
                config.bool("attention_bias", true),
                config.integer("sample_width", 90, 1),
                config.integer("sample_height", 60, 1),
                config.integer("sample_frames", 49, 1),
                config.integer("patch_size", 2, 1),
                config.integer("temporal_compression_ratio", 4, 1),
                config.integer("max_text_seq_length", 226, 1),
                activation(config),
                config.bool("norm_elementwise_affine", true),
                config.number("norm_eps", 1e-5),
                positive(config, "spatial_interpolation_scale", 1.875),
                positive(config, "temporal_interpolation_scale", 1.0),
                config.bool("patch_bias", true));
        if (result.innerDim() % POSITION_DIVISOR != 0) {
            throw config.invalid("attention_head_dim", "num_attention_heads times attention_head_dim to be a multiple of "
                    + POSITION_DIVISOR + " for sincos positions");
        }
        return result;
    }

    private static void refuseWhatIsNotThere(ConfigFile config) throws InvalidFileException {
        if (config.bool("use_rotary_positional_embeddings", false)) {
            throw config.invalid("use_rotary_positional_embeddings",
                    "false (rotary positions, as in CogVideoX-5b, are not supported yet)");
        }
        if (config.bool("use_learned_positional_embeddings", false)) {
            throw config.invalid("use_learned_positional_embeddings",
                    "false (learned positions, as in CogVideoX-5b-I2V, are not supported yet)");
        }
        if (!config.isNull("patch_size_t")) {
            throw config.invalid("patch_size_t", "null (temporal patches, as in CogVideoX-1.5, are not supported yet)");
        }
        if (!config.isNull("ofs_embed_dim")) {
            throw config.invalid("ofs_embed_dim", "null (ofs embeddings, as in CogVideoX-1.5-I2V, are not supported yet)");
        }
        if (!config.string("timestep_activation_fn", "silu").equals("silu")) {
            throw config.invalid("timestep_activation_fn", "\"silu\"");
        }
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
}
