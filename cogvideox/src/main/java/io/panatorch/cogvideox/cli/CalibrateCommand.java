package io.panatorch.cogvideox.cli;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.ComputedSteps;
import io.panatorch.cache.calibration.Calibration;
import io.panatorch.cache.calibration.CalibrationOptions;
import io.panatorch.cache.calibration.Evaluator;
import io.panatorch.cache.calibration.Figures;
import io.panatorch.cache.calibration.MethodCalibration;
import io.panatorch.cache.calibration.MethodCalibration.Tried;
import io.panatorch.cache.calibration.PabCalibration;
import io.panatorch.cache.calibration.UnreachableTargetException;
import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import io.panatorch.cache.settings.CacheConfig;
import io.panatorch.cache.settings.MethodChoice;
import io.panatorch.cogvideox.CogVideoXPipeline;
import io.panatorch.cogvideox.VideoRequest;
import io.panatorch.cogvideox.html.HtmlPage;
import io.panatorch.io.AtomicFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code panatorch calibrate}: the settings of a cache for a model and a quality. */
@Command(
        name = "calibrate",
        description = "Finds what may be skipped of a model, and when, so that videos keep a quality: by measuring, on the given"
                + " prompts. It makes some hundred videos.",
        versionProvider = Versions.class,
        mixinStandardHelpOptions = true,
        sortOptions = false,
        abbreviateSynopsis = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {"0:all is done", "1:it failed", "2:wrong use of the command"},
        footerHeading = "%n" + Outputs.RULE + "%n%nExamples:%n",
        footer = {
            "  panatorch calibrate --prompts prompts.txt --target-psnr 40 \\",
            "      --output rules.json --report rules.html",
            "  panatorch generate --cache-config rules.json --output up.mp4 \\",
            "      --prompt \"a green square moving up on a black background\"",
            "  panatorch calibrate --prompts prompts.txt --method all --target-psnr 40 --output best.json"
        })
final class CalibrateCommand implements Callable<Integer> {

    /** Without a file of its own, the check has every prompt of so many. */
    private static final int HELD_OUT = 3;

    private static final String PAB = "pab";
    private static final String ALL = "all";
    private static final List<String> METHODS =
            Stream.concat(Stream.of(PAB), MethodCalibration.methods().stream()).toList();

    @Mixin
    private ModelOptions model;

    @Mixin
    private PromptOptions prompts;

    @Option(names = "--check-prompts", paramLabel = "FILE",
            description = "text file with the prompts that the result is checked on (default: every third of the others, which is"
                    + " then not used to find it)")
    private Path checkPrompts;

    @Mixin
    private RequestOptions video;

    @Option(names = "--method", paramLabel = "NAME", defaultValue = PAB,
            description = "whose settings: pab, first-block, magcache, taylorseer, teacache; or all, of which the fastest that keeps"
                    + " the quality is taken (default: ${DEFAULT-VALUE})")
    private String method;

    @Option(names = "--vary", paramLabel = "KEY=V,V,...",
            description = "a setting of the method and its values, from the most careful to the boldest: those to choose from, in place of"
                    + " the usual ones; for any method that --cache takes without --cache-option, your own too")
    private String vary;

    @Option(names = "--target-psnr", paramLabel = "DB", defaultValue = "30",
            description = "mean peak signal-to-noise ratio to keep, in decibels, against videos without a cache"
                    + " (default: ${DEFAULT-VALUE})")
    private double target;

    @Option(names = "--layer-groups", paramLabel = "N", defaultValue = "3",
            description = "for pab: groups of layers, each of which may be left out; more make more videos (default: ${DEFAULT-VALUE})")
    private int layerGroups;

    @Option(names = "--bands", paramLabel = "N", defaultValue = "6",
            description = "for pab: bands of timesteps with a skip range each; more make more videos (default: ${DEFAULT-VALUE})")
    private int bands;

    @Option(names = "--output", paramLabel = "FILE.json", description = "the settings, for --cache-config")
    private Path output;

    @Option(names = "--report", paramLabel = "FILE.html",
            description = "page with the curves, the choice and the numbers; it needs no network")
    private Path report;

    @Option(names = "--quiet", description = "show errors only")
    private boolean quiet;

    @Spec
    private CommandSpec spec;

    private final Terminal terminal;

    CalibrateCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException, UnreachableTargetException {
        if (quiet) {
            terminal.beQuiet();
        }
        model.check(terminal);
        if (vary == null && !method.equals(ALL) && !METHODS.contains(method)) {
            throw new IllegalArgumentException("--method: expected " + String.join(", ", METHODS) + " or " + ALL
                    + ", or another one with --vary, found " + method);
        }
        List<CacheConfig> rungs = vary == null ? List.of() : rungs();
        CalibrationOptions options = CalibrationOptions.of(target).withGrid(layerGroups, bands);
        List<String> all = prompts.texts().stream().distinct().toList();
        List<String> unseen = checkPrompts == null ? heldOut(all) : PromptOptions.lines(checkPrompts);
        List<String> used = all.stream().filter(Predicate.not(unseen::contains)).toList();
        if (used.isEmpty() || unseen.isEmpty()) {
            throw new IllegalArgumentException(checkPrompts != null
                    ? "--prompts: expected one at least that is not one of --check-prompts, found " + used.size() + " of " + all.size()
                    : "--prompts: expected two different prompts or more, one of them to check the result on, found " + all.size());
        }
        Map<String, VideoRequest.Builder> requests = requests(all);
        if (checkPrompts != null) {
            requests.putAll(requests(unseen));
        }
        checkOutputs();
        for (VideoRequest.Builder request : requests.values()) {
            model.description().check(request.build());
        }
        terminal.progress("loading");
        try (CogVideoXPipeline pipeline = model.load()) {
            calibrate(pipeline, options, rungs, new Prompts(used, unseen), requests);
        }
        return ExitCode.OK;
    }

    private Map<String, VideoRequest.Builder> requests(List<String> texts) throws IOException {
        List<VideoRequest.Builder> all = video.requests(texts);
        Map<String, VideoRequest.Builder> requests = new HashMap<>();
        for (int i = 0; i < texts.size(); i++) {
            requests.put(texts.get(i), all.get(i));
        }
        return requests;
    }

    private static List<String> heldOut(List<String> all) {
        int last = Math.min(HELD_OUT, all.size()) - 1;
        return IntStream.range(0, all.size()).filter(i -> i % HELD_OUT == last).mapToObj(all::get).toList();
    }

    private void checkOutputs() throws IOException {
        Outputs.check(spec.commandLine().getParseResult(), output, report);
        if (report != null && !report.toString().toLowerCase(Locale.ROOT).endsWith(".html")) {
            throw new IllegalArgumentException("--report: expected a file that ends with .html, found " + report);
        }
        if (report != null) {
            AtomicFile.check(report);
        }
        if (output != null) {
            AtomicFile.check(output);
        }
    }

    /** Values are what they look like: numbers, true or false, or texts. */
    private List<CacheConfig> rungs() throws IOException {
        int equals = vary.indexOf('=');
        if (equals < 1) {
            throw new IllegalArgumentException("--vary: expected KEY=VALUE,VALUE,..., found '" + vary + "'");
        }
        try {
            List<CacheConfig> rungs = new ArrayList<>();
            for (String value : vary.substring(equals + 1).split(",", -1)) {
                Map<String, Object> settings = new LinkedHashMap<>();
                settings.put(vary.substring(0, equals), value(value));
                CacheOptions.complete(MethodChoice.of(method), settings, model.description());
                CacheConfig rung = new CacheConfig(method, settings);
                rung.method(); // what is wrong is said before anything is loaded
                rungs.add(rung);
            }
            return rungs;
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("--method " + method + " --vary " + vary + ": " + e.getMessage(), e);
        }
    }

    private static Object value(String text) {
        try {
            return text.matches("-?\\d+") ? (Object) Integer.valueOf(text) : Double.valueOf(text);
        } catch (NumberFormatException e) {
            return text.equals("true") || text.equals("false") ? (Object) Boolean.valueOf(text) : text;
        }
    }

    private void calibrate(CogVideoXPipeline pipeline, CalibrationOptions options, List<CacheConfig> rungs, Prompts by,
            Map<String, VideoRequest.Builder> requests) throws IOException, UnreachableTargetException {
        warmUp(pipeline, requests.get(by.used.getFirst()));
        try (var evaluator = new PipelineEvaluator(pipeline, requests::get)) {
            if (method.equals(PAB) && rungs.isEmpty()) {
                calibratePab(pipeline, evaluator, options, by);
            } else {
                calibrateMethods(pipeline, evaluator, options, rungs, by);
            }
        }
    }

    private Calibration pab(Evaluator evaluator, CalibrationOptions options, List<String> used) throws UnreachableTargetException {
        return new PabCalibration(options, progress -> terminal.progress(
                "video " + progress.run() + "/" + progress.ofRuns() + ": " + progress.stage())).calibrate(used, evaluator);
    }

    private void calibrateMethods(CogVideoXPipeline pipeline, Evaluator evaluator, CalibrationOptions options, List<CacheConfig> rungs,
            Prompts by) throws IOException, UnreachableTargetException {
        MethodCalibration calibration = new MethodCalibration(target, terminal::progress);
        List<Tried> tried = new ArrayList<>();
        List<CacheConfig> best = new ArrayList<>();
        List<String> missed = new ArrayList<>();
        UnreachableTargetException failure = null;
        for (String name : method.equals(ALL) && rungs.isEmpty() ? METHODS : List.of(method)) {
            try {
                if (name.equals(PAB) && rungs.isEmpty()) {
                    best.add(new CacheConfig(PAB, pab(evaluator, options, by.used).settings()));
                } else {
                    MethodCalibration.Found found = rungs.isEmpty() ? calibration.calibrate(name, by.used, evaluator)
                            : calibration.calibrate(rungs, by.used, evaluator);
                    tried.addAll(found.tried());
                    best.add(found.best().config());
                }
            } catch (UnreachableTargetException e) {
                failure = e;
                missed.add("note: " + name + ": " + e.getMessage());
            } catch (IllegalArgumentException e) { // of several methods, one that does not fit the model or the schedule
                if (!method.equals(ALL)) {
                    throw e;
                }
                missed.add("note: " + name + ": " + e.getMessage());
            }
        }
        if (best.isEmpty() && failure != null) {
            throw failure;
        } else if (best.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", missed).replace("note: ", ""));
        }
        MethodReport result = report(pipeline, evaluator, best, by, tried, missed);
        CacheConfig choice = result.finalists().getFirst().config();
        end(choice.name(), choice.settings(), video.facts(pipeline.model()), result.expected(), () -> result.page(output), result.lines(),
                result.finalists().getFirst().unseen());
    }

    /** Prompts by their use. */
    private record Prompts(List<String> used, List<String> unseen) {}

    /** All finalists are measured again, side by side: what was measured of each was at another time. */
    private MethodReport report(CogVideoXPipeline pipeline, Evaluator evaluator, List<CacheConfig> best, Prompts by, List<Tried> tried,
            List<String> missed) {
        List<CacheMethod> methods = best.stream().map(CacheConfig::method).toList();
        terminal.progress("comparing the best of each");
        List<Figures> onUsed = Figures.measure(by.used, evaluator, methods);
        terminal.progress("checking on other prompts");
        List<Figures> onUnseen = Figures.measure(by.unseen, evaluator, methods);
        List<MethodReport.Finalist> finalists = IntStream.range(0, best.size())
                .mapToObj(i -> new MethodReport.Finalist(best.get(i), onUsed.get(i), onUnseen.get(i)))
                .sorted(Comparator.comparingDouble((MethodReport.Finalist each) -> each.used().speedUp().median()).reversed()).toList();
        return new MethodReport(target, tried, finalists, missed, by.used.size(), by.unseen.size(),
                conditions(video.facts(pipeline.model())));
    }

    private void calibratePab(CogVideoXPipeline pipeline, Evaluator evaluator, CalibrationOptions options, Prompts by)
            throws IOException, UnreachableTargetException {
        PyramidAttentionBroadcast preset = PyramidAttentionBroadcast.cogVideoX();
        Calibration found = pab(evaluator, options, by.used);
        terminal.progress("checking on other prompts");
        List<Figures> checked = Figures.measure(by.unseen, evaluator, List.of(found.method(), preset));
        Map<String, String> facts = video.facts(pipeline.model());
        CalibrationReport result = new CalibrationReport(found, checked.getFirst(), checked.getLast(), by.used.size(),
                by.unseen.size(), conditions(facts));
        end(PAB, found.settings(), facts, result.expected(), () -> result.page(output), result.lines(), checked.getFirst());
    }

    /** Writes the files, then tells what was found. */
    private void end(String name, Map<String, Object> settings, Map<String, String> facts, Map<String, Double> expected,
            Supplier<HtmlPage> page, List<String> lines, Figures onUnseen) throws IOException {
        if (output != null) {
            new CacheConfig(name, settings, ComputedSteps.NONE, facts, expected).write(output);
        }
        if (report != null) {
            page.get().write(report);
        }
        lines.forEach(terminal::line);
        warnWhereMissed(onUnseen);
        if (output != null) {
            terminal.line("settings: " + output);
        }
        if (report != null) {
            terminal.line("page: " + report);
        }
    }

    /** The first generation is slower than all others. */
    private void warmUp(CogVideoXPipeline pipeline, VideoRequest.Builder request) {
        terminal.progress("warming up");
        pipeline.generate(request.cache(CacheMethod.none()).build()).close();
    }

    private void warnWhereMissed(Figures unseen) {
        if (unseen.psnr() < target) {
            terminal.warning(String.format(Locale.ROOT, "the prompts that were not used have a mean PSNR of %.1f dB, below the"
                    + " target of %.1f dB: give more prompts, or a higher target", unseen.psnr(), target));
        }
    }

    private Map<String, String> conditions(Map<String, String> facts) {
        Map<String, String> conditions = new LinkedHashMap<>();
        conditions.put("command", Machine.command(spec.commandLine().getParseResult().originalArgs()));
        conditions.put("model", model.name() + ", " + facts.get("model"));
        conditions.put("scheduler", facts.get("scheduler"));
        conditions.put("size", facts.get("width") + " × " + facts.get("height") + " pixels, " + facts.get("frames") + " frames");
        conditions.put("steps", facts.get("steps"));
        conditions.put("guidance scale", facts.get("guidance_scale"));
        conditions.put("seed", Long.toString(video.seed()));
        conditions.putAll(Machine.facts());
        return conditions;
    }
}
