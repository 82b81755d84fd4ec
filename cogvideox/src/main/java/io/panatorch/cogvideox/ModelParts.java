package io.panatorch.cogvideox;

import io.panatorch.cogvideox.config.ConfigFile;
import io.panatorch.cogvideox.scheduler.DdimConfig;
import io.panatorch.cogvideox.scheduler.DdimScheduler;
import io.panatorch.cogvideox.sizes.VideoSizes;
import io.panatorch.cogvideox.t5.T5Encoder;
import io.panatorch.cogvideox.tokenizer.T5Tokenizer;
import io.panatorch.cogvideox.transformer.CogVideoXTransformer;
import io.panatorch.cogvideox.transformer.TransformerConfig;
import io.panatorch.cogvideox.vae.CogVideoXVae;
import io.panatorch.io.InvalidFileException;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** What a generation computes with. Any number of generations may, at once too. */
final class ModelParts implements AutoCloseable {

    final T5Tokenizer tokenizer;
    final T5Encoder textEncoder;
    final CogVideoXTransformer transformer;
    final CogVideoXVae vae;
    final DdimScheduler scheduler;
    final VideoSizes sizes;
    final DType dtype;
    final Device device;

    private ModelParts(Path folder, DType dtype, Device device, Deque<AutoCloseable> opened) throws IOException {
        this.dtype = dtype;
        this.device = device;
        this.scheduler = new DdimScheduler(DdimConfig.read(folder.resolve("scheduler/scheduler_config.json")));
        this.tokenizer = T5Tokenizer.load(folder.resolve("tokenizer"));
        this.textEncoder = T5Encoder.load(folder.resolve("text_encoder"), dtype, device);
        opened.push(textEncoder);
        this.transformer = CogVideoXTransformer.load(folder.resolve("transformer"), dtype, device);
        opened.push(transformer);
        this.vae = CogVideoXVae.load(folder.resolve("vae"), dtype, device);
        opened.push(vae);
        this.sizes = new VideoSizes(transformer.config(), vae.config());
        checkThatPartsFit(folder);
    }

    /** As {@link CogVideoXPipeline#load}, for a dtype and a device that there are. */
    static ModelParts load(Path folder, DType dtype, Device device) throws IOException {
        checkIndex(ConfigFile.read(folder.resolve("model_index.json")));
        Deque<AutoCloseable> opened = new ArrayDeque<>();
        try {
            return new ModelParts(folder, dtype, device, opened);
        } catch (IOException | RuntimeException | Error e) {
            closeAll(opened, e);
            throw e;
        }
    }

    private static void closeAll(Deque<AutoCloseable> opened, Throwable reason) {
        for (AutoCloseable part : opened) {
            try {
                part.close();
            } catch (Exception e) {
                reason.addSuppressed(e);
            }
        }
    }

    private static void checkIndex(ConfigFile index) throws InvalidFileException {
        index.requireClass("CogVideoXPipeline");
        requirePart(index, "scheduler", "CogVideoXDDIMScheduler");
        requirePart(index, "text_encoder", "T5EncoderModel");
        requirePart(index, "transformer", "CogVideoXTransformer3DModel");
        requirePart(index, "vae", "AutoencoderKLCogVideoX");
    }

    private static void requirePart(ConfigFile index, String key, String className) throws InvalidFileException {
        List<String> found = index.strings(key, List.of());
        if (found.size() != 2 || !found.get(1).equals(className)) {
            throw index.invalid(key, "a pair of a library and \"" + className + "\"");
        }
    }

    private void checkThatPartsFit(Path folder) throws InvalidFileException {
        TransformerConfig config = transformer.config();
        requireEqual(folder, "text_embed_dim", config.textEmbedDim(), "the text encoder's d_model", textEncoder.config().dModel());
        requireEqual(folder, "in_channels", config.inChannels(), "the VAE's latent_channels", vae.config().latentChannels());
        requireEqual(folder, "out_channels", config.outChannels(), "the VAE's latent_channels", vae.config().latentChannels());
    }

    private static void requireEqual(Path folder, String key, int found, String whose, int expected)
            throws InvalidFileException {
        if (found != expected) {
            throw new InvalidFileException(folder.resolve("transformer/config.json"),
                    key + ": expected " + expected + ", " + whose + ", found " + found);
        }
    }

    /** Frees the weights. Closing closed parts does nothing. */
    @Override
    public void close() {
        vae.close();
        transformer.close();
        textEncoder.close();
    }
}
