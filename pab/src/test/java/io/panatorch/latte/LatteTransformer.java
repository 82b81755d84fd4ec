package io.panatorch.latte;

import io.panatorch.cache.CacheSession;
import io.panatorch.cache.Site;
import io.panatorch.nn.Conv2d;
import io.panatorch.nn.Linear;
import io.panatorch.nn.Placement;
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
import java.util.stream.Stream;

/**
 * Predicts the noise in latents of a video; diffusers' {@code LatteTransformer3DModel}.
 *
 * <p>Spatial blocks look at one frame each, temporal blocks at one place each; they take turns. There is no mask over the
 * text: as in diffusers' pipeline, prompts come cut to their own tokens. The model has no state besides its weights.
 */
public final class LatteTransformer implements AutoCloseable {

    private static final String BASE_NAME = "diffusion_pytorch_model";
    private static final double OUT_NORM_EPS = 1e-6;

    private record Pair(LatteBlock spatial, LatteBlock temporal) {}

    private final LatteConfig config;
    private final Weights weights;
    private final Conv2d patchProjection;
    private final TimestepEmbedding timestepEmbedding;
    private final Linear captionFirst;
    private final Linear captionSecond;
    private final List<Pair> pairs = new ArrayList<>();
    private final Tensor outTable;
    private final Linear projOut;

    private LatteTransformer(LatteConfig config, Weights weights) throws IOException {
        this.config = config;
        this.weights = weights;
        int dim = config.innerDim();
        int patch = config.patchSize();
        this.patchProjection =
                new Conv2d(weights.at("pos_embed").at("proj"), config.inChannels(), dim, patch, patch, 0, true);
        this.timestepEmbedding = new TimestepEmbedding(weights.at("adaln_single"), dim);
        Weights caption = weights.at("caption_projection");
        this.captionFirst = new Linear(caption.at("linear_1"), config.captionChannels(), dim);
        this.captionSecond = new Linear(caption.at("linear_2"), dim, dim);
        for (int i = 0; i < config.numLayers(); i++) {
            pairs.add(new Pair(LatteBlock.spatial(weights, config, i), LatteBlock.temporal(weights, config, i)));
        }
        this.outTable = weights.get("scale_shift_table", 2, dim);
        this.projOut = new Linear(weights.at("proj_out"), dim, (long) patch * patch * config.outChannels());
        weights.requireAllUsed();
    }

    /**
     * Loads {@code config.json} and the weights beside it.
     *
     * @param folder the {@code transformer} folder of a diffusers model
     * @throws IOException where a file is missing or does not fit; the message names file and key
     */
    public static LatteTransformer load(Path folder, DType dtype, Device device) throws IOException {
        LatteConfig config = LatteConfig.read(folder.resolve("config.json"));
        return Weights.load(Safetensors.open(folder, BASE_NAME), new Placement(dtype, device), weights -> new LatteTransformer(config, weights));
    }

    /** {@return the settings} */
    public LatteConfig config() {
        return config;
    }

    /** {@return the places where a cache may reuse a result, in the order of execution} */
    public List<Site> sites() {
        return pairs.stream()
                .flatMap(pair -> Stream.of(pair.spatial, pair.temporal))
                .flatMap(block -> block.sites().stream())
                .toList();
    }

    /**
     * The prompts' tokens, the same at every step.
     *
     * @param promptEmbeds {@code [batch, text tokens, captionChannels]}; borrowed
     * @return {@code [batch, text tokens, dim]}, of the caller's scope
     */
    public Tensor project(Tensor promptEmbeds) {
        try (TensorScope scope = TensorScope.open()) {
            return scope.promote(captionSecond.forward(captionFirst.forward(promptEmbeds).gelu(true)));
        }
    }

    /**
     * One call of the denoiser.
     *
     * @param latents {@code [batch, inChannels, frames, height, width]}; borrowed
     * @param timestep the scheduler's, in [0, 1000)
     * @param text of {@link #project} for the same batch; borrowed
     * @param cache at a step that has begun
     * @return {@code [batch, outChannels, frames, height, width]}, of the caller's scope
     * @throws IllegalArgumentException where a size does not fit
     */
    public Tensor forward(Tensor latents, int timestep, Tensor text, CacheSession cache) {
        check(latents.shape());
        try (TensorScope scope = TensorScope.open()) {
            long batch = latents.size(0);
            long frames = latents.size(2);
            Tensor embedded = timestepEmbedding.embed(timestep, latents);
            Tensor modulation = timestepEmbedding.modulation(embedded);
            Tensor texts = text.unsqueeze(1).expand(-1, frames, -1, -1) // [b, f, text tokens, dim]
                    .reshape(batch * frames, text.size(1), text.size(2)); // [b·f, text tokens, dim]
            Tensor hidden = patches(latents);
            for (int i = 0; i < pairs.size(); i++) {
                hidden = through(pairs.get(i), hidden, texts, i == 0 && frames > 1, modulation, batch, cache);
            }
            return scope.promote(unpatchify(out(hidden, embedded), latents.shape()));
        }
    }

    private void check(Shape latents) {
        long patch = config.patchSize();
        if (latents.dim() != 5 || latents.size(3) % patch != 0 || latents.size(4) % patch != 0) {
            throw new IllegalArgumentException("latents " + latents
                    + ": expected [batch, channels, frames, height, width] with multiples of the patch size " + patch);
        }
        if (latents.size(2) != 1 && latents.size(2) != config.videoLength()) {
            throw new IllegalArgumentException("latents " + latents + ": expected 1 or " + config.videoLength()
                    + " frames, for others there are no positions");
        }
    }

    /** Patches with their positions, frame by frame: {@code [b·f, h·w, dim]}. */
    private Tensor patches(Tensor latents) {
        try (TensorScope scope = TensorScope.open()) {
            Shape in = latents.shape();
            int height = (int) in.size(3) / config.patchSize();
            int width = (int) in.size(4) / config.patchSize();
            Tensor images = latents.permute(0, 2, 1, 3, 4) // [b, f, c, H, W]
                    .reshape(in.size(0) * in.size(2), in.size(1), in.size(3), in.size(4)); // [b·f, c, H, W]
            Tensor tokens = patchProjection.forward(images) // [b·f, dim, h, w]
                    .reshape(images.size(0), config.innerDim(), -1) // [b·f, dim, h·w]
                    .transpose(1, 2); // [b·f, h·w, dim]
            Tensor positions = table(Positions.ofPatches(config, height, width), latents);
            return scope.promote(tokens.add(positions));
        }
    }

    /** A pair of blocks: {@code [b·f, h·w, dim]} and back, by way of {@code [b·h·w, f, dim]}. */
    private Tensor through(Pair pair, Tensor hidden, Tensor texts, boolean addFrames, Tensor modulation, long batch,
            CacheSession cache) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor places = exchange(pair.spatial.forward(hidden, texts, modulation, cache), batch); // [b·h·w, f, dim]
            if (addFrames) {
                places = places.add(table(Positions.ofFrames(config.innerDim(), config.videoLength()), hidden));
            }
            return scope.promote(exchange(pair.temporal.forward(places, null, modulation, cache), batch)); // [b·f, h·w, dim]
        }
    }

    /** {@code [b·n, m, dim]} to {@code [b·m, n, dim]}. */
    private static Tensor exchange(Tensor x, long batch) {
        return x.reshape(batch, -1, x.size(1), x.size(2)) // [b, n, m, dim]
                .transpose(1, 2) // [b, m, n, dim]
                .reshape(batch * x.size(1), -1, x.size(2)); // [b·m, n, dim]
    }

    /** Positions as {@code [1, count, dim]}. */
    private Tensor table(float[] positions, Tensor like) {
        return Tensor.of(positions, 1, positions.length / config.innerDim(), config.innerDim())
                .to(like.dtype(), like.device());
    }

    private Tensor out(Tensor hidden, Tensor embedded) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor modulation = outTable.add(embedded); // [2, dim]: shift, scale
            Tensor factor = LatteBlock.part(modulation, 1).add(1);
            return scope.promote(
                    projOut.forward(hidden.layerNorm(factor, LatteBlock.part(modulation, 0), OUT_NORM_EPS)));
        }
    }

    /** The inverse of the patching, where the channel is innermost. */
    private Tensor unpatchify(Tensor patches, Shape latents) {
        try (TensorScope scope = TensorScope.open()) {
            long p = config.patchSize();
            long c = config.outChannels();
            Tensor apart = patches.reshape(latents.size(0), latents.size(2), latents.size(3) / p, latents.size(4) / p,
                    p, p, c); // [b, f, h, w, p, p, c]
            return scope.promote(apart.permute(0, 6, 1, 2, 4, 3, 5) // [b, c, f, h, p, w, p]
                    .reshape(latents.size(0), c, latents.size(2), latents.size(3), latents.size(4))); // [b, c, f, H, W]
        }
    }

    /** Frees the weights. */
    @Override
    public void close() {
        weights.close();
    }
}
