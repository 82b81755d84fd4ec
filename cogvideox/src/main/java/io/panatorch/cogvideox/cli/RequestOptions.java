package io.panatorch.cogvideox.cli;

import io.panatorch.cogvideox.CogVideoXPipeline;
import io.panatorch.cogvideox.TextToVideoRequest;
import io.panatorch.cogvideox.sizes.VideoSizes;
import java.io.IOException;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** What every video of a command has in common. */
final class RequestOptions {

    @Option(names = "--height", paramLabel = "PIXELS", description = "height of the video (default: the model's)")
    private Integer height;

    @Option(names = "--width", paramLabel = "PIXELS", description = "width of the video (default: the model's)")
    private Integer width;

    @Option(names = "--frames", paramLabel = "N", description = "frames of the video: 1, 8, 9, 16, 17, ... (default: the model's)")
    private Integer frames;

    @Option(names = "--steps", paramLabel = "N", defaultValue = "50",
            description = "denoising steps (default: ${DEFAULT-VALUE})")
    private int steps;

    @Option(names = "--guidance-scale", paramLabel = "X", defaultValue = "6",
            description = "how strongly the prompt counts; up to 1 there is no guidance (default: ${DEFAULT-VALUE})")
    private double guidanceScale;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "42",
            description = "of the initial noise, which is torch's for that seed (default: ${DEFAULT-VALUE})")
    private long seed;

    int steps() {
        return steps;
    }

    double guidanceScale() {
        return guidanceScale;
    }

    long seed() {
        return seed;
    }

    /** {@return the height of the videos} */
    int height(CogVideoXPipeline pipeline) {
        return Objects.requireNonNullElse(height, pipeline.defaultHeight());
    }

    /** {@return the width of the videos} */
    int width(CogVideoXPipeline pipeline) {
        return Objects.requireNonNullElse(width, pipeline.defaultWidth());
    }

    /**
     * {@return a request for a batch of videos}
     *
     * @throws IllegalArgumentException for an option that has no meaning
     */
    TextToVideoRequest.Builder request(List<String> prompts) {
        if (prompts.stream().anyMatch(String::isBlank)) {
            throw new IllegalArgumentException("--prompt: expected words, found an empty text");
        }
        TextToVideoRequest.Builder request = TextToVideoRequest.builder(prompts.toArray(String[]::new))
                .steps(steps)
                .guidanceScale(guidanceScale)
                .seed(seed);
        if (height != null) {
            request.height(height);
        }
        if (width != null) {
            request.width(width);
        }
        if (frames != null) {
            request.frames(frames);
        }
        return request;
    }

    /**
     * Asks the model's configuration, before its weights are read, whether it makes such videos. What is no model is left for the
     * loading to say.
     *
     * @throws IllegalArgumentException where it does not, with the nearest sizes
     */
    void checkSizes(ModelOptions model, int batch) throws IOException {
        boolean asked = height != null || width != null || frames != null;
        if (asked && Files.exists(model.folder().resolve("model_index.json"))) {
            VideoSizes sizes = VideoSizes.read(model.folder());
            sizes.latents(batch, Objects.requireNonNullElse(height, sizes.height()), Objects.requireNonNullElse(width, sizes.width()),
                    Objects.requireNonNullElse(frames, sizes.frames()));
        }
    }

    /** {@return what videos were made with and numbers measured with, by names to be shown} */
    Map<String, String> conditions(CommandSpec spec, ModelOptions model, String size) {
        Map<String, String> conditions = new LinkedHashMap<>();
        conditions.put("command", Machine.command(spec.commandLine().getParseResult().originalArgs()));
        conditions.put("model", model.name());
        conditions.put("size", size);
        conditions.put("steps", Integer.toString(steps));
        conditions.put("guidance scale", Double.toString(guidanceScale));
        conditions.put("seed", Long.toString(seed));
        conditions.putAll(Machine.facts());
        return conditions;
    }

    /** {@return what a calibration holds for, by the names in its file} */
    Map<String, String> facts(ModelOptions model, CogVideoXPipeline pipeline) throws IOException {
        Map<String, String> facts = new LinkedHashMap<>(model.facts());
        facts.put("steps", Integer.toString(steps));
        facts.put("guidance_scale", Double.toString(guidanceScale));
        facts.put("height", Integer.toString(height(pipeline)));
        facts.put("width", Integer.toString(width(pipeline)));
        facts.put("frames", Integer.toString(Objects.requireNonNullElse(frames, pipeline.defaultFrames())));
        return facts;
    }
}
