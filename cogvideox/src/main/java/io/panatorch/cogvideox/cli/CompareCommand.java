package io.panatorch.cogvideox.cli;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.SessionOptions;
import io.panatorch.cache.calibration.CalibratedMethod;
import io.panatorch.cogvideox.CogVideoXPipeline;
import io.panatorch.cogvideox.ModelDescription;
import io.panatorch.cogvideox.StepEvent;
import io.panatorch.cogvideox.VideoRequest;
import io.panatorch.cogvideox.cli.SettingParser.Parsed;
import io.panatorch.cogvideox.compare.Comparison;
import io.panatorch.cogvideox.compare.Setting;
import io.panatorch.cogvideox.compare.Standing;
import io.panatorch.cogvideox.compare.Trial;
import io.panatorch.cogvideox.video.Frames;
import io.panatorch.io.AtomicFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code panatorch compare}: what each cache setting saves, and what it costs. */
@Command(
        name = "compare",
        description = "Makes the same videos without a cache and with each cache setting, and says how long that took and how close"
                + " they are.",
        versionProvider = Versions.class,
        mixinStandardHelpOptions = true,
        sortOptions = false,
        abbreviateSynopsis = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {"0:all is done", "1:it failed", "2:wrong use of the command"},
        footerHeading = "%n" + Outputs.RULE + "%n%nExamples:%n",
        footer = {
            "  panatorch compare --output compare.html \\",
            "      --prompt \"a red circle moving right on a blue background\"",
            "  panatorch compare --prompts prompts.txt \\",
            "      --setting \"--cache pab\" --setting \"--cache teacache\""
        })
final class CompareCommand implements Callable<Integer> {

    @Mixin
    private ModelOptions model;

    @Mixin
    private PromptOptions prompts;

    @Mixin
    private RequestOptions video;

    @Option(names = "--setting", paramLabel = "[NAME: ]OPTIONS",
            description = "options of 'generate' that say what is cached, such as '--cache pab --pab-spatial-skip 3' or"
                    + " 'bold: --cache teacache --cache-option threshold=0.3'; given several times, one setting each"
                    + " (default: every method with its own settings). MagCache without ratios is calibrated first,"
                    + " and so is TeaCache for a model that none are published for")
    private List<String> settings;

    @Option(names = "--never-reusing",
            description = "also compare each setting with every step computed: what its looking costs where it saves nothing")
    private boolean neverReusing;

    @Option(names = "--repeats", paramLabel = "N", defaultValue = "1",
            description = "make each prompt's videos N times, all settings in turn each time, for speed-ups to be believed"
                    + " (default: ${DEFAULT-VALUE})")
    private int repeats;

    @Option(names = "--output", paramLabel = "FILE.html",
            description = "page with the table, the videos side by side, and pictures of what was computed; it needs no network")
    private Path output;

    @Option(names = "--stats", paramLabel = "FILE", description = "JSON file with all numbers")
    private Path stats;

    @Option(names = "--quiet", description = "show errors only")
    private boolean quiet;

    @Spec
    private CommandSpec spec;

    private final Terminal terminal;

    CompareCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        if (quiet) {
            terminal.beQuiet();
        }
        model.check(terminal);
        if (repeats < 1) {
            throw new IllegalArgumentException("--repeats: expected 1 or more, found " + repeats);
        }
        List<String> texts = prompts.texts();
        List<VideoRequest.Builder> requests = video.requests(texts);
        Map<Parsed, Setting> all = new LinkedHashMap<>();
        for (Parsed parsed : SettingParser.parse(Objects.requireNonNullElse(settings, CacheOptions.methods()))) {
            all.put(parsed, parsed.setting(model.description(), terminal));
        }
        checkOutputs();
        for (VideoRequest.Builder request : requests) {
            model.description().check(request.build());
        }
        terminal.progress("loading");
        try (CogVideoXPipeline pipeline = model.load()) {
            for (Parsed parsed : all.keySet()) {
                parsed.options().warnOfOtherFacts(video.facts(pipeline.model()), terminal);
            }
            compare(pipeline, texts, requests, all);
        }
        return ExitCode.OK;
    }

    private void checkOutputs() throws IOException {
        Outputs.check(spec.commandLine().getParseResult(), stats, output);
        if (output != null) {
            if (!output.toString().toLowerCase(Locale.ROOT).endsWith(".html")) {
                throw new IllegalArgumentException("--output: expected a file that ends with .html, found " + output);
            }
            AtomicFile.check(output);
            PageVideo.check();
        }
        if (stats != null) {
            AtomicFile.check(stats);
        }
    }

    private void compare(CogVideoXPipeline pipeline, List<String> texts, List<VideoRequest.Builder> requests,
            Map<Parsed, Setting> all) throws IOException {
        CacheStatistics changes = warmUp(pipeline, requests.getFirst());
        calibrate(pipeline, requests.getFirst(), all);
        List<Setting> compared = new ArrayList<>();
        all.forEach((parsed, setting) -> {
            compared.add(setting);
            if (neverReusing) {
                compared.add(parsed.neverReusing(setting, video.steps()));
            }
        });
        int runs = texts.size() * (compared.size() + 1) * repeats;
        List<PageVideo> videos = new ArrayList<>();
        AtomicReference<String> size = new AtomicReference<>();
        List<Standing> standings = new Comparison(pipeline, new Comparison.Listener() {
            @Override
            public void step(int run, String setting, StepEvent step) {
                showStep("video " + (run + 1) + "/" + runs + ": " + setting, step);
            }

            @Override
            public void prompt(int prompt, Map<String, Frames> pictures, List<Trial> trials) throws IOException {
                Frames first = pictures.values().iterator().next();
                size.set("%d × %d pixels, %d frames".formatted(first.width(), first.height(), first.count()));
                if (output != null) {
                    videos.add(PageVideo.of(List.copyOf(pictures.values()), labels(pictures, trials)));
                }
            }
        }).run(requests, compared, repeats);
        report(new ComparisonReport(texts, standings, video.conditions(spec, model, size.get())), videos, changes);
    }

    /** The table first: it is there also where a file cannot be written any more. */
    private void report(ComparisonReport report, List<PageVideo> videos, CacheStatistics changes) throws IOException {
        report.lines().forEach(terminal::line);
        if (stats != null) {
            report.writeJson(stats);
        }
        if (output != null) {
            report.page(videos, changes).write(output);
            terminal.line("");
            terminal.line("page: " + output);
        }
    }

    private void showStep(String what, StepEvent step) {
        terminal.progress(what + ", step " + (step.index() + 1) + "/" + step.count());
    }

    /** The first generation is slower than all others, so it is not counted; how outputs change is measured in it. */
    private CacheStatistics warmUp(CogVideoXPipeline pipeline, VideoRequest.Builder request) {
        CacheMethod none = output == null ? CacheMethod.none() : CacheMethod.none().with(SessionOptions.DEFAULT.withMeasuring());
        return generate(pipeline, request, none, step -> showStep("warm-up", step));
    }

    /** Makes the settings anew that lack numbers of a calibration. */
    private void calibrate(CogVideoXPipeline pipeline, VideoRequest.Builder request, Map<Parsed, Setting> all) throws IOException {
        ModelDescription description = model.description();
        for (CalibratedMethod method : CalibratedMethod.values()) {
            List<Parsed> uncalibrated = new ArrayList<>();
            for (Parsed parsed : all.keySet()) {
                if (parsed.options().uncalibrated(description).filter(method::equals).isPresent()) {
                    uncalibrated.add(parsed);
                }
            }
            if (!uncalibrated.isEmpty()) {
                CacheMethod calibration = method.calibration(
                        numbers -> uncalibrated.forEach(parsed -> parsed.options().calibrate(method, numbers)));
                generate(pipeline, request, calibration, step -> showStep("calibration of " + method.title(), step));
            }
            for (Parsed parsed : uncalibrated) {
                if (parsed.options().uncalibrated(description).isPresent()) {
                    throw new IllegalArgumentException("--setting '" + parsed.text() + "': the calibration of " + method.title()
                            + " gave no numbers; give them by --cache-option " + method.key() + "=…");
                }
                all.put(parsed, parsed.setting(description, terminal));
            }
        }
    }

    private static CacheStatistics generate(CogVideoXPipeline pipeline, VideoRequest.Builder request, CacheMethod method,
            Consumer<StepEvent> onStep) {
        try (var result = pipeline.generate(request.cache(method).onStep(onStep).build())) {
            return result.cache();
        }
    }

    private static List<PageVideo.Label> labels(Map<String, Frames> videos, List<Trial> trials) {
        List<PageVideo.Label> labels = new ArrayList<>();
        for (String name : videos.keySet()) {
            double psnr = trials.get(labels.size()).quality().psnr();
            labels.add(new PageVideo.Label(name, labels.isEmpty() ? "" : ComparisonReport.decibels(psnr)));
        }
        return labels;
    }
}
