package io.panatorch.cache.calibration;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.SessionOptions;
import io.panatorch.cache.calibration.Evaluator.Trial;
import io.panatorch.cache.pab.BroadcastRule;
import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Finds rules of {@link PyramidAttentionBroadcast} that keep a target PSNR and save as much time as they can.
 *
 * <ol>
 *   <li>All prompts are generated without a cache, and again with every attention and MLP watched: what they take, and how
 *       their outputs change over the timesteps, which gives the bands.
 *   <li>Each part of the model is skipped alone in each band, at every second step, on the first prompts: the
 *       direction in which that moves the video. A model of first order predicts any choice from that.
 *   <li>A search takes the choice that saves most within the error of the target.
 *   <li>All prompts are generated with the choice. What it missed the target by, it is allowed more or less in the next round,
 *       until it keeps the target without wasting much of it.
 * </ol>
 *
 * <p>The target is the mean over the prompts, as papers report it; single prompts may lie below. So that prompts which took no
 * part keep it too, the prompts that did have to exceed it by the standard error of their mean: few or very different prompts
 * ask for a larger distance. Where times do not decide,
 * the same measurements give the same choice.
 */
public final class PabCalibration {

    /** Rounds end where the target is exceeded by no more. */
    private static final double CLOSE_ENOUGH = 0.5;

    private static final int ROUNDS = 6;
    private static final int PROBE_SKIP_RANGE = 2;
    private static final int FEWEST_STEPS = 4;
    private static final double MEDIAN = 0.5;

    /** In place of none at all, by which nothing could be divided. */
    private static final double LEAST_CHANGE = 1e-6;

    /** What a calibration tells meanwhile. */
    public record Progress(String stage, int run, int ofRuns) {}

    private final CalibrationOptions options;
    private final Consumer<Progress> listener;

    /** A calibration that tells nothing meanwhile. */
    public PabCalibration(CalibrationOptions options) {
        this(options, _ -> {});
    }

    /**
     * @param listener is told of each run before it begins
     */
    public PabCalibration(CalibrationOptions options, Consumer<Progress> listener) {
        this.options = options;
        this.listener = listener;
    }

    /**
     * Calibrates.
     *
     * @param prompts to measure with; none of them twice
     * @param evaluator what it throws ends the calibration
     * @throws IllegalArgumentException where there is no prompt, or generations have too few steps or rising timesteps
     * @throws UnreachableTargetException where not even the least that can be skipped keeps the target
     */
    public Calibration calibrate(List<String> prompts, Evaluator evaluator) throws UnreachableTargetException {
        return new Work(prompts, evaluator).calibrate();
    }

    /** One calibration. */
    private final class Work {

        private final List<String> prompts;
        private final List<String> probes;
        private final Evaluator evaluator;
        private final List<Trial> plain = new ArrayList<>();
        private final List<Trial> observed = new ArrayList<>();
        private int[] timesteps;
        private int runs;
        private int expectedRuns;

        Work(List<String> prompts, Evaluator evaluator) {
            if (prompts.isEmpty()) {
                throw new IllegalArgumentException("calibration: expected at least one prompt, found none");
            }
            this.prompts = List.copyOf(prompts);
            this.probes = prompts.subList(0, Math.min(options.probePrompts(), prompts.size()));
            this.evaluator = evaluator;
            this.expectedRuns = prompts.size() * (2 + ROUNDS);
        }

        Calibration calibrate() throws UnreachableTargetException {
            observe();
            List<CacheStatistics> statistics = observed.stream().map(Trial::statistics).toList();
            List<ChangeCurve> curves = statistics.getFirst().kinds().stream()
                    .map(kind -> ChangeCurve.of(kind.kind(), Arrays.stream(timesteps).boxed().toList(), statistics)).toList();
            if (curves.isEmpty()) {
                throw new IllegalArgumentException("calibration: expected a model with attentions or MLPs, found none");
            }
            double[] changes = IntStream.range(0, timesteps.length)
                    .mapToDouble(step -> curves.stream().mapToDouble(curve -> curve.median().get(step)).average().orElseThrow())
                    .map(change -> Math.max(change, LEAST_CHANGE)).toArray();
            Timeline timeline = new Timeline(timesteps, changes, Bands.split(changes, options.bands()));
            List<Part> parts = Parts.of(statistics, options.layerGroups());
            return choose(new ResponseModel(timeline, parts, probe(timeline, parts)), curves);
        }

        private void observe() {
            Observer observer = Observer.ofLayers();
            CacheMethod measuring = observer.with(SessionOptions.DEFAULT.withMeasuring());
            for (String prompt : prompts) {
                plain.add(run("without a cache", prompt, CacheMethod.none()));
                observed.add(run("measuring changes", prompt, measuring));
                timesteps = observer.runs().getLast().timesteps();
                check(timesteps);
            }
        }

        private static void check(int[] timesteps) {
            if (timesteps.length < FEWEST_STEPS) {
                throw new IllegalArgumentException(
                        "calibration: expected " + FEWEST_STEPS + " steps or more, found " + timesteps.length);
            }
            if (IntStream.range(1, timesteps.length).anyMatch(i -> timesteps[i] >= timesteps[i - 1])) {
                throw new IllegalArgumentException("calibration: expected falling timesteps, found "
                        + Arrays.toString(timesteps));
            }
        }

        /** Scalar products of the directions of all parts in all bands, the mean over the probing prompts. */
        private double[][] probe(Timeline timeline, List<Part> parts) {
            expectedRuns += timeline.bands() * parts.size() * probes.size();
            List<double[][]> products = new ArrayList<>();
            for (int i = 0; i < probes.size(); i++) {
                List<float[]> directions = new ArrayList<>();
                for (Part part : parts) {
                    for (int band = 0; band < timeline.bands(); band++) {
                        directions.add(direction(timeline, part, band, i));
                    }
                }
                products.add(Directions.products(directions));
            }
            return Directions.mean(products);
        }

        /** How a prompt's video moves per unit of lag. */
        private float[] direction(Timeline timeline, Part part, int band, int prompt) {
            CacheMethod method = Part.method(part.rules(PROBE_SKIP_RANGE, timeline.low(band), timeline.high(band)));
            Trial trial = run("one part at a time", probes.get(prompt), method);
            return Directions.of(plain.get(prompt).sample(), trial.sample(), timeline.lag(band, PROBE_SKIP_RANGE).sum());
        }

        private Calibration choose(ResponseModel model, List<ChangeCurve> curves) throws UnreachableTargetException {
            PlanSearch search = new PlanSearch(model, options.maxSkipRange());
            double allowed = options.targetPsnr(); // what the model is asked for
            Map<List<BroadcastRule>, Figures> tried = new LinkedHashMap<>();
            Plan best = Plan.empty(model);
            for (int round = 0; round < ROUNDS; round++) {
                Plan plan = search.within(Decibels.toError(allowed));
                if (plan.isEmpty() || tried.containsKey(plan.rules()) && !best.isEmpty()) {
                    break;
                }
                Figures figures = tried.computeIfAbsent(plan.rules(), _ -> measure(plan));
                double excess = figures.psnr() - figures.psnrError() - options.targetPsnr();
                if (excess >= 0 && plan.saved() > best.saved()) {
                    best = plan;
                }
                if (excess >= 0 && excess < CLOSE_ENOUGH) {
                    break;
                }
                allowed -= excess - CLOSE_ENOUGH / 2; // to the middle of what is close enough
            }
            if (best.isEmpty()) {
                throw new UnreachableTargetException(options.targetPsnr(),
                        tried.values().stream().mapToDouble(Figures::psnr).max()
                                .orElseGet(() -> Decibels.of(search.least().error())));
            }
            double base = ChangeCurve.percentile(plain.stream().map(Trial::seconds).toList(), MEDIAN);
            return new Calibration(options, best.rules(), curves, Decibels.of(best.error()), base / (base - best.saved()),
                    tried.get(best.rules()), runs);
        }

        private Figures measure(Plan plan) {
            CacheMethod method = Part.method(plan.rules());
            return Figures.of(plain, prompts.stream().map(prompt -> run("together", prompt, method)).toList());
        }

        private Trial run(String stage, String prompt, CacheMethod method) {
            listener.accept(new Progress(stage, ++runs, Math.max(expectedRuns, runs)));
            return evaluator.run(prompt, method);
        }
    }
}
