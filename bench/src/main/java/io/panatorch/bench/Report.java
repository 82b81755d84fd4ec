package io.panatorch.bench;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import io.panatorch.cogvideox.CogVideoXPipeline;
import io.panatorch.cogvideox.DemoModel;
import io.panatorch.device.LibtorchInfo;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import org.openjdk.jmh.util.ListStatistics;
import org.openjdk.jmh.util.Statistics;

/** Measures everything and prints one Markdown table. */
public final class Report {

    /** How long is measured. */
    private enum Effort {
        /** Numbers to publish. */
        FULL(3, 5, TimeValue.seconds(1), 1_000_000, 100, 50),
        /** Whether the report works. */
        QUICK(1, 2, TimeValue.milliseconds(200), 100_000, 1, 8);

        final int forks;
        final int iterations;
        final TimeValue time;
        final int calls;
        final int generations;
        final int steps;

        Effort(int forks, int iterations, TimeValue time, int calls, int generations, int steps) {
            this.forks = forks;
            this.iterations = iterations;
            this.time = time;
            this.calls = calls;
            this.generations = generations;
            this.steps = steps;
        }
    }

    private static final double PERCENT = 100;

    private final StringBuilder table =
            new StringBuilder("| what | median | lowest – highest | remark |\n|---|---:|---:|---|\n");
    private final Effort effort;

    private Report(Effort effort) {
        this.effort = effort;
    }

    /**
     * Prints the report.
     *
     * @param args {@code full} or {@code quick}, and the folder of a model; the demo model if it is empty
     */
    public static void main(String[] args) throws Exception {
        Report report = new Report(Effort.valueOf(args[0].toUpperCase(Locale.ROOT)));
        System.err.println("measuring calls");
        report.calls();
        System.err.println("measuring generations");
        report.generations(args[1].isEmpty() ? DemoModel.folder() : Path.of(args[1]));
        LibtorchInfo libtorch = LibtorchInfo.load();
        System.out.printf("JDK %s (%s) · libtorch %s · %s · %d threads%n%n%s", Runtime.version(),
                System.getProperty("java.vendor"), libtorch.version(), processor(), LibtorchInfo.threads(), report.table);
    }

    private static String processor() throws IOException {
        Path file = Path.of("/proc/cpuinfo");
        if (Files.exists(file)) {
            try (Stream<String> lines = Files.lines(file)) {
                return lines.filter(line -> line.startsWith("model name"))
                        .map(line -> line.substring(line.indexOf(':') + 2))
                        .findFirst()
                        .orElse(System.getProperty("os.arch"));
            }
        }
        return System.getProperty("os.arch");
    }

    private void calls() throws IOException, InterruptedException, RunnerException {
        // Half before and half after, so that a machine that warms up or slows down does so for both sides of the ratio.
        ListStatistics loop = new ListStatistics();
        AddLoop.run(effort.iterations, effort.calls, loop);
        Map<String, Statistics> java = measure();
        AddLoop.run(effort.iterations, effort.calls, loop);

        row("bare downcall", java.get("DowncallBenchmark.bare"), "ns", "`pt_libtorch_version`");
        row("one-element add and free: C", loop, "ns", "`pt_add`, `pt_release` in a loop");
        againstC("– the two downcalls from Java", java.get("AddBenchmark.downcalls"), loop);
        againstC("– `Tensor.add` in its own scope", java.get("AddBenchmark.scoped"), loop);
        againstC("– `Tensor.add`, closed early", java.get("AddBenchmark.closedEarly"), loop);
        row("scope opened and closed, empty", java.get("ScopeBenchmark.empty"), "ns", "");
        row("– with ten aliases", java.get("ScopeBenchmark.tenTensors"), "ns", "20 downcalls");
        row("safetensors, 64 MiB: float32 as stored", java.get("SafetensorsBenchmark.zeroCopy"), "µs", "64 tensors, mapped");
        row("– float16 converted to float32", java.get("SafetensorsBenchmark.converted"), "ms", "128 MiB written");
    }

    /** All JMH benchmarks of this package, by {@code Class.method}. */
    private Map<String, Statistics> measure() throws RunnerException {
        Options options = new OptionsBuilder()
                .include(Report.class.getPackageName() + "\\..*")
                .forks(effort.forks)
                .warmupIterations(effort.iterations)
                .warmupTime(effort.time)
                .measurementIterations(effort.iterations)
                .measurementTime(effort.time)
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT)
                .build();
        Map<String, Statistics> results = new HashMap<>();
        for (RunResult result : new Runner(options).run()) {
            String name = result.getParams().getBenchmark().substring(Report.class.getPackageName().length() + 1);
            results.put(name, result.getPrimaryResult().getStatistics());
        }
        return results;
    }

    private void generations(Path model) throws IOException {
        try (var pipeline = CogVideoXPipeline.load(model, DType.FLOAT32, Device.CPU)) {
            EndToEnd none = new EndToEnd(pipeline, CacheMethod.none(), effort.steps);
            EndToEnd pab = new EndToEnd(pipeline, PyramidAttentionBroadcast.cogVideoX(), effort.steps);
            none.warmUp();
            pab.warmUp();
            ListStatistics faster = new ListStatistics(); // of neighbours, whom a slow moment of the machine meets alike
            for (int i = 0; i < effort.generations; i++) {
                faster.addValue(none.run(pab) / pab.run());
            }
            row("model, no cache: denoising", none.denoise, "s", effort.steps + " steps");
            row("– total", none.total, "s", "");
            row("model, PAB: denoising", pab.denoise, "s", "%.2f × as fast".formatted(median(faster)));
            row("– total", pab.total, "s", faster(none.total, pab.total));
            double limit = 1 / (1 - median(none.skippable));
            row("– part of denoising that it skips", none.skippable, "", "measured without a cache");
            line("– limit that follows", "%.2f ×".formatted(limit), "",
                    "%.0f %% of it reached".formatted(PERCENT * median(faster) / limit));
            line("– attentions", "", "", pab.computed() + " computed, " + pab.reused() + " reused");
            line("– held by the cache at its peak", "%.2f MiB".formatted(pab.bytesPeak() / (double) (1 << 20)), "", "");
            line("– PSNR of the frames", "%.1f dB".formatted(pab.psnr(none)), "", "against no cache");
        }
    }

    private void againstC(String what, Statistics measured, Statistics loop) {
        row(what, measured, "ns", "%.2f × C".formatted(median(measured) / median(loop)));
    }

    private static String faster(Statistics reference, Statistics measured) {
        return "%.2f × as fast".formatted(median(reference) / median(measured));
    }

    private static double median(Statistics measured) {
        return measured.getPercentile(50);
    }

    private void row(String what, Statistics measured, String unit, String remark) {
        String range = number(measured.getMin()) + " – " + number(measured.getMax());
        line(what, number(median(measured)) + " " + unit, range, remark);
    }

    private void line(String what, String median, String range, String remark) {
        table.append("| ").append(String.join(" | ", what, median, range, remark)).append(" |\n");
    }

    /** Three significant digits, or as many as there are before the point. */
    private static String number(double value) {
        return value >= 100 ? "%.0f".formatted(value) : value >= 10 ? "%.1f".formatted(value) : "%.2f".formatted(value);
    }
}
