package io.panatorch.cogvideox;

import io.panatorch.cogvideox.config.ConfigFile;
import io.panatorch.cogvideox.config.JsonFile;
import io.panatorch.cogvideox.scheduler.CogVideoXScheduler;
import io.panatorch.cogvideox.scheduler.SchedulerConfig;
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
import java.util.Optional;

/** What a generation computes with. Any number of generations may, at once too. */
final class ModelParts implements AutoCloseable {

    final T5Tokenizer tokenizer;
    final T5Encoder textEncoder;
    final CogVideoXTransformer transformer;
    final CogVideoXVae vae;
    final CogVideoXScheduler scheduler;
    final VideoSizes sizes;
    final DType dtype;
    final Device device;

    private ModelParts(Path folder, DType dtype, Device device, String variant, Deque<AutoCloseable> opened)
            throws IOException {
        this.dtype = dtype;
        this.device = device;
        this.scheduler = new CogVideoXScheduler(SchedulerConfig.read(folder.resolve("scheduler/scheduler_config.json")));
        this.tokenizer = T5Tokenizer.load(folder.resolve("tokenizer"));
        this.textEncoder = T5Encoder.load(folder.resolve("text_encoder"), dtype, device, variant);
        opened.push(textEncoder);
        this.transformer = CogVideoXTransformer.load(folder.resolve("transformer"), dtype, device, variant);
        opened.push(transformer);
        this.vae = CogVideoXVae.load(folder.resolve("vae"), dtype, device, variant);
        opened.push(vae);
        this.sizes = new VideoSizes(transformer.config(), vae.config());
        checkThatPartsFit(folder);
    }

    /** As {@link CogVideoXPipeline#load}, for a dtype and a device that there are. */
    static ModelParts load(Path folder, DType dtype, Device device, String variant) throws IOException {
        checkIndex(ConfigFile.read(ModelFolder.index(folder)));
        ModelFolder.requireVariant(folder, variant);
        Deque<AutoCloseable> opened = new ArrayDeque<>();
        try {
            return new ModelParts(folder, dtype, device, variant, opened);
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
        index.requirePart("scheduler", "CogVideoXDDIMScheduler");
        index.requirePart("text_encoder", "T5EncoderModel");
        index.requirePart("transformer", "CogVideoXTransformer3DModel");
        index.requirePart("vae", "AutoencoderKLCogVideoX");
    }

    private void checkThatPartsFit(Path folder) throws InvalidFileException {
        requireRowForEachToken(folder);
        TransformerConfig config = transformer.config();
        requireEqual(folder, "text_embed_dim", config.textEmbedDim(), "the text encoder's d_model", textEncoder.config().dModel());
        requireEqual(folder, "in_channels", config.inChannels(), "the VAE's latent_channels", vae.config().latentChannels());
        requireEqual(folder, "out_channels", config.outChannels(), "the VAE's latent_channels", vae.config().latentChannels());
    }

    private void requireRowForEachToken(Path folder) throws InvalidFileException {
        int rows = textEncoder.config().vocabSize();
        Optional<String> beyond = tokenizer.tokenBeyond(rows);
        if (beyond.isPresent() || tokenizer.vocabSize() > rows) {
            throw new InvalidFileException(folder.resolve("text_encoder/config.json"), "vocab_size: expected "
                    + tokenizer.vocabSize() + " or more, the ids of the tokenizer"
                    + beyond.map(token -> " with its last token, " + JsonFile.oneLine(token)).orElse("") + ", found " + rows);
        }
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
