package io.panatorch.cogvideox.cli;

import io.panatorch.cogvideox.CogVideoXPipeline;
import io.panatorch.cogvideox.TextToVideoRequest;
import io.panatorch.cogvideox.TextToVideoResult;
import io.panatorch.io.InvalidFileException;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.DType;
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
import picocli.CommandLine.Option;

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

    @Option(names = "--allow-non-finite",
            description = "go on where NaN or infinity come up, and write what is made of them; by default that is an error")
    private boolean allowNonFinite;

    @Option(names = "--quiet", description = "show errors only")
    private boolean quiet;

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
        video.checkSizes(model, prompts.size());
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
        if (allowNonFinite) {
            request.allowNonFinite();
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
            cache.warnOfOtherFacts(video.facts(model, pipeline), terminal);
            seconds.put("load", secondsSince(start));
            terminal.progress("encoding");
            try (TextToVideoResult result = pipeline.generate(request.build())) {
                seconds.putAll(result.seconds());
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
        outputs.writeReports(report);
        report.lines().forEach(terminal::line);
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
