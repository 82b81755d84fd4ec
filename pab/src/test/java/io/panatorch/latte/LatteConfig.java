package io.panatorch.latte;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.nio.file.Path;

/**
 * The settings of a {@code LatteTransformer3DModel}: keys of its {@code config.json} in camel case, with diffusers' meaning
 * and defaults.
 *
 * @param numAttentionHeads heads of an attention
 * @param attentionHeadDim channels of a head
 * @param inChannels channels of the latents
 * @param outChannels channels of the prediction
 * @param numLayers pairs of a spatial and a temporal block
 * @param attentionBias whether the query, key and value projections have a bias
 * @param sampleSize height and width of the latents that the model was trained on
 * @param patchSize height and width of a patch of latents
 * @param normEps epsilon of the blocks' layer norms
 * @param captionChannels channels of the text encoder's output
 * @param videoLength frames
 */
public record LatteConfig(
        int numAttentionHeads,
        int attentionHeadDim,
        int inChannels,
        int outChannels,
        int numLayers,
        boolean attentionBias,
        int sampleSize,
        int patchSize,
        double normEps,
        int captionChannels,
        int videoLength) {

    /** What a model without a setting is, and what this class is for; a model that says otherwise is another model. */
    private record Required(String key, String absent, String value) {}

    private static final Required[] REQUIRED = {
        new Required("_class_name", "", "LatteTransformer3DModel"),
        new Required("norm_type", "layer_norm", "ada_norm_single"),
        new Required("activation_fn", "geglu", "gelu-approximate"),
        new Required("norm_elementwise_affine", "true", "false"),
    };

    /** Channels are shared out to row and column, and there to sines and cosines. */
    private static final int POSITION_DIVISOR = 4;

    /**
     * Reads a {@code config.json}.
     *
     * @throws InvalidFileException for another class, a value that cannot be, or a variant that is not supported; the
     *     message names the key
     */
    public static LatteConfig read(Path file) throws IOException {
        JsonNode json = new JsonMapper().readTree(file.toFile());
        for (Required required : REQUIRED) {
            String found = json.path(required.key).asText(required.absent);
            if (!found.equals(required.value)) {
                throw invalid(file, required.key, required.value, found);
            }
        }
        int inChannels = size(file, json, "in_channels", 0);
        LatteConfig config = new LatteConfig(
                size(file, json, "num_attention_heads", 16),
                size(file, json, "attention_head_dim", 88),
                inChannels,
                size(file, json, "out_channels", inChannels),
                size(file, json, "num_layers", 1),
                json.path("attention_bias").asBoolean(false),
                size(file, json, "sample_size", 64),
                size(file, json, "patch_size", 0),
                json.path("norm_eps").asDouble(1e-5),
                size(file, json, "caption_channels", 0),
                size(file, json, "video_length", 16));
        config.check(file, size(file, json, "cross_attention_dim", 0));
        return config;
    }

    private void check(Path file, int crossAttentionDim) throws InvalidFileException {
        if (innerDim() % POSITION_DIVISOR != 0) {
            throw invalid(file, "num_attention_heads times attention_head_dim", "a multiple of " + POSITION_DIVISOR,
                    innerDim());
        }
        if (crossAttentionDim != innerDim()) {
            throw invalid(file, "cross_attention_dim", "what the text is projected to, " + innerDim(), crossAttentionDim);
        }
        if (sampleSize % patchSize != 0) {
            throw invalid(file, "sample_size", "a multiple of the patch size " + patchSize, sampleSize);
        }
    }

    private static int size(Path file, JsonNode json, String key, int absent) throws InvalidFileException {
        int value = json.path(key).asInt(json.path(key).isMissingNode() ? absent : 0);
        if (value < 1) {
            throw invalid(file, key, "a whole number of at least 1", json.path(key));
        }
        return value;
    }

    private static InvalidFileException invalid(Path file, String key, String expected, Object found) {
        return new InvalidFileException(file, key + ": expected " + expected + ", found " + found);
    }

    /** {@return channels of a token} */
    public int innerDim() {
        return numAttentionHeads * attentionHeadDim;
    }
}
