package io.panatorch.cogvideox.t5;

import io.panatorch.cogvideox.config.Interrupts;
import io.panatorch.io.InvalidFileException;
import io.panatorch.nn.Embedding;
import io.panatorch.nn.LayerGroup;
import io.panatorch.nn.LayerGroup.Residence;
import io.panatorch.nn.Placement;
import io.panatorch.nn.WeightSizes;
import io.panatorch.nn.Weights;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;

/**
 * The encoder of T5 (arXiv 1910.10683), transformers' {@code T5EncoderModel}: ids of tokens in, one vector a token out.
 *
 * <p>There is no attention mask: every id of a prompt, padding included, attends to every other, which is how CogVideoX was
 * trained. Dropout is for training and left out.
 *
 * <p>The encoder has no state besides its weights, so many threads may use one at once. It owns the weights and must stay
 * open as long as any of them does.
 */
public final class T5Encoder implements AutoCloseable {

    private static final String BASE_NAME = "model";

    private final T5Config config;
    private final Weights weights;
    /** Of the layers that would overflow in float16, and of the sum that runs through all. */
    private final DType precise;
    private final LayerGroup<Ends> ends;
    private final List<LayerGroup<T5Block>> blocks = new ArrayList<>();

    /** What comes before the blocks and after them. */
    private record Ends(Embedding embedding, RelativePositions positions, T5LayerNorm finalNorm) {

        static Ends of(Weights weights, T5Config config) throws IOException {
            Weights encoder = weights.at("encoder");
            Weights firstAttention = encoder.at("block").at(0).at("layer").at(0).at("SelfAttention");
            return new Ends(new Embedding(embeddingWeights(weights), config.vocabSize(), config.dModel()),
                    new RelativePositions(firstAttention.at("relative_attention_bias"), config),
                    new T5LayerNorm(encoder.at("final_layer_norm"), config));
        }
    }

    private T5Encoder(T5Config config, Weights weights) throws IOException {
        this.config = config;
        this.weights = weights;
        this.precise = weights.dtype() == DType.FLOAT16 ? DType.FLOAT32 : weights.dtype();
        this.ends = weights.group(Residence.PART, from -> Ends.of(from, config));
        for (int i = 0; i < config.numLayers(); i++) {
            blocks.add(weights.at("encoder").at("block").at(i).at("layer").group(Residence.BLOCK,
                    layer -> new T5Block(layer, precise, config)));
        }
        ignoreDecoder(weights);
        weights.requireAllUsed();
    }

    /** The table of vectors is stored under either name, or under both with the same values. */
    private static Weights embeddingWeights(Weights weights) {
        Weights shared = weights.at("shared");
        Weights own = weights.at("encoder").at("embed_tokens");
        if (!shared.has("weight") && own.has("weight")) {
            return own;
        }
        own.ignore("weight");
        return shared;
    }

    /** A checkpoint of the whole model has the other half in the same file. */
    private static void ignoreDecoder(Weights weights) {
        weights.ignore("decoder.");
        weights.ignore("lm_head.");
    }

    /**
     * Loads an encoder from {@code config.json} and {@code model.safetensors} (or the shards of
     * {@code model.safetensors.index.json}).
     *
     * <p>A float16 encoder keeps the second matrix of each feed-forward layer, and the sum that runs through the layers, in
     * float32, as transformers does: the numbers there go beyond what float16 holds.
     *
     * @param folder the {@code text_encoder} folder of a checkpoint
     * @param dtype what the weights are converted to; also the dtype of the result
     * @param device where the encoder works
     * @return the encoder, to be closed by the caller
     * @throws NoSuchFileException if a file is missing
     * @throws InvalidFileException if a file is damaged or for another model, or a tensor is missing, superfluous or of
     *     another shape than the configuration says
     * @throws IOException if a file cannot be read
     */
    public static T5Encoder load(Path folder, DType dtype, Device device) throws IOException {
        return load(folder, new Placement(dtype, device), "");
    }

    /**
     * Loads an encoder with the weights of a variant, as {@link Safetensors#open(Path, String, String)} finds them.
     *
     * @param variant such as {@code fp16}; an empty string means none
     * @throws InvalidFileException as {@link #load(Path, DType, Device)}
     * @throws IOException if a file is missing or cannot be read
     */
    public static T5Encoder load(Path folder, Placement placement, String variant) throws IOException {
        T5Config config = T5Config.read(folder.resolve("config.json"));
        return Weights.load(Safetensors.open(folder, BASE_NAME, variant), placement, weights -> new T5Encoder(config, weights));
    }

    /** {@return what {@code config.json} says} */
    public T5Config config() {
        return config;
    }

    /**
     * Encodes a batch of prompts.
     *
     * @param ids {@code [batch][tokens]}, prompts of equal length, each id in [0, {@link T5Config#vocabSize()})
     * @return {@code [batch, tokens, d_model]}, upstream's {@code last_hidden_state}; it belongs to the innermost open scope
     * @throws IllegalArgumentException if there is no id at all, or lengths differ, or an id is outside the vocabulary
     * @throws IllegalStateException if the encoder is closed, or no scope is open
     * @throws CancellationException before the next layer where the thread was interrupted
     */
    public Tensor forward(int[][] ids) {
        long[] flat = flatten(ids);
        try (var scope = TensorScope.open(); var _ = weights.hold()) {
            Tensor table = Tensor.of(flat, ids.length, ids[0].length).to(weights.device());
            return scope.promote(ends.with(layers -> forward(layers, table)));
        }
    }

    private Tensor forward(Ends layers, Tensor ids) {
        try (var scope = TensorScope.open()) {
            Tensor hidden = layers.embedding.forward(ids).to(precise);       // [batch, tokens, d_model]
            Tensor bias = layers.positions.bias((int) ids.size(1));          // [1, heads, tokens, tokens]
            for (LayerGroup<T5Block> block : blocks) {
                Interrupts.check("within the text encoder");
                Tensor previous = hidden;
                hidden = block.with(present -> present.forward(previous, bias));
                previous.close();
            }
            return scope.promote(layers.finalNorm.forward(hidden));
        }
    }

    /** {@return the names in the file of the matrices of its linear layers} */
    public Set<String> matrices() {
        return weights.matrices();
    }

    /** {@return how many bytes the weights take where they are computed with} */
    public WeightSizes weightSizes() {
        return weights.sizes();
    }

    /** {@return what keeps the encoder's weights on the device from one call to the next, where they leave it at all} */
    public Weights.Hold hold() {
        return weights.hold();
    }

    private long[] flatten(int[][] ids) {
        if (ids.length == 0 || ids[0].length == 0) {
            throw new IllegalArgumentException("ids: expected at least one prompt of at least one id, found none");
        }
        int tokens = ids[0].length;
        long[] flat = new long[Math.multiplyExact(ids.length, tokens)];
        for (int prompt = 0; prompt < ids.length; prompt++) {
            if (ids[prompt].length != tokens) {
                throw new IllegalArgumentException("ids: expected prompts of equal length, found " + tokens
                        + " ids in prompt 0 and " + ids[prompt].length + " in prompt " + prompt);
            }
            for (int i = 0; i < tokens; i++) {
                flat[prompt * tokens + i] = checked(ids[prompt][i], prompt, i);
            }
        }
        return flat;
    }

    /** Checked here because libtorch reads past the table on some devices, and ends the process on others. */
    private int checked(int id, int prompt, int position) {
        if (id < 0 || id >= config.vocabSize()) {
            throw new IllegalArgumentException("ids: expected ids in [0, " + config.vocabSize() + "), the vocabulary of the"
                    + " text encoder, found " + id + " at position " + position + " of prompt " + prompt);
        }
        return id;
    }

    /** Frees the weights. Closing a closed encoder does nothing. */
    @Override
    public void close() {
        weights.close();
    }
}
