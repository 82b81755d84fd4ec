package io.panatorch.cogvideox.cli;

import io.panatorch.cogvideox.CogVideoXPipeline;
import io.panatorch.cogvideox.VideoRequest;
import io.panatorch.cogvideox.VideoResult;
import io.panatorch.io.InvalidFileException;
import io.panatorch.parallel.Ranks;
import io.panatorch.parallel.Traffic;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code panatorch generate}: from a sentence, and what else a model takes, to a video. */
@Command(
        name = "generate",
        description = "Makes a video from a sentence, and from an image or another video where the model takes one.",
        versionProvider = Versions.class,
        mixinStandardHelpOptions = true,
        sortOptions = false,
        abbreviateSynopsis = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {"0:all is done", "1:it failed", "2:wrong use of the command"})
final class GenerateCommand implements Callable<Integer> {

    private static final String LATENTS = "latents";

    /** Each is a file with a number. */
    private static final int MOST_VIDEOS = 1000;

    @Mixin
    private ModelOptions model;

    @Option(names = "--prompt", paramLabel = "TEXT",
            description = "what the video shows (required unless --prompts is given); given several times, a batch of videos,"
                    + " which are made together")
    private List<String> prompts; // picocli would ask for it before it names an option that is misspelled

    @Option(names = "--prompts", paramLabel = "FILE",
            description = "text file in UTF-8 with a prompt in each line. Its videos, and before them those of --prompt, are made one"
                    + " after another from the same noise, and all outputs are numbered")
    private Path promptsFile;

    @Option(names = "--negative-prompt", paramLabel = "TEXT",
            description = "what it does not show; one for all prompts, or one for each (default: nothing)")
    private List<String> negativePrompts;

    @Mixin
    private RequestOptions video;

    @Option(names = "--num-videos", paramLabel = "N", defaultValue = "1", description = "videos of each prompt (default: ${DEFAULT-VALUE})")
    private int videosPerPrompt;

    @Option(names = "--latents", paramLabel = "FILE",
            description = "the initial noise itself, in place of a seed: safetensors file with \"latents\""
                    + " [batch, frames, channels, height, width]")
    private Path latents;

    @Mixin
    private OutputOptions outputs;

    @Mixin
    private CacheOptions cache;

    @Mixin
    private RankOptions parallel;

    @Option(names = "--allow-non-finite",
            description = "go on where NaN or infinity come up, and write what is made of them; by default that is an error")
    private boolean allowNonFinite;

    @Option(names = "--quiet", description = "show errors only")
    private boolean quiet;

    @Spec
    private CommandSpec spec;

    private final Terminal terminal;
    private Ranks ranks;

    GenerateCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /**
     * A part of what is asked for: prompts whose videos are made together, and what is written of them.
     *
     * @param first index of the first prompt among all
     * @param negative one for all prompts, one for each, or null
     * @param name of the generation, before everything that is shown of it
     */
    private record Part(List<String> texts, int first, List<String> negative, OutputOptions outputs, String name) {}

    /**
     * A batch of videos, without negative prompts or with some, and what of it is written.
     *
     * @param prompts one for each video
     */
    private record Job(List<String> prompts, List<String> negative, VideoRequest.Builder request, OutputOptions outputs) {}

    /** {@return what its help ends with} */
    static String[] footer() {
        List<String> lines = new ArrayList<>(List.of("", Outputs.RULE, "", "Keys of --cache-option:"));
        lines.addAll(CacheOptions.help());
        lines.addAll(List.of("", "Examples:",
                "  panatorch generate --output red.mp4 \\",
                "      --prompt \"a red circle moving right on a blue background\"",
                "  panatorch generate --prompts prompts.txt --cache none --output video.gif"));
        return lines.toArray(String[]::new);
    }

    /** Of several ranks the first writes and tells. One that fails ends all, after it has said why: the others may wait for it for good. */
    @Override
    public Integer call() {
        if (quiet) {
            terminal.beQuiet();
        }
        ranks = parallel.open();
        terminal.speakFor(ranks.rank());
        try {
            parallel.check(ranks);
            model.guidanceParallel(ranks);
            generate();
            ranks.close();
            return ExitCode.OK;
        } catch (Exception | Error e) {
            int status = terminal.failure(e instanceof Exception failure ? OptionNames.in(failure, spec) : e);
            if (!terminal.isSilent()) { // else this process is ending, by which its launcher ends the others
                ranks.abort(status);
            }
            return status;
        }
    }

    private boolean writes() {
        return ranks.rank() == 0;
    }

    private void generate() throws IOException {
        model.check(terminal);
        if (videosPerPrompt < 1 || videosPerPrompt > MOST_VIDEOS) {
            throw new IllegalArgumentException("--num-videos: expected 1 to " + MOST_VIDEOS + ", found " + videosPerPrompt);
        }
        List<Part> parts = parts();
        if (writes()) {
            checkOutputs(parts);
        }
        try (Safetensors noise = latents == null ? null : Safetensors.open(latents);
                var _ = TensorScope.open()) { // for the noise
            List<Job> jobs = jobs(parts, noise == null ? null : read(noise));
            new MemoryCheck(model, jobs.getFirst().request.build()).require(terminal); // as large as any
            generate(jobs);
        }
    }

    /** @param initial noise of all, or null */
    private List<Job> jobs(List<Part> parts, Tensor initial) throws IOException {
        List<Job> jobs = new ArrayList<>();
        for (Part part : parts) {
            Job job = job(part, parts.size() == 1 ? part.texts.size() : parts.size());
            if (initial != null) {
                job.request.latents(initial);
            }
            model.description().check(job.request.build(), ranks);
            jobs.add(job);
        }
        return jobs;
    }

    /** What all parts have in common, such as an encoder, is looked for once. */
    private void checkOutputs(List<Part> parts) throws IOException {
        Path[] targets = parts.stream().flatMap(part -> part.outputs.targets(videos(part)).stream()).toArray(Path[]::new);
        Outputs.check(spec.commandLine().getParseResult(), targets);
        parts.getFirst().outputs.check(videos(parts.getFirst()));
        for (Part part : parts) {
            part.outputs.checkPlaces(videos(part));
        }
    }

    private int videos(Part part) {
        return part.texts.size() * videosPerPrompt;
    }

    /** One for all prompts, or one for each where they come from a file, of which nobody knows how long it is. */
    private List<Part> parts() throws IOException {
        if (promptsFile == null) {
            if (prompts == null) {
                throw new IllegalArgumentException("expected --prompt or --prompts, found neither");
            }
            return List.of(new Part(prompts, 0, negativePrompts, outputs, ""));
        }
        List<String> texts = PromptOptions.texts(prompts, promptsFile);
        int count = texts.size();
        if (negativePrompts != null && negativePrompts.size() != 1 && negativePrompts.size() != count) {
            throw new IllegalArgumentException("--negative-prompt: expected 1 or as many as prompts (" + count + "), found "
                    + negativePrompts.size());
        }
        List<Part> parts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            List<String> negative = negativePrompts == null ? null : List.of(negativePrompts.get(negativePrompts.size() == 1 ? 0 : i));
            parts.add(new Part(List.of(texts.get(i)), i, negative, outputs.numbered(i + 1), "video " + (i + 1) + "/" + count + ": "));
        }
        return parts;
    }

    /**
     * All of a request that needs no tensor.
     *
     * @param all how many prompts there are
     */
    private Job job(Part part, int all) throws IOException {
        VideoRequest.Builder request = video.request(part.texts, part.first, all)
                .videosPerPrompt(videosPerPrompt)
                .onStep(new ProgressBar(terminal, part.name)::show)
                .cache(cache.method(model.description(), terminal, part.outputs.measures()));
        if (part.negative != null) {
            request.negativePrompts(part.negative.toArray(String[]::new));
        }
        if (allowNonFinite) {
            request.allowNonFinite();
        }
        if (!writes() || !part.outputs.needFrames()) {
            request.latentsOnly();
        }
        List<String> negative = Objects.requireNonNullElse(part.negative, List.of());
        return new Job(repeated(part.texts), negative.size() == 1 ? negative : repeated(negative), request, part.outputs);
    }

    /** One for each video. */
    private List<String> repeated(List<String> texts) {
        return texts.stream().flatMap(text -> Collections.nCopies(videosPerPrompt, text).stream()).toList();
    }

    private void generate(List<Job> jobs) throws IOException {
        terminal.progress("loading");
        long start = System.nanoTime();
        try (CogVideoXPipeline pipeline = model.load()) {
            jobs.getFirst().outputs.checkSize(video.width(pipeline.model()), video.height(pipeline.model()));
            cache.warnOfOtherFacts(video.facts(pipeline.model()), terminal);
            Map<String, Double> seconds = new LinkedHashMap<>();
            seconds.put("load", secondsSince(start));
            for (Job job : jobs) {
                if (jobs.size() > 1) {
                    terminal.line((job == jobs.getFirst() ? "" : "\n") + "prompt    " + job.prompts.getFirst());
                }
                if (writes() && job != jobs.getFirst()) {
                    job.outputs.check(job.prompts.size());
                }
                generate(pipeline, job, seconds);
                seconds.clear();
            }
        }
    }

    private void generate(CogVideoXPipeline pipeline, Job job, Map<String, Double> seconds) throws IOException {
        // Before the work, as it reads files.
        Recipe recipe = Recipe.of(job.prompts, job.negative, videosPerPrompt, latents, model, video, job.outputs, parallel,
                spec.commandLine().getParseResult());
        terminal.progress("encoding");
        Traffic before = ranks.traffic();
        try (VideoResult result = pipeline.generate(job.request.build())) {
            if (writes()) {
                seconds.putAll(result.seconds());
                write(result, recipe, job, seconds, ranks.traffic().since(before));
            }
        }
    }

    private void write(VideoResult result, Recipe recipe, Job job, Map<String, Double> seconds, Traffic traffic) throws IOException {
        terminal.progress("writing");
        long start = System.nanoTime();
        List<Path> written = job.outputs.write(result, recipe);
        seconds.put("write", secondsSince(start));
        Report report = new Report(result, recipe, seconds, job.outputs.encoders(), written, ranks.size(), traffic);
        job.outputs.writeReports(report, job.prompts, conditions(result, job));
        report.lines().forEach(terminal::line);
    }

    /** What the videos were made with. */
    private Map<String, String> conditions(VideoResult result, Job job) {
        Map<String, String> conditions = new LinkedHashMap<>();
        putNumbered(conditions, "prompt", job.prompts);
        putNumbered(conditions, "negative prompt", job.negative);
        conditions.putAll(video.conditions(spec, model, Report.size(result, "×")));
        if (latents != null) {
            conditions.remove("seed");
            conditions.put("initial noise", latents.toString());
        }
        return conditions;
    }

    private static void putNumbered(Map<String, String> conditions, String name, List<String> texts) {
        for (int i = 0; i < texts.size(); i++) {
            conditions.put(texts.size() == 1 ? name : name + " " + (i + 1), texts.get(i));
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
