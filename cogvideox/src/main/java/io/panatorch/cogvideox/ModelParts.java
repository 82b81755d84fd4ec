package io.panatorch.cogvideox;

import io.panatorch.cogvideox.t5.T5Encoder;
import io.panatorch.cogvideox.tokenizer.T5Tokenizer;
import io.panatorch.cogvideox.transformer.CogVideoXTransformer;
import io.panatorch.cogvideox.vae.CogVideoXVae;
import io.panatorch.io.InvalidFileException;
import io.panatorch.json.JsonFile;
import io.panatorch.nn.Placement;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;

/** What a generation computes with. Any number of generations may, at once too. */
final class ModelParts implements AutoCloseable {

    final ModelDescription description;
    final T5Tokenizer tokenizer;
    final T5Encoder textEncoder;
    /** Without adapters. */
    final CogVideoXTransformer transformer;
    final CogVideoXVae vae;
    final Device device;
    private final Map<ModelComponent, Placement> placements;

    private ModelParts(ModelDescription description, Map<ModelComponent, Placement> placements, String variant, Deque<AutoCloseable> opened)
            throws IOException {
        Path folder = description.folder();
        this.description = description;
        this.placements = placements;
        this.device = placements.get(ModelComponent.TRANSFORMER).device();
        this.tokenizer = T5Tokenizer.load(folder.resolve("tokenizer"));
        this.textEncoder = T5Encoder.load(part(ModelComponent.TEXT_ENCODER), placements.get(ModelComponent.TEXT_ENCODER), variant);
        opened.push(textEncoder);
        requireTextEncoder(folder);
        this.transformer = CogVideoXTransformer.load(part(ModelComponent.TRANSFORMER), placements.get(ModelComponent.TRANSFORMER), variant);
        opened.push(transformer);
        this.vae = CogVideoXVae.load(part(ModelComponent.VAE), placements.get(ModelComponent.VAE), variant);
        opened.push(vae);
    }

    private Path part(ModelComponent component) {
        return description.folder().resolve(component.folder());
    }

    /**
     * As {@link PipelineLoader#load}, for dtypes and a device that there are.
     *
     * @param placements of all parts, on one device
     */
    static ModelParts load(Path folder, Map<ModelComponent, Placement> placements, String variant) throws IOException {
        ModelDescription description = ModelDescription.read(folder);
        ModelFolder.requireVariant(folder, variant);
        Deque<AutoCloseable> opened = new ArrayDeque<>();
        try {
            return new ModelParts(description, placements, variant, opened);
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

    private void requireTextEncoder(Path folder) throws InvalidFileException {
        description.requireEqual("text_embed_dim", description.transformer().textEmbedDim(), textEncoder.config().dModel(),
                "the text encoder's d_model");
        int rows = textEncoder.config().vocabSize();
        Optional<String> beyond = tokenizer.tokenBeyond(rows);
        if (beyond.isPresent() || tokenizer.vocabSize() > rows) {
            throw new InvalidFileException(folder.resolve("text_encoder/config.json"), "vocab_size: expected "
                    + tokenizer.vocabSize() + " or more, the ids of the tokenizer"
                    + beyond.map(token -> " with its last token, " + JsonFile.oneLine(token)).orElse("") + ", found " + rows);
        }
    }

    /** {@return where a part is, and in what numbers} */
    Placement placement(ModelComponent component) {
        return placements.get(component);
    }

    /** {@return what a part computes in} */
    DType dtype(ModelComponent component) {
        return placements.get(component).dtype();
    }

    /** Frees the weights. Closing closed parts does nothing. */
    @Override
    public void close() {
        vae.close();
        transformer.close();
        textEncoder.close();
    }
}
