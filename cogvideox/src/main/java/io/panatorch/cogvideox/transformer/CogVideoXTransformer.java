package io.panatorch.cogvideox.transformer;

import io.panatorch.cache.CacheSession;
import io.panatorch.cache.Site;
import io.panatorch.cogvideox.transformer.Block.Tokens;
import io.panatorch.nn.Conv2d;
import io.panatorch.nn.LayerNorm;
import io.panatorch.nn.Linear;
import io.panatorch.nn.Weights;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Predicts the noise, or the velocity, in latents of a video; diffusers' {@code CogVideoXTransformer3DModel}.
 *
 * <p>What depends on the prompts and sizes alone is calculated once a generation, by {@link #prepare}. The model has no state
 * besides its weights: generations may share it, at once too.
 */
public final class CogVideoXTransformer implements AutoCloseable {

    private static final String BASE_NAME = "diffusion_pytorch_model";

    /**
     * What stays the same during a generation.
     *
     * @param text {@code [batch, text tokens, dim]}: the projected prompts
     * @param positions {@code [1, frames·h·w, dim]}
     */
    public record Conditioning(Tensor text, Tensor positions) {}

    private final TransformerConfig config;
    private final Weights weights;
    private final Conv2d patchProjection;
    private final Linear textProjection;
    private final TimestepEmbedding timestepEmbedding;
    private final List<Block> blocks = new ArrayList<>();
    private final LayerNorm normFinal;
    private final AdaptiveNorm normOut;
    private final Linear projOut;

    private CogVideoXTransformer(TransformerConfig config, Weights weights) throws IOException {
        this.config = config;
        this.weights = weights;
        int dim = config.innerDim();
        int patch = config.patchSize();
        Weights embed = weights.at("patch_embed");
        this.patchProjection =
                new Conv2d(embed.at("proj"), config.inChannels(), dim, patch, patch, 0, config.patchBias());
        this.textProjection = new Linear(embed.at("text_proj"), config.textEmbedDim(), dim);
        this.timestepEmbedding = new TimestepEmbedding(weights.at("time_embedding"), config);
        for (int i = 0; i < config.numLayers(); i++) {
            blocks.add(new Block(weights.at("transformer_blocks").at(i), config, i));
        }
        this.normFinal =
                new LayerNorm(weights.at("norm_final"), dim, config.normEps(), config.normElementwiseAffine());
        this.normOut = new AdaptiveNorm(weights.at("norm_out"), config, 2);
        this.projOut = new Linear(weights.at("proj_out"), dim, (long) patch * patch * config.outChannels());
        weights.requireAllUsed();
    }

    /**
     * Loads {@code config.json} and the weights beside it.
     *
     * @param folder the {@code transformer} folder of a diffusers model
     * @throws IOException where a file is missing or does not fit; the message names file and key
     */
    public static CogVideoXTransformer load(Path folder, DType dtype, Device device) throws IOException {
        TransformerConfig config = TransformerConfig.read(folder.resolve("config.json"));
        Weights weights = Weights.open(folder, BASE_NAME, dtype, device);
        try {
            return new CogVideoXTransformer(config, weights);
        } catch (IOException | RuntimeException e) {
            weights.close();
            throw e;
        }
    }

    /** {@return the settings} */
    public TransformerConfig config() {
        return config;
    }

    /** {@return the places where a cache may reuse a result, in the order of execution} */
    public List<Site> sites() {
        return blocks.stream().map(Block::attentionSite).toList();
    }

    /**
     * Calculates what stays the same during a generation.
     *
     * @param promptEmbeds {@code [batch, maxTextSeqLength, textEmbedDim]}; borrowed
     * @param frames frames of the latents
     * @param height height of the latents, a multiple of the patch size
     * @param width width of the latents, a multiple of the patch size
     * @return tensors of the caller's scope
     * @throws IllegalArgumentException where a size does not fit
     */
    public Conditioning prepare(Tensor promptEmbeds, int frames, int height, int width) {
        int patch = config.patchSize();
        if (height % patch != 0 || width % patch != 0) {
            throw new IllegalArgumentException("latents of " + height + " × " + width
                    + ": expected multiples of the patch size " + patch);
        }
        if (promptEmbeds.size(1) != config.maxTextSeqLength()) {
            throw new IllegalArgumentException("prompt embeddings " + promptEmbeds.shape() + ": expected "
                    + config.maxTextSeqLength() + " text tokens");
        }
        try (TensorScope scope = TensorScope.open()) {
            int dim = config.innerDim();
            float[] positions = SincosPositions.of(dim, frames, height / patch, width / patch,
                    config.spatialInterpolationScale(), config.temporalInterpolationScale());
            Tensor table = Tensor.of(positions, 1, positions.length / dim, dim);
            return new Conditioning(
                    scope.promote(textProjection.forward(promptEmbeds)),
                    scope.promote(table.to(weights.dtype(), weights.device()).alias()));
        }
    }

    /**
     * One call of the denoiser.
     *
     * @param latents {@code [batch, frames, inChannels, height, width]}; borrowed
     * @param timestep the scheduler's, in [0, 1000)
     * @param conditioning of {@link #prepare} for the same batch and sizes; borrowed
     * @param cache at a step that has begun
     * @return {@code [batch, frames, outChannels, height, width]}, of the caller's scope
     */
    public Tensor forward(Tensor latents, int timestep, Conditioning conditioning, CacheSession cache) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor embedding = timestepEmbedding.forward(timestep, latents);
            Tensor activated = embedding.silu(); // what every adaptive norm begins with
            Tokens tokens = new Tokens(embed(latents, conditioning.positions), conditioning.text.alias());
            for (Block block : blocks) {
                Tokens next = block.forward(tokens, activated, cache);
                tokens.video().close();
                tokens.text().close();
                tokens = next;
            }
            Tensor normal = normFinal.forward(tokens.video());
            Tensor modulated = normOut.forward(normal, normOut.modulation(activated), 0);
            return scope.promote(unpatchify(projOut.forward(modulated), latents.shape()));
        }
    }

    /** Patches as tokens, with their positions: {@code [b, f·h·w, dim]}. */
    private Tensor embed(Tensor latents, Tensor positions) {
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

    /** The inverse of the patching: {@code [b, f·h·w, p·p·c]} with the channel outermost to {@code [b, f, c, H, W]}. */
    private Tensor unpatchify(Tensor patches, Shape latents) {
        try (TensorScope scope = TensorScope.open()) {
            long patch = config.patchSize();
            long height = latents.size(3) / patch;
            long width = latents.size(4) / patch;
            Tensor apart = patches.reshape(
                    latents.size(0), latents.size(1), height, width, config.outChannels(), patch, patch); // [b, f, h, w, c, p, p]
            return scope.promote(apart.permute(0, 1, 4, 2, 5, 3, 6) // [b, f, c, h, p, w, p]
                    .reshape(latents.size(0), latents.size(1), config.outChannels(), latents.size(3), latents.size(4)));
        }
    }

    /** Frees the weights. */
    @Override
    public void close() {
        weights.close();
    }
}
