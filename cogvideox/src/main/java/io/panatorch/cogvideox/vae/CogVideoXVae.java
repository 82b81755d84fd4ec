package io.panatorch.cogvideox.vae;

import io.panatorch.io.InvalidFileException;
import io.panatorch.nn.Conv3d;
import io.panatorch.nn.LayerGroup;
import io.panatorch.nn.LayerGroup.Residence;
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
import java.util.concurrent.CancellationException;

/**
 * The autoencoder of CogVideoX: diffusers' {@code AutoencoderKLCogVideoX}.
 *
 * <p>It owns its weights. Those of the encoder, which text-to-video does without, are checked when it is loaded but converted
 * and put on their device when a video is encoded for the first time. It has no other state, so several threads may encode
 * and decode at once; each video in the making takes memory of its own.
 */
public final class CogVideoXVae implements AutoCloseable {

    static final int FRAMES_ENCODED_AT_ONCE = 8;

    private static final String WEIGHTS = "diffusion_pytorch_model";
    private static final int LATENTS_DECODED_AT_ONCE = 2;

    private final VaeConfig config;
    private final Weights weights;
    private final LayerGroup<FramePass> decoding;
    private final LayerGroup<FramePass> encoding;

    private CogVideoXVae(VaeConfig config, Weights weights) throws IOException {
        this.config = config;
        this.weights = weights;
        this.encoding = weights.group(Residence.ON_DEMAND, this::encoding);
        this.decoding = weights.group(Residence.PART, this::decoding);
        weights.requireAllUsed();
    }

    private FramePass decoding(Weights from) throws IOException {
        var decoder = new Decoder3d(from.at("decoder"), config);
        if (!config.usePostQuantConv()) {
            return new FramePass(LATENTS_DECODED_AT_ONCE, decoder::forward);
        }
        Conv3d conv = placewise(from.at("post_quant_conv"), config.latentChannels());
        return new FramePass(LATENTS_DECODED_AT_ONCE, (latents, cache) -> decoder.forward(conv.forward(latents), cache));
    }

    private FramePass encoding(Weights from) throws IOException {
        var encoder = new Encoder3d(from.at("encoder"), config);
        if (!config.useQuantConv()) {
            return new FramePass(FRAMES_ENCODED_AT_ONCE, encoder::forward);
        }
        Conv3d conv = placewise(from.at("quant_conv"), 2 * config.latentChannels());
        return new FramePass(FRAMES_ENCODED_AT_ONCE, (frames, cache) -> conv.forward(encoder.forward(frames, cache)));
    }

    private static Conv3d placewise(Weights weights, int channels) throws IOException {
        return new Conv3d(weights, channels, channels, 1, 0, 0, 0);
    }

    /**
     * Loads a diffusers {@code vae} folder.
     *
     * @param folder has {@code config.json} and {@code diffusion_pytorch_model.safetensors}, or its shards and their index
     * @param dtype what weights are converted to, and videos and latents must have
     * @param device where weights are put, and videos and latents must be
     * @throws InvalidFileException where the configuration is of another model, or the weights do not fit to it
     * @throws IOException where a file cannot be read
     */
    public static CogVideoXVae load(Path folder, DType dtype, Device device) throws IOException {
        return load(folder, new Placement(dtype, device), "");
    }

    /**
     * Loads the weights of a variant, as {@link Safetensors#open(Path, String, String)} finds them.
     *
     * @param variant such as {@code fp16}; an empty string means none
     * @throws InvalidFileException as {@link #load(Path, DType, Device)}
     * @throws IOException where a file cannot be read
     */
    public static CogVideoXVae load(Path folder, Placement placement, String variant) throws IOException {
        VaeConfig config = VaeConfig.read(folder.resolve("config.json"));
        return Weights.load(Safetensors.open(folder, WEIGHTS, variant), placement,
                weights -> new CogVideoXVae(config, weights));
    }

    /** {@return how this autoencoder was built} */
    public VaeConfig config() {
        return config;
    }

    /** As {@link #decode(Tensor, VaeMemory)}, all at once. */
    public Tensor decode(Tensor latents) {
        return decode(latents, VaeMemory.WHOLE);
    }

    /**
     * Decodes videos.
     *
     * @param latents borrowed, {@code [batch, latentChannels, frames, h, w]}, already divided by the scaling factor
     * @param memory what is done at once
     * @return {@code [batch, outChannels, frames', h · scale, w · scale]} with {@link VaeConfig#decodedFrames frames'} and
     *     {@link VaeConfig#spatialScale scale}; values are meant to be in [-1, 1] but not clamped to it
     * @throws IllegalArgumentException for latents of another shape, dtype or device, or tiles that do not fit
     * @throws CancellationException before the next layer where the thread was interrupted
     */
    public Tensor decode(Tensor latents, VaeMemory memory) {
        int scale = config.spatialScale();
        Shape shape = latents.shape();
        requireFit(latents, config.latentChannels(), 1,
                "decode: expected latents [batch, " + config.latentChannels() + ", frames, h, w]");
        TileGrid tiles = memory.tiling().map(tiling -> TileGrid.ofLatents(tiling, scale)).orElse(null);
        try (var scope = TensorScope.open(); var _ = weights.hold()) {
            Tensor video = Tensor.empty(Shape.of(shape.size(0), config.outChannels(), config.decodedFrames(shape.size(2)),
                    shape.size(3) * scale, shape.size(4) * scale), latents.dtype(), latents.device());
            return scope.promote(decoding.with(pass -> pass.run(latents, video, memory.slicing(), tiles)));
        }
    }

    /** As {@link #encode(Tensor, VaeMemory)}, all at once. */
    public Posterior encode(Tensor video) {
        return encode(video, VaeMemory.WHOLE);
    }

    /**
     * Encodes videos.
     *
     * @param video borrowed, {@code [batch, inChannels, frames, height, width]} in [-1, 1]; height and width are multiples of
     *     {@link VaeConfig#spatialScale scale}
     * @param memory what is done at once
     * @return the distribution of latents {@code [batch, latentChannels, frames', height / scale, width / scale]} with
     *     {@link VaeConfig#encodedFrames frames'}; they are to be multiplied by the scaling factor
     * @throws IllegalArgumentException for a video of another shape, dtype or device, or tiles that do not fit
     * @throws CancellationException before the next layer where the thread was interrupted
     */
    public Posterior encode(Tensor video, VaeMemory memory) {
        int scale = config.spatialScale();
        Shape shape = video.shape();
        requireFit(video, config.inChannels(), scale, "encode: expected a video [batch, " + config.inChannels()
                + ", frames, height, width] with height and width multiples of " + scale + ",");
        TileGrid tiles = memory.tiling().map(tiling -> TileGrid.ofFrames(tiling, scale)).orElse(null);
        Shape latents = Shape.of(shape.size(0), 2L * config.latentChannels(), config.encodedFrames(shape.size(2)),
                shape.size(3) / scale, shape.size(4) / scale);
        try (Tensor moments = Tensor.empty(latents, video.dtype(), video.device()); var _ = weights.hold()) {
            return Posterior.of(encoding.with(pass -> pass.run(video, moments, memory.slicing(), tiles)));
        }
    }

    private void requireFit(Tensor tensor, int channels, int unit, String expected) {
        Shape shape = tensor.shape();
        boolean fits = shape.dim() == 5 && shape.size(1) == channels && shape.numel() > 0
                && shape.size(3) % unit == 0 && shape.size(4) % unit == 0;
        if (!fits || tensor.dtype() != weights.dtype() || !tensor.device().equals(weights.device())) {
            throw new IllegalArgumentException(expected + " " + weights.dtype().torchName() + " " + weights.device()
                    + ", found " + tensor.describe());
        }
    }

    /** {@return how many bytes the weights take where they are computed with} */
    public WeightSizes weightSizes() {
        return weights.sizes();
    }

    /** {@return what keeps the weights on the device from one call to the next, where they leave it at all} */
    public Weights.Hold hold() {
        return weights.hold();
    }

    /** Frees the weights; nothing may be encoded or decoded any more. */
    @Override
    public void close() {
        weights.close();
    }
}
