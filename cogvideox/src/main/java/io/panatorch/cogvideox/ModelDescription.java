package io.panatorch.cogvideox;

import io.panatorch.cogvideox.config.ConfigFile;
import io.panatorch.cogvideox.scheduler.SchedulerConfig;
import io.panatorch.cogvideox.scheduler.SchedulerKind;
import io.panatorch.cogvideox.sizes.VideoSizes;
import io.panatorch.cogvideox.transformer.TransformerConfig;
import io.panatorch.cogvideox.vae.VaeConfig;
import io.panatorch.io.InvalidFileException;
import io.panatorch.json.JsonFile;
import io.panatorch.parallel.Ranks;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * What a checkpoint is, by its configuration alone: no weight is read. It says what a request must be to fit the model, and what
 * its defaults are.
 *
 * @param folder the diffusers directory
 * @param kind what it was trained to do
 * @param sizes which videos it makes, with the configurations of transformer and VAE
 * @param scheduler that of the folder
 */
public record ModelDescription(Path folder, ModelKind kind, VideoSizes sizes, SchedulerConfig scheduler) {

    /** Temporal patches came with version 1.5, which was trained on twice the frames per second. */
    private static final double FPS_OF_1_5 = 16;

    private static final double FPS_OF_1_0 = 8;

    /**
     * Reads the configurations of a diffusers directory.
     *
     * @throws InvalidFileException where it is of another model, or its parts do not fit together; the message names file and key
     * @throws IOException where a file is missing or cannot be read
     */
    public static ModelDescription read(Path folder) throws IOException {
        ConfigFile index = ConfigFile.read(ModelFolder.index(folder));
        // Without a name diffusers goes by the class that was called, which mostly is the first.
        String className = index.string("_class_name", "CogVideoXPipeline");
        ModelKind kind = ModelKind.of(className).orElseThrow(() -> new InvalidFileException(index.path(),
                "_class_name: expected one of " + String.join(", ", ModelKind.allClassNames()) + ", found \""
                        + JsonFile.oneLine(className) + '"'));
        index.requirePart("scheduler", Arrays.stream(SchedulerKind.values()).map(SchedulerKind::className).toArray(String[]::new));
        index.requirePart("text_encoder", "T5EncoderModel");
        index.requirePart("transformer", "CogVideoXTransformer3DModel");
        index.requirePart("vae", "AutoencoderKLCogVideoX");
        ModelDescription model = new ModelDescription(folder, kind, VideoSizes.read(folder),
                SchedulerConfig.read(folder.resolve("scheduler/scheduler_config.json")));
        model.requireParts();
        return model;
    }

    private void requireParts() throws InvalidFileException {
        TransformerConfig transformer = sizes.transformer();
        int channels = sizes.vae().latentChannels();
        requireEqual("in_channels", transformer.inChannels(), kind.isConditioned() ? 2 * channels : channels,
                kind.isConditioned() ? "twice the VAE's latent_channels" : "the VAE's latent_channels");
        requireEqual("out_channels", transformer.outChannels(), channels, "the VAE's latent_channels");
        if (transformer.ofsEmbedDim().isPresent() && kind != ModelKind.IMAGE_TO_VIDEO) {
            throw invalid("ofs_embed_dim", "null in a model that is not image-to-video", transformer.ofsEmbedDim().getAsInt());
        }
    }

    void requireEqual(String key, int found, int expected, String whose) throws InvalidFileException {
        if (found != expected) {
            throw invalid(key, expected + ", " + whose, found);
        }
    }

    private InvalidFileException invalid(String key, String expected, int found) {
        return new InvalidFileException(folder.resolve("transformer/config.json"), key + ": expected " + expected + ", found " + found);
    }

    /** {@return the frames per second that the model was trained on} */
    public double fps() {
        return sizes.transformer().patchSizeT().isPresent() ? FPS_OF_1_5 : FPS_OF_1_0;
    }

    /** {@return the configuration of the transformer} */
    public TransformerConfig transformer() {
        return sizes.transformer();
    }

    /** {@return the configuration of the VAE} */
    public VaeConfig vae() {
        return sizes.vae();
    }

    /**
     * Finds out whether the model can make what a request asks for.
     *
     * @throws IllegalArgumentException where it cannot, with what would fit
     */
    public void check(VideoRequest request) {
        check(request, Ranks.alone());
    }

    /**
     * Finds out whether the model can make what a request asks for, together with other processes.
     *
     * @param ranks as for {@link PipelineLoader#guidanceParallel}
     * @throws IllegalArgumentException where it cannot, with what would fit
     */
    public void check(VideoRequest request, Ranks ranks) {
        GenerationPlan.of(this, request, ranks);
    }
}
