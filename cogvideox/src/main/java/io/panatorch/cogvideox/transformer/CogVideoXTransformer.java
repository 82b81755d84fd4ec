package io.panatorch.cogvideox.transformer;

import io.panatorch.cache.CacheSession;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteInputs;
import io.panatorch.cache.SiteKind;
import io.panatorch.cogvideox.config.Interrupts;
import io.panatorch.cogvideox.lora.LoraLayers;
import io.panatorch.cogvideox.transformer.Block.Tokens;
import io.panatorch.nn.LayerGroup;
import io.panatorch.nn.LayerGroup.Residence;
import io.panatorch.nn.LayerNorm;
import io.panatorch.nn.Linear;
import io.panatorch.nn.Placement;
import io.panatorch.nn.WeightSizes;
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
import java.util.Set;
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

    /** The published models with an {@code ofs} embedding are always given this number. */
    private static final int OFS = 2;

    /** What stays the same during a generation. Its tensors belong to the scope in which it was prepared. */
    public static final class Conditioning {

        /** {@code [batch, text tokens, dim]}: the projected prompts. */
        private final Tensor text;
        /** {@code [1, patches, dim]}, or null. */
        private final Tensor positions;
        /** Null in models that only add positions. */
        private final RotaryPositions rotary;

        private Conditioning(Tensor text, Tensor positions, RotaryPositions rotary) {
            this.text = text;
            this.positions = positions;
            this.rotary = rotary;
        }
    }

    private final Site site = new Site(SiteKind.DENOISER, 0, "transformer");
    private final TransformerConfig config;
    private final Weights weights;
    /** Frees what is this model's own. */
    private final Runnable release;
    private final LayerGroup<Ends> ends;
    private final List<Block> blocks = new ArrayList<>();

    /**
     * What comes before the blocks and after them.
     *
     * @param ofs null in most models
     */
    private record Ends(PatchEmbedding embedding, TimestepEmbedding time, TimestepEmbedding ofs, LayerNorm normFinal,
            AdaptiveNorm normOut, Linear projOut) {

        static Ends of(Weights weights, TransformerConfig config) throws IOException {
            int dim = config.innerDim();
            int patch = config.patchSize();
            return new Ends(new PatchEmbedding(weights.at("patch_embed"), config),
                    new TimestepEmbedding(weights.at("time_embedding"), config, dim),
                    config.ofsEmbedDim().isPresent()
                            ? new TimestepEmbedding(weights.at("ofs_embedding"), config, config.ofsEmbedDim().getAsInt())
                            : null,
                    new LayerNorm(weights.at("norm_final"), dim, config.normEps(), config.normElementwiseAffine()),
                    new AdaptiveNorm(weights.at("norm_out"), config, 2),
                    new Linear(weights.at("proj_out"), dim, (long) config.patchFrames() * patch * patch * config.outChannels()));
        }
    }

    private CogVideoXTransformer(TransformerConfig config, Weights weights, Runnable release) throws IOException {
        this.config = config;
        this.weights = weights;
        this.release = release;
        this.ends = weights.group(Residence.PART, from -> Ends.of(from, config));
        for (int i = 0; i < config.numLayers(); i++) {
            blocks.add(new Block(weights.at("transformer_blocks").at(i), config, i));
        }
        weights.requireAllUsed();
    }

    /**
     * Loads {@code config.json} and the weights beside it.
     *
     * @param folder the {@code transformer} folder of a diffusers model
     * @throws IOException where a file is missing or does not fit; the message names file and key
     */
    public static CogVideoXTransformer load(Path folder, DType dtype, Device device) throws IOException {
        return load(folder, new Placement(dtype, device), "");
    }

    /**
     * Loads {@code config.json} and the weights of a variant, as {@link Safetensors#open(Path, String, String)} finds them.
     *
     * @param folder the {@code transformer} folder of a diffusers model
     * @param variant such as {@code fp16}; an empty string means none
     * @throws IOException where a file is missing or does not fit; the message names file and key
     */
    public static CogVideoXTransformer load(Path folder, Placement placement, String variant) throws IOException {
        TransformerConfig config = TransformerConfig.read(folder.resolve("config.json"));
        return Weights.load(Safetensors.open(folder, BASE_NAME, variant), placement,
                weights -> new CogVideoXTransformer(config, weights, weights::close));
    }

    /**
     * {@return this model with adapters: another object over the same weights, which must be open as long as it is used; this one
     * stays as it is}
     *
     * @param lora made for this model's dtype and device; closed with what is returned, or where this fails
     * @throws IOException where an adapter is for another model; the message names the tensor
     * @throws IllegalStateException where matrices are to be fused that are not of floating-point numbers, or leave the device
     */
    public CogVideoXTransformer with(LoraLayers lora) throws IOException {
        Weights adapted = weights.adaptedBy(lora);
        Runnable end = () -> {
            adapted.releaseGroups();
            lora.close();
        };
        try {
            if (lora.isFused() && adapted.isOffloaded()) {
                throw new IllegalStateException("fuse: expected weights that stay where they are computed with, found an offloading of them;"
                        + " leave the adapters unfused");
            }
            var model = new CogVideoXTransformer(config, adapted, end);
            lora.requireAllFound();
            return model;
        } catch (IOException | RuntimeException | Error e) {
            end.run();
            throw e;
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

    /** {@return what keeps the model's weights on the device from one call to the next, where they leave it at all} */
    public Weights.Hold hold() {
        return weights.hold();
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
     * @param promptEmbeds {@code [batch, text tokens, textEmbedDim]}, with {@code maxTextSeqLength} tokens where the model
     *     {@linkplain TransformerConfig#addsPositions adds positions}; borrowed
     * @param frames frames of the latents, a multiple of those in a patch
     * @param height height of the latents, a multiple of the patch size
     * @param width width of the latents, a multiple of the patch size
     * @return tensors of the caller's scope
     * @throws IllegalArgumentException where a size does not fit
     */
    public Conditioning prepare(Tensor promptEmbeds, int frames, int height, int width) {
        requireFit(promptEmbeds, frames, height, width);
        int patch = config.patchSize();
        Tensor text = ends.with(layers -> layers.embedding.text(promptEmbeds, frames));
        Tensor positions = ends.with(layers -> layers.embedding.positions(frames, height, width, weights.dtype(), weights.device()));
        RotaryPositions rotary = config.useRotaryPositionalEmbeddings()
                ? RotaryPositions.of(config, (int) promptEmbeds.size(1), frames / config.patchFrames(), height / patch, width / patch,
                        weights.dtype(), weights.device())
                : null;
        return new Conditioning(text, positions, rotary);
    }

    private void requireFit(Tensor promptEmbeds, int frames, int height, int width) {
        if (config.addsPositions() && promptEmbeds.size(1) != config.maxTextSeqLength()) {
            throw new IllegalArgumentException("prompt embeddings " + promptEmbeds.shape() + ": expected "
                    + config.maxTextSeqLength() + " text tokens");
        }
        int patch = config.patchSize();
        if (frames % config.patchFrames() != 0 || height % patch != 0 || width % patch != 0) {
            throw new IllegalArgumentException("latents of " + frames + " × " + height + " × " + width
                    + ": expected multiples of the patch size " + config.patchFrames() + " × " + patch + " × " + patch);
        }
        if (config.useLearnedPositionalEmbeddings() && (height != config.sampleHeight() || width != config.sampleWidth())) {
            throw new IllegalArgumentException("latents of " + height + " × " + width + ": expected " + config.sampleHeight() + " × "
                    + config.sampleWidth() + ", the size that the model's learned positions are for");
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
        try (var _ = weights.hold()) {
            return ends.with(layers -> forward(layers, latents, timestep, conditioning, cache));
        }
    }

    private Tensor forward(Ends layers, Tensor latents, int timestep, Conditioning conditioning, CacheSession cache) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor time = layers.time.forward(timestep, latents);
            if (layers.ofs != null) {
                time = time.add(layers.ofs.forward(OFS, latents));
            }
            SiteInputs roles = SiteInputs.of(latents).conditionedBy(conditioning.text, time);
            List<Tensor> prediction = cache.through(site, roles, inputs ->
                    List.of(compute(layers, inputs.get(0), inputs.get(1), inputs.get(2), conditioning, cache)));
            return scope.promote(prediction.getFirst());
        }
    }

    private Tensor compute(Ends layers, Tensor latents, Tensor text, Tensor time, Conditioning conditioning, CacheSession cache) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor activated = time.silu(); // what every adaptive norm begins with
            Tokens tokens = new Tokens(layers.embedding.video(latents, conditioning.positions), text.alias());
            for (Block block : blocks) {
                Interrupts.check("within a step");
                Tokens next = block.forward(tokens, activated, conditioning.rotary, cache);
                tokens.video().close();
                tokens.text().close();
                tokens = next;
            }
            Tensor normal = layers.normFinal.forward(tokens.video());
            Tensor modulated = layers.normOut.forward(normal, layers.normOut.modulation(activated), 0);
            return scope.promote(unpatchify(layers.projOut.forward(modulated), latents.shape()));
        }
    }

    /** The inverse of the patching: {@code [b, f·h·w, c·t·p·p]} to {@code [b, f·t, c, H, W]}. */
    private Tensor unpatchify(Tensor patches, Shape latents) {
        try (TensorScope scope = TensorScope.open()) {
            long deep = config.patchFrames();
            long patch = config.patchSize();
            Tensor apart = patches.reshape(latents.size(0), latents.size(1) / deep, latents.size(3) / patch, latents.size(4) / patch,
                    config.outChannels(), deep, patch, patch); // [b, f, h, w, c, t, p, p]
            return scope.promote(apart.permute(0, 1, 5, 4, 2, 6, 3, 7) // [b, f, t, c, h, p, w, p]
                    .reshape(latents.size(0), latents.size(1), config.outChannels(), latents.size(3), latents.size(4)));
        }
    }

    /** Frees the weights, or of a model {@linkplain #with with adapters} what those take. */
    @Override
    public void close() {
        release.run();
    }
}
