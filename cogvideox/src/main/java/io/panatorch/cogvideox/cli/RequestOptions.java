package io.panatorch.cogvideox.cli;

import io.panatorch.cogvideox.ModelDescription;
import io.panatorch.cogvideox.VideoRequest;
import io.panatorch.cogvideox.scheduler.SchedulerConfig.TimestepSpacing;
import io.panatorch.cogvideox.scheduler.SchedulerKind;
import io.panatorch.cogvideox.transformer.TransformerConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What every video of a command has in common. */
final class RequestOptions {

    private static final int DEFAULT_STEPS = 50;

    @Option(names = "--height", paramLabel = "PIXELS", description = "height of the video (default: the model's)")
    private Integer height;

    @Option(names = "--width", paramLabel = "PIXELS", description = "width of the video (default: the model's)")
    private Integer width;

    @Option(names = "--frames", paramLabel = "N",
            description = "frames of the video: 1, 8, 9, 16, 17, ...; of a longer given video the first ones (default: the model's,"
                    + " or all of the given video)")
    private Integer frames;

    @Option(names = "--steps", paramLabel = "N", description = "denoising steps (default: 50)")
    private Integer steps;

    @Option(names = "--timesteps", paramLabel = "T,...", split = ",", hideParamSyntax = true,
            description = "the timesteps themselves, falling, in place of a number of steps")
    private int[] timesteps;

    @Option(names = "--scheduler", paramLabel = "ddim|dpm", converter = SchedulerConverter.class,
            description = "what takes the steps (default: the model's)")
    private SchedulerKind scheduler;

    @Option(names = "--timestep-spacing", paramLabel = "trailing|linspace|leading", converter = SpacingConverter.class,
            description = "which timesteps a number of steps stands for (default: the model's; its authors recommend trailing)")
    private TimestepSpacing spacing;

    @Option(names = "--eta", paramLabel = "X",
            description = "random noise that ddim adds at each step, 0 to 1; diffusers ignores it here (default: 0)")
    private Double eta;

    @Option(names = "--guidance-scale", paramLabel = "X", defaultValue = "6",
            description = "how strongly the prompt counts; up to 1 there is no guidance (default: ${DEFAULT-VALUE})")
    private double guidanceScale;

    @Option(names = "--dynamic-cfg", description = "change the guidance scale from step to step, as diffusers' use_dynamic_cfg does")
    private boolean dynamicCfg;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "42",
            description = "of all noise, which is torch's for that seed (default: ${DEFAULT-VALUE})")
    private long seed;

    @Option(names = "--max-sequence-length", paramLabel = "N", description = "tokens of a prompt that are read (default: the model's)")
    private Integer maxSequenceLength;

    @Mixin
    private SourceOptions source;

    @Option(names = "--vae-tiling", description = "decode and encode in tiles: less memory, and a little other frames")
    private boolean vaeTiling;

    @Option(names = "--vae-slicing", description = "decode and encode one video of a batch after another: less memory")
    private boolean vaeSlicing;

    /** The names of the field, in small letters. */
    private abstract static class NameConverter<E extends Enum<E>> implements ITypeConverter<E> {

        private final E[] values;

        NameConverter(E[] values) {
            this.values = values;
        }

        @Override
        public E convert(String text) {
            return Stream.of(values).filter(value -> name(value).equals(text)).findFirst()
                    .orElseThrow(() -> new TypeConversionException("expected "
                            + Stream.of(values).map(NameConverter::name).collect(Collectors.joining(", ")) + ", found '" + text + "'"));
        }

        private static String name(Enum<?> value) {
            return value.name().toLowerCase(Locale.ROOT);
        }
    }

    private static final class SchedulerConverter extends NameConverter<SchedulerKind> {
        SchedulerConverter() {
            super(SchedulerKind.values());
        }
    }

    private static final class SpacingConverter extends NameConverter<TimestepSpacing> {
        SpacingConverter() {
            super(TimestepSpacing.values());
        }
    }

    int steps() {
        return timesteps != null ? timesteps.length : Objects.requireNonNullElse(steps, DEFAULT_STEPS);
    }

    double guidanceScale() {
        return guidanceScale;
    }

    long seed() {
        return seed;
    }

    /** {@return the height of the videos} */
    int height(ModelDescription model) {
        return Objects.requireNonNullElse(height, model.sizes().height());
    }

    /** {@return the width of the videos} */
    int width(ModelDescription model) {
        return Objects.requireNonNullElse(width, model.sizes().width());
    }

    /** {@return the frames of the videos, once a request was made} */
    int frames(ModelDescription model) {
        return frames != null ? frames : source.frames().orElse(model.sizes().frames());
    }

    /** {@return the files that videos are made from, besides prompts} */
    List<Path> inputs() {
        return source.files();
    }

    /**
     * {@return a request for a batch of videos}
     *
     * @throws IllegalArgumentException for an option that has no meaning
     * @throws IOException where an image or a video cannot be read
     */
    VideoRequest.Builder request(List<String> prompts) throws IOException {
        return request(prompts, 0, prompts.size());
    }

    /** {@return a request for each prompt} */
    List<VideoRequest.Builder> requests(List<String> prompts) throws IOException {
        List<VideoRequest.Builder> requests = new ArrayList<>();
        for (int i = 0; i < prompts.size(); i++) {
            requests.add(request(List.of(prompts.get(i)), i, prompts.size()));
        }
        return requests;
    }

    /**
     * {@return a request for a part of all prompts of a command, which may have an image or a video each}
     *
     * @param first index of the part's first prompt among all
     * @param all how many prompts there are
     */
    VideoRequest.Builder request(List<String> prompts, int first, int all) throws IOException {
        if (prompts.stream().anyMatch(String::isBlank)) {
            throw new IllegalArgumentException("--prompt: expected words, found an empty text");
        }
        if (steps != null && timesteps != null) {
            throw new IllegalArgumentException("--steps, --timesteps: expected one of them, found both");
        }
        VideoRequest.Builder request = VideoRequest.builder(prompts.toArray(String[]::new)).guidanceScale(guidanceScale).seed(seed);
        set(steps, request::steps);
        set(timesteps, request::timesteps);
        set(height, request::height);
        set(width, request::width);
        set(scheduler, request::scheduler);
        set(spacing, request::timestepSpacing);
        set(eta, request::eta);
        set(maxSequenceLength, request::maxSequenceLength);
        if (dynamicCfg) {
            request.dynamicCfg();
        }
        if (vaeTiling) {
            request.vaeTiling();
        }
        if (vaeSlicing) {
            request.vaeSlicing();
        }
        set(frames, request::frames);
        source.addTo(request, frames, first, prompts.size(), all);
        return request;
    }

    private static <T> void set(T value, Consumer<T> setter) {
        if (value != null) {
            setter.accept(value);
        }
    }

    /** {@return what videos were made with and numbers measured with, by names to be shown} */
    Map<String, String> conditions(CommandSpec spec, ModelOptions model, String size) {
        Map<String, String> conditions = new LinkedHashMap<>();
        conditions.put("command", Machine.command(spec.commandLine().getParseResult().originalArgs()));
        conditions.put("model", model.name());
        conditions.put("size", size);
        if (timesteps == null) {
            conditions.put("steps", Integer.toString(steps()));
        } else {
            conditions.put("timesteps", Arrays.toString(timesteps));
        }
        conditions.put("guidance scale", guidanceScale + (dynamicCfg ? ", dynamic" : ""));
        conditions.put("seed", Long.toString(seed));
        conditions.putAll(Machine.facts());
        return conditions;
    }

    /** {@return what a calibration holds for, by the names in its file} */
    Map<String, String> facts(ModelDescription model) {
        Map<String, String> facts = new LinkedHashMap<>();
        TransformerConfig transformer = model.transformer();
        facts.put("model", transformer.numLayers() + " layers of " + transformer.innerDim() + switch (model.kind()) {
            case TEXT_TO_VIDEO -> "";
            case IMAGE_TO_VIDEO -> ", image to video";
            case CONTROL_TO_VIDEO -> ", control to video";
        });
        facts.put("scheduler", Objects.requireNonNullElse(scheduler, model.scheduler().kind()).className() + " "
                + NameConverter.name(Objects.requireNonNullElse(spacing, model.scheduler().timestepSpacing())));
        facts.put("steps", Integer.toString(steps()));
        facts.put("guidance_scale", Double.toString(guidanceScale));
        facts.put("height", Integer.toString(height(model)));
        facts.put("width", Integer.toString(width(model)));
        facts.put("frames", Integer.toString(frames(model)));
        return facts;
    }
}
