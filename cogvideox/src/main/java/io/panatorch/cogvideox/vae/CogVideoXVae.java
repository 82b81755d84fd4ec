package io.panatorch.cogvideox.vae;

import io.panatorch.io.InvalidFileException;
import io.panatorch.nn.Conv3d;
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
 * The autoencoder of CogVideoX, of which text-to-video needs the decoder only: diffusers' {@code AutoencoderKLCogVideoX}
 * without tiling and slicing.
 *
 * <p>It owns its weights. It has no other state, so several threads may decode at once; each video in the making takes
 * memory of its own.
 */
public final class CogVideoXVae implements AutoCloseable {

    private static final String WEIGHTS = "diffusion_pytorch_model";
    private static final int BATCH_FRAMES = 2;

    private final VaeConfig config;
    private final Weights weights;
    private final Conv3d postQuantConv;
    private final Decoder3d decoder;

    private CogVideoXVae(VaeConfig config, Weights weights) throws IOException {
        this.config = config;
        this.weights = weights;
        int channels = config.latentChannels();
        postQuantConv = config.usePostQuantConv()
                ? new Conv3d(weights.at("post_quant_conv"), channels, channels, 1, 0, 0, 0)
                : null;
        decoder = new Decoder3d(weights.at("decoder"), config);
        weights.ignore("encoder.");
        weights.ignore("quant_conv.");
        weights.requireAllUsed();
    }

    /**
     * Loads the decoder of a diffusers {@code vae} folder. Weights of the encoder are not read.
     *
     * @param folder has {@code config.json} and {@code diffusion_pytorch_model.safetensors}, or its shards and their index
     * @param dtype what weights are converted to and latents must have
     * @param device where weights are put and latents must be
     * @throws InvalidFileException where the configuration is of another model, or the weights do not fit to it
     * @throws IOException where a file cannot be read
     */
    public static CogVideoXVae load(Path folder, DType dtype, Device device) throws IOException {
        return load(folder, dtype, device, "");
    }

    /**
     * Loads the decoder with the weights of a variant, as {@link Safetensors#open(Path, String, String)} finds them.
     *
     * @param variant such as {@code fp16}; an empty string means none
     * @throws InvalidFileException as {@link #load(Path, DType, Device)}
     * @throws IOException where a file cannot be read
     */
    public static CogVideoXVae load(Path folder, DType dtype, Device device, String variant) throws IOException {
        VaeConfig config = VaeConfig.read(folder.resolve("config.json"));
        return Weights.load(Safetensors.open(folder, WEIGHTS, variant), dtype, device,
                weights -> new CogVideoXVae(config, weights));
    }

    /** {@return how this autoencoder was built} */
    public VaeConfig config() {
        return config;
    }

    /**
     * Decodes videos.
     *
     * @param latents borrowed, {@code [batch, latentChannels, frames, h, w]}, already divided by the scaling factor
     * @return {@code [batch, outChannels, frames', h · scale, w · scale]} with {@link VaeConfig#decodedFrames frames'} and
     *     {@link VaeConfig#spatialScale scale}; values are meant to be in [-1, 1] but not clamped to it
     * @throws IllegalArgumentException for latents of another shape, dtype or device
     * @throws CancellationException before the next layer where the thread was interrupted
     */
    public Tensor decode(Tensor latents) {
        requireFit(latents);
        try (var scope = TensorScope.open(); var cache = new ConvCache()) {
            long frames = latents.size(2);
            Tensor video = Tensor.empty(decodedShape(latents.shape()), latents.dtype(), latents.device());
            // What does not make a batch of two joins the first one.
            long end = Math.min(frames, BATCH_FRAMES + frames % BATCH_FRAMES);
            for (long start = 0, done = 0; start < frames; start = end, end += BATCH_FRAMES) {
                done += decodeBatch(latents, start, end - start, cache, video, done);
            }
            return scope.promote(video);
        }
    }

    /** Decodes a few latent frames into the video from a frame on; returns how many frames they gave. */
    private long decodeBatch(Tensor latents, long start, long length, ConvCache cache, Tensor video, long done) {
        try (var _ = TensorScope.open()) {
            // In row-major order whatever the caller's is: what is made of it inherits the order, and others are slow.
            Tensor batch = latents.narrow(2, start, length).contiguous(); // [b, c, length, h, w]
            Tensor decoded = decoder.forward(postQuantConv == null ? batch : postQuantConv.forward(batch), cache);
            long frames = decoded.size(2);
            video.narrow(2, done, frames).copy_(decoded);
            return frames;
        }
    }

    private Shape decodedShape(Shape latents) {
        long scale = config.spatialScale();
        return Shape.of(latents.size(0), config.outChannels(), config.decodedFrames(latents.size(2)),
                latents.size(3) * scale, latents.size(4) * scale);
    }

    private void requireFit(Tensor latents) {
        Shape shape = latents.shape();
        boolean fits = shape.dim() == 5 && shape.size(1) == config.latentChannels() && shape.numel() > 0;
        if (!fits || latents.dtype() != weights.dtype() || !latents.device().equals(weights.device())) {
            throw new IllegalArgumentException("decode: expected latents [batch, " + config.latentChannels()
                    + ", frames, h, w] " + weights.dtype().torchName() + " " + weights.device() + ", found "
                    + latents.describe());
        }
    }

    /** Frees the weights; nothing may be decoded any more. */
    @Override
    public void close() {
        weights.close();
    }
}
