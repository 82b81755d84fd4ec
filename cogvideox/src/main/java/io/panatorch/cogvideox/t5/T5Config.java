package io.panatorch.cogvideox.t5;

import io.panatorch.cogvideox.config.ConfigFile;
import io.panatorch.io.InvalidFileException;
import io.panatorch.nn.Activation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What the {@code config.json} of a T5 encoder says, with the defaults of transformers' {@code T5Config}.
 *
 * @param vocabSize rows of the embedding table; every id is below it
 * @param dModel size of the vector of one token
 * @param dKv size of one head's query, key and value; {@code heads · dKv} need not be {@code dModel}
 * @param dFf size of the inner vector of the feed-forward layer
 * @param numLayers layers of the encoder
 * @param numHeads attention heads
 * @param relativeAttentionNumBuckets buckets of distances between tokens, for both directions together
 * @param relativeAttentionMaxDistance distance in tokens from which on all fall into one bucket
 * @param layerNormEpsilon added to the mean square
 * @param activation inside the feed-forward layer
 * @param gated whether the feed-forward layer multiplies by a second projection (T5 1.1) or not (T5 1.0)
 */
public record T5Config(
        int vocabSize,
        int dModel,
        int dKv,
        int dFf,
        int numLayers,
        int numHeads,
        int relativeAttentionNumBuckets,
        int relativeAttentionMaxDistance,
        double layerNormEpsilon,
        Activation activation,
        boolean gated) {

    private static final String GATED = "gated-";
    private static final Map<String, Activation> ACTIVATIONS = Map.of(
            "relu", Activation.RELU,
            "gelu", Activation.GELU,
            "gelu_new", Activation.GELU_TANH,
            "silu", Activation.SILU);
    private static final String NAMES = "relu, gelu, gelu_new or silu";

    /** The smallest number with which each direction has a bucket for distance 0 and one for all others. */
    private static final int MIN_BUCKETS = 4;

    /**
     * Reads a configuration.
     *
     * @throws InvalidFileException where it is of another model, or has a value that the encoder cannot have
     * @throws IOException where it cannot be read
     */
    public static T5Config read(Path configJson) throws IOException {
        ConfigFile file = ConfigFile.read(configJson);
        requireEncoder(file);
        int buckets = file.integer("relative_attention_num_buckets", 32, MIN_BUCKETS);
        return new T5Config(
                file.integer("vocab_size", 32128, 1),
                file.size("d_model", 512),
                file.size("d_kv", 64),
                file.size("d_ff", 2048),
                file.integer("num_layers", 6, 1),
                file.size("num_heads", 8),
                buckets,
                file.integer("relative_attention_max_distance", 128, RelativePositions.exact(buckets) + 1),
                file.number("layer_norm_epsilon", 1e-6),
                activation(file),
                file.bool("is_gated_act", feedForward(file).startsWith(GATED)));
    }

    /** A file that says nothing of a model is for the class that was called, as in transformers. */
    private static void requireEncoder(ConfigFile file) throws InvalidFileException {
        boolean unnamed = file.isNull("architectures") && file.isNull("model_type");
        boolean named = file.strings("architectures", List.of()).contains("T5EncoderModel");
        if (!unnamed && !named && !file.string("model_type", "").equals("t5")) {
            throw file.invalid("architectures", "[\"T5EncoderModel\"], or model_type \"t5\"");
        }
        if (file.bool("is_decoder", false)) {
            throw file.invalid("is_decoder", "false");
        }
    }

    /** A name in {@code dense_act_fn} counts more than the one inside {@code feed_forward_proj}. */
    private static Activation activation(ConfigFile file) throws InvalidFileException {
        String projection = feedForward(file);
        String implied = switch (projection) {
            case "gated-gelu" -> "gelu_new";    // what T5 1.1 means by it
            default -> projection.startsWith(GATED) ? projection.substring(GATED.length()) : projection;
        };
        Activation activation = ACTIVATIONS.get(file.string("dense_act_fn", implied));
        if (activation == null) {
            throw file.isNull("dense_act_fn")
                    ? file.invalid("feed_forward_proj", NAMES + ", with or without " + GATED + " before it")
                    : file.invalid("dense_act_fn", NAMES);
        }
        return activation;
    }

    private static String feedForward(ConfigFile file) throws InvalidFileException {
        return file.string("feed_forward_proj", "relu");
    }
}
