package io.panatorch.cogvideox.transformer;

import io.panatorch.cache.CacheSession;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteKind;
import io.panatorch.cogvideox.config.Interrupts;
import io.panatorch.cogvideox.transformer.Block.Tokens;
import io.panatorch.nn.LayerNorm;
import io.panatorch.nn.Linear;
import io.panatorch.nn.Weights;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;

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

    private final Site site = new Site(SiteKind.DENOISER, 0, "transformer");
    private final TransformerConfig config;
    private final Weights weights;
    private final PatchEmbedding embedding;
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
        this.embedding = new PatchEmbedding(weights.at("patch_embed"), config);
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
        return load(folder, dtype, device, "");
    }

    /**
     * Loads {@code config.json} and the weights of a variant, as {@link Safetensors#open(Path, String, String)} finds them.
     *
     * @param folder the {@code transformer} folder of a diffusers model
     * @param variant such as {@code fp16}; an empty string means none
     * @throws IOException where a file is missing or does not fit; the message names file and key
     */
    public static CogVideoXTransformer load(Path folder, DType dtype, Device device, String variant) throws IOException {
        TransformerConfig config = TransformerConfig.read(folder.resolve("config.json"));
        return Weights.load(Safetensors.open(folder, BASE_NAME, variant), dtype, device,
                weights -> new CogVideoXTransformer(config, weights));
    }

    /** {@return the settings} */
    public TransformerConfig config() {
        return config;
    }

    /**
     * The places where a cache may reuse a result: the whole call, then each block followed by the attention and the MLP in it.
     *
     * <p>The whole call goes from the latents, the text's tokens and the timestep's embedding {@code [1, timeEmbedDim]} to the
     * prediction. A block, an attention and an MLP go from video and text tokens to video and text tokens; those of the latter
     * two are before the gate, and the norm and modulation ahead of them are inside.
     *
     * @return in the order of execution
     */
    public List<Site> sites() {
        return Stream.concat(Stream.of(site), blocks.stream().flatMap(block -> block.sites().stream())).toList();
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
        try (TensorScope scope = TensorScope.open()) {
            return new Conditioning(
                    scope.promote(embedding.text(promptEmbeds)),
                    scope.promote(embedding.positions(frames, height, width).to(weights.dtype(), weights.device())));
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
     * @throws CancellationException before the next block where the thread was interrupted
     */
    public Tensor forward(Tensor latents, int timestep, Conditioning conditioning, CacheSession cache) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor time = timestepEmbedding.forward(timestep, latents);
            List<Tensor> prediction = cache.through(site, List.of(latents, conditioning.text, time), inputs ->
                    List.of(compute(inputs.get(0), inputs.get(1), inputs.get(2), conditioning.positions, cache)));
            return scope.promote(prediction.getFirst());
        }
    }

    private Tensor compute(Tensor latents, Tensor text, Tensor time, Tensor positions, CacheSession cache) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor activated = time.silu(); // what every adaptive norm begins with
            Tokens tokens = new Tokens(embedding.video(latents, positions), text.alias());
            for (Block block : blocks) {
                Interrupts.check("within a step");
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
