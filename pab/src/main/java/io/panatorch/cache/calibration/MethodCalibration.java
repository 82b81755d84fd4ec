package io.panatorch.cache.calibration;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.settings.CacheConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Finds the settings of a method that keep a target PSNR and save as much time as they can. A method has one number that makes it bolder,
 * its threshold or its interval; where it needs others that are of the model, as MagCache's ratios, they are measured first.
 *
 * <p>{@link PabCalibration} does more for Pyramid Attention Broadcast.
 */
public final class MethodCalibration {

    /** Thresholds lie so close that the next one makes little difference. */
    private static final int RUNGS = 16;

    private static final int LONGEST_INTERVAL = 12;

    /** A method with one number to be found. */
    private enum Ladder {
        FIRST_BLOCK("first-block", null, thresholds(0.01, 1)),
        MAGCACHE(CalibratedMethod.MAGCACHE.method(), CalibratedMethod.MAGCACHE, thresholds(0.005, 0.5)),
        TEACACHE(CalibratedMethod.TEACACHE.method(), CalibratedMethod.TEACACHE, thresholds(0.02, 2)),
        TAYLORSEER("taylorseer", null,
                IntStream.rangeClosed(2, LONGEST_INTERVAL).mapToObj(n -> Map.<String, Object>of("cache-interval", n)).toList());

        private final String method;
        private final CalibratedMethod numbers; // that are measured; null for none
        private final List<Map<String, Object>> rungs;

        Ladder(String method, CalibratedMethod numbers, List<Map<String, Object>> rungs) {
            this.method = method;
            this.numbers = numbers;
            this.rungs = rungs;
        }

        private static List<Map<String, Object>> thresholds(double low, double high) {
            return IntStream.range(0, RUNGS)
                    .mapToObj(i -> Map.<String, Object>of("threshold", rounded(low * Math.pow(high / low, i / (RUNGS - 1.0))))).toList();
        }

        /** To two digits. */
        private static double rounded(double number) {
            double unit = Math.pow(10, Math.floor(Math.log10(number)) - 1);
            return Double.parseDouble(String.format(Locale.ROOT, "%.6g", Math.rint(number / unit) * unit));
        }
    }

    private final double targetPsnr;
    private final Consumer<String> listener;

    /**
     * A setting that was measured.
     *
     * @param config the method and its settings
     * @param figures on the prompts of the calibration
     * @param keeps whether it keeps the target
     */
    public record Tried(CacheConfig config, Figures figures, boolean keeps) {}

    /**
     * What was found.
     *
     * @param best the fastest that keeps the target
     * @param tried all that was measured, from the most careful up
     */
    public record Found(Tried best, List<Tried> tried) {

        /** Copies the list. */
        public Found {
            tried = List.copyOf(tried);
        }
    }

    /**
     * A calibration.
     *
     * @param targetPsnr in decibels, above 0: the mean over the prompts, to be exceeded by its standard error
     * @param listener is told of each measurement before it begins
     */
    public MethodCalibration(double targetPsnr, Consumer<String> listener) {
        this.targetPsnr = CalibrationOptions.of(targetPsnr).targetPsnr();
        this.listener = Objects.requireNonNull(listener, "listener");
    }

    /** {@return the names of the methods that can be calibrated so} */
    public static List<String> methods() {
        return List.of(Ladder.values()).stream().map(ladder -> ladder.method).toList();
    }

    /**
     * Calibrates a method.
     *
     * @param method one of {@link #methods}
     * @param prompts to measure with; none of them twice
     * @param evaluator what it throws ends the calibration
     * @throws IllegalArgumentException where the method is another one, there is no prompt, or the model gives none of the numbers that the
     *     method needs
     * @throws UnreachableTargetException where not even the most careful setting keeps the target and saves time
     */
    public Found calibrate(String method, List<String> prompts, Evaluator evaluator) throws UnreachableTargetException {
        Ladder ladder = List.of(Ladder.values()).stream().filter(each -> each.method.equals(method)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("method: expected one of " + methods() + ", found " + method));
        Map<String, Object> numbers = ladder.numbers == null ? Map.of()
                : Map.of(ladder.numbers.key(), measured(ladder.numbers, prompts, evaluator));
        return calibrate(ladder.rungs.stream().map(rung -> {
            Map<String, Object> settings = new LinkedHashMap<>(rung);
            settings.putAll(numbers);
            return new CacheConfig(method, settings);
        }).toList(), prompts, evaluator);
    }

    /**
     * Calibrates any method.
     *
     * @param settings its settings, from the most careful to the boldest; those that can reuse nothing in the generations are left out
     * @param prompts to measure with; none of them twice
     * @param evaluator what it throws ends the calibration
     * @throws IllegalArgumentException where there is no setting or prompt, or a method does not take its settings
     * @throws UnreachableTargetException where not even the most careful setting keeps the target and saves time
     */
    public Found calibrate(List<CacheConfig> settings, List<String> prompts, Evaluator evaluator) throws UnreachableTargetException {
        if (settings.isEmpty() || prompts.isEmpty()) {
            throw new IllegalArgumentException("calibration: expected a setting and a prompt or more, found " + settings.size() + " and "
                    + prompts.size());
        }
        listener.accept(settings.getFirst().name() + ", without a cache");
        Observer observer = Observer.ofAll();
        evaluator.run(prompts.getFirst(), observer);
        List<CacheConfig> rungs = settings.stream().filter(each -> canReuse(each.method(), observer.runs())).toList();
        if (rungs.isEmpty()) {
            throw new UnreachableTargetException(settings.getFirst().name() + " can reuse nothing in these generations");
        }
        LadderCalibration search = new LadderCalibration(targetPsnr,
                rung -> listener.accept(rungs.get(rung).name() + ", setting " + (rung + 1) + " of " + rungs.size()));
        List<LadderCalibration.Tried> all = search.calibrate(rungs.stream().map(CacheConfig::method).toList(), prompts, evaluator);
        List<Tried> tried = all.stream().map(each -> new Tried(rungs.get(each.rung()), each.figures(), each.keeps())).toList();
        return LadderCalibration.best(all).map(best -> new Found(tried.get(all.indexOf(best)), tried))
                .orElseThrow(() -> tried.stream().anyMatch(Tried::keeps)
                        ? new UnreachableTargetException(settings.getFirst().name() + ": what keeps the target saves no time")
                        : new UnreachableTargetException(targetPsnr, all.getFirst().figures().psnr()));
    }

    private static boolean canReuse(CacheMethod method, List<CacheRun> runs) {
        return runs.stream().anyMatch(run -> method.canReuse(run.of(method.kinds())));
    }

    /** The mean over the prompts. Each prompt's polynomial of TeaCache is fitted at the same places, so that the mean of them is one. */
    private List<Double> measured(CalibratedMethod method, List<String> prompts, Evaluator evaluator) {
        List<List<Double>> each = new ArrayList<>();
        for (String prompt : prompts) {
            listener.accept(method.method() + ", measuring " + method.key());
            evaluator.run(prompt, method.calibration(each::add));
        }
        int count = each.stream().mapToInt(List::size).min().orElse(0);
        if (each.size() != prompts.size() || each.stream().anyMatch(numbers -> numbers.size() != count)) {
            throw new IllegalArgumentException(method.method() + ": expected " + method.key() + " of each generation, found "
                    + each.stream().map(List::size).toList() + " numbers of " + prompts.size() + " generations");
        }
        return IntStream.range(0, count)
                .mapToObj(i -> each.stream().mapToDouble(numbers -> numbers.get(i)).average().orElseThrow()).toList();
    }
}
