package io.panatorch.cogvideox.cli;

import io.panatorch.cogvideox.CogVideoXPipeline;
import io.panatorch.cogvideox.TextToVideoRequest;
import io.panatorch.cogvideox.TextToVideoResult;
import io.panatorch.cogvideox.vae.VaeConfig;
import io.panatorch.io.InvalidFileException;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code panatorch generate}: from a sentence to a video. */
@Command(
        name = "generate",
        description = "Makes a video from a sentence.",
        versionProvider = Versions.class,
        mixinStandardHelpOptions = true,
        sortOptions = false,
        abbreviateSynopsis = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {"0:all is done", "1:it failed", "2:wrong use of the command"})
final class GenerateCommand implements Callable<Integer> {

    private static final String LATENTS = "latents";

    @Mixin
    private ModelOptions model;

    @Option(names = "--prompt", paramLabel = "TEXT",
            description = "what the video shows (required); given several times, a batch of videos")
    private List<String> prompts; // picocli would ask for it before it names an option that is misspelled

    @Option(names = "--negative-prompt", paramLabel = "TEXT",
            description = "what it does not show; one for all prompts, or one for each (default: nothing)")
    private List<String> negativePrompts;

    @Mixin
    private RequestOptions video;

    @Option(names = "--latents", paramLabel = "FILE",
            description = "the initial noise itself, in place of a seed: safetensors file with \"latents\""
                    + " [batch, frames, channels, height, width]")
    private Path latents;

    @Mixin
    private OutputOptions outputs;

    @Mixin
    private CacheOptions cache;

    @Option(names = "--quiet", description = "show errors only")
    private boolean quiet;

    @Spec
    private CommandSpec spec;

    private final Terminal terminal;

    GenerateCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        if (quiet) {
            terminal.beQuiet();
        }
        model.check();
        TextToVideoRequest.Builder request = request();
        outputs.check(prompts.size());
        generate(request);
        return ExitCode.OK;
    }

    /** All of the request that needs no tensor. */
    private TextToVideoRequest.Builder request() throws IOException {
        if (prompts == null) {
            throw new IllegalArgumentException("expected --prompt, found none");
        }
        TextToVideoRequest.Builder request = video.request(prompts)
                .cache(cache.method(terminal, outputs.measures()))
                .onStep(new ProgressBar(terminal)::show);
        if (negativePrompts != null) {
            request.negativePrompts(negativePrompts.toArray(String[]::new));
        }
        return request;
    }

    private void generate(TextToVideoRequest.Builder request) throws IOException {
        Map<String, Double> seconds = new LinkedHashMap<>();
        terminal.progress("loading");
        long start = System.nanoTime();
        try (CogVideoXPipeline pipeline = model.load();
                Safetensors noise = latents == null ? null : Safetensors.open(latents);
                var _ = TensorScope.open()) { // for the noise
            if (noise != null) {
                request.latents(read(noise));
            }
            outputs.checkSize(video.width(pipeline), video.height(pipeline));
            VaeConfig vae = VaeConfig.read(model.folder().resolve("vae/config.json"));
            cache.warnOfOtherFacts(video.facts(model, pipeline), terminal);
            seconds.put("load", secondsSince(start));
            terminal.progress("encoding");
            try (TextToVideoResult result = pipeline.generate(request.build())) {
                seconds.putAll(result.seconds());
                warnOfOtherFrames(result, vae);
                write(result, seconds);
            }
        }
    }

    private void write(TextToVideoResult result, Map<String, Double> seconds) throws IOException {
        terminal.progress("writing");
        long start = System.nanoTime();
        List<Path> written = outputs.write(result);
        seconds.put("write", secondsSince(start));
        Report report = new Report(result, seconds, written);
        outputs.writeReports(report, conditions(result));
        report.lines().forEach(terminal::line);
    }

    /** What the videos were made with. */
    private Map<String, String> conditions(TextToVideoResult result) {
        Map<String, String> conditions = new LinkedHashMap<>();
        for (int i = 0; i < prompts.size(); i++) {
            conditions.put("prompt" + (prompts.size() == 1 ? "" : " " + (i + 1)), prompts.get(i));
        }
        if (negativePrompts != null) {
            conditions.put("negative prompt", String.join("; ", negativePrompts));
        }
        Shape frames = result.frames().shape();
        conditions.putAll(video.conditions(spec, model,
                "%d × %d pixels, %d frames".formatted(frames.size(4), frames.size(3), frames.size(1))));
        if (latents != null) {
            conditions.remove("seed");
            conditions.put("initial noise", latents.toString());
        }
        return conditions;
    }

    /** Each number of latent frames gives one number of frames; most numbers are given by none. */
    private void warnOfOtherFrames(TextToVideoResult result, VaeConfig vae) {
        long made = result.frames().size(1);
        Integer frames = video.frames();
        if (frames != null && frames != made) {
            long latentFrames = result.latents().size(1);
            long fewer = made < frames ? made : vae.decodedFrames(latentFrames - 1);
            long more = made < frames ? vae.decodedFrames(latentFrames + 1) : made;
            terminal.warning("--frames " + frames + ": the model makes " + fewer + " or " + more + ", here " + made);
        }
    }

    private static double secondsSince(long start) {
        return (System.nanoTime() - start) / 1e9;
    }

    private static Tensor read(Safetensors file) throws IOException {
        if (!file.names().contains(LATENTS)) {
            throw new InvalidFileException(file.path(), "expected a tensor \"" + LATENTS
                    + "\" [batch, frames, channels, height, width], found " + file.names());
        }
        DType found = file.dtype(LATENTS);
        if (!found.isFloatingPoint()) {
            throw new InvalidFileException(file.path(), "tensor \"" + LATENTS + "\": expected a floating-point dtype, found "
                    + found.torchName());
        }
        return file.load(LATENTS);
    }
}
