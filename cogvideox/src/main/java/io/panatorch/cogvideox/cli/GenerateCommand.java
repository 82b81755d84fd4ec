package io.panatorch.cogvideox.cli;

import io.panatorch.cogvideox.CogVideoXPipeline;
import io.panatorch.cogvideox.DemoModel;
import io.panatorch.cogvideox.TextToVideoRequest;
import io.panatorch.cogvideox.TextToVideoResult;
import io.panatorch.cogvideox.vae.VaeConfig;
import io.panatorch.device.LibtorchInfo;
import io.panatorch.io.InvalidFileException;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.nio.file.Files;
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
    private static final int MAX_THREADS = 1024;

    @Option(names = "--model", paramLabel = "DIR",
            description = "diffusers directory of a CogVideoX model (default: the demo model inside this program)")
    private Path model;

    @Option(names = "--prompt", paramLabel = "TEXT",
            description = "what the video shows (required); given several times, a batch of videos")
    private List<String> prompts; // picocli would ask for it before it names an option that is misspelled

    @Option(names = "--negative-prompt", paramLabel = "TEXT",
            description = "what it does not show; one for all prompts, or one for each (default: nothing)")
    private List<String> negativePrompts;

    @Option(names = "--height", paramLabel = "PIXELS", description = "height of the video (default: the model's)")
    private Integer height;

    @Option(names = "--width", paramLabel = "PIXELS", description = "width of the video (default: the model's)")
    private Integer width;

    @Option(names = "--frames", paramLabel = "N", description = "frames of the video (default: the model's)")
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

    @Option(names = "--latents", paramLabel = "FILE",
            description = "the initial noise itself, in place of a seed: safetensors file with \"latents\""
                    + " [batch, frames, channels, height, width]")
    private Path latents;

    @Mixin
    private OutputOptions outputs;

    @Mixin
    private CacheOptions cache;

    @Option(names = "--device", paramLabel = "NAME", defaultValue = "cpu",
            description = "where it is computed; only cpu works yet (default: ${DEFAULT-VALUE})")
    private String device;

    @Option(names = "--dtype", paramLabel = "NAME", defaultValue = "float32",
            description = "what it is computed in; only float32 works yet (default: ${DEFAULT-VALUE})")
    private String dtype;

    @Option(names = "--threads", paramLabel = "N", description = "threads of an operation (default: libtorch's choice)")
    private Integer threads;

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
        requireSupported("--device", device, Device.CPU.toString());
        requireSupported("--dtype", dtype, DType.FLOAT32.torchName());
        if (threads != null && (threads < 1 || threads > MAX_THREADS)) {
            throw new IllegalArgumentException("--threads: expected 1 to " + MAX_THREADS + ", found " + threads);
        }
        TextToVideoRequest.Builder request = request();
        outputs.check(prompts.size());
        generate(request);
        return ExitCode.OK;
    }

    private static void requireSupported(String option, String found, String supported) {
        if (!found.equals(supported)) {
            throw new IllegalArgumentException(option + ": expected " + supported + ", found " + found
                    + ", which does not work yet");
        }
    }

    /** All of the request that needs no tensor. */
    private TextToVideoRequest.Builder request() {
        if (prompts == null) {
            throw new IllegalArgumentException("expected --prompt, found none");
        }
        if (prompts.stream().anyMatch(String::isBlank)) {
            throw new IllegalArgumentException("--prompt: expected words, found an empty text");
        }
        TextToVideoRequest.Builder request = TextToVideoRequest.builder(prompts.toArray(String[]::new))
                .steps(steps)
                .guidanceScale(guidanceScale)
                .seed(seed)
                .cache(cache.method(terminal))
                .onStep(new ProgressBar(terminal)::show);
        if (negativePrompts != null) {
            request.negativePrompts(negativePrompts.toArray(String[]::new));
        }
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

    private void generate(TextToVideoRequest.Builder request) throws IOException {
        Map<String, Double> seconds = new LinkedHashMap<>();
        terminal.progress("loading");
        long start = System.nanoTime();
        if (threads != null) {
            LibtorchInfo.setThreads(threads);
        }
        Path folder = model == null ? DemoModel.folder() : model;
        try (CogVideoXPipeline pipeline = load(folder);
                Safetensors noise = latents == null ? null : Safetensors.open(latents);
                var _ = TensorScope.open()) {
            if (noise != null) {
                request.latents(read(noise));
            }
            VaeConfig vae = VaeConfig.read(folder.resolve("vae/config.json"));
            seconds.put("load", secondsSince(start));
            terminal.progress("encoding");
            TextToVideoResult result = pipeline.generate(request.build());
            seconds.putAll(result.seconds());
            warnOfOtherFrames(result, vae);
            terminal.progress("writing");
            start = System.nanoTime();
            List<Path> written = outputs.write(result);
            seconds.put("write", secondsSince(start));
            Report report = new Report(result, seconds, written);
            if (outputs.stats() != null) {
                report.writeJson(outputs.stats());
            }
            report.lines().forEach(terminal::line);
        }
    }

    /** Each number of latent frames gives one number of frames; most numbers are given by none. */
    private void warnOfOtherFrames(TextToVideoResult result, VaeConfig vae) {
        long made = result.frames().size(1);
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

    private static CogVideoXPipeline load(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            throw new InvalidFileException(folder, "the folder does not exist");
        }
        try {
            return CogVideoXPipeline.load(folder, DType.FLOAT32, Device.CPU);
        } catch (IllegalArgumentException e) { // a value that no part of the model accepts; the command was right
            throw new InvalidFileException(folder, e.getMessage(), e);
        }
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
