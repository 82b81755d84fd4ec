package io.panatorch.bench;

import io.panatorch.cogvideox.CogVideoXPipeline;
import io.panatorch.cogvideox.VideoRequest;
import io.panatorch.cogvideox.VideoResult;
import io.panatorch.nn.Offload;
import io.panatorch.nn.Quantization;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * One generation with a checkpoint, with the seconds and the most memory of each stage, as a line of a Markdown table. What is
 * resident is looked at twenty times a second; pages of mapped weights count.
 *
 * <p>Arguments: {@code FOLDER DTYPE OFFLOAD QUANTIZATION WIDTH HEIGHT FRAMES STEPS}, such as {@code model bfloat16 blocks none 720 480 9 1}.
 */
public final class FullSize {

    private static final long MILLIS = 50;
    private static final double NANOS = 1e9;
    private static final double KIBIBYTES_PER_GIGABYTE = 1e9 / 1024;

    /** Kibibytes that were resident, by nanoseconds. */
    private final NavigableMap<Long, Long> resident = new TreeMap<>();

    private FullSize() {}

    /** Runs it. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        if (arguments.length != 8) {
            System.err.println("expected FOLDER DTYPE OFFLOAD QUANTIZATION WIDTH HEIGHT FRAMES STEPS");
            System.exit(2);
        }
        new FullSize().run(arguments);
    }

    private void run(String[] a) throws IOException, InterruptedException {
        Thread watch = Thread.ofPlatform().daemon().start(this::watch);
        long start = System.nanoTime();
        VideoRequest request = VideoRequest.builder("a panda plays the guitar").width(Integer.parseInt(a[4])).height(Integer.parseInt(a[5]))
                .frames(Integer.parseInt(a[6])).steps(Integer.parseInt(a[7])).seed(1).vaeTiling().build();
        StringBuilder row = new StringBuilder("| %s, %s, offload %s, quantize %s |".formatted(Path.of(a[0]).getFileName(), a[1], a[2], a[3]));
        try (CogVideoXPipeline pipeline = CogVideoXPipeline.loader(Path.of(a[0])).dtype(DType.valueOf(a[1].toUpperCase(Locale.ROOT)))
                .offload(Offload.parse(a[2])).quantize(Quantization.valueOf(a[3].toUpperCase(Locale.ROOT))).device(Device.CPU).load()) {
            long loaded = System.nanoTime();
            append(row, start, loaded);
            try (VideoResult video = pipeline.generate(request)) {
                long from = loaded;
                for (Map.Entry<String, Double> stage : video.seconds().entrySet()) {
                    long to = from + (long) (stage.getValue() * NANOS);
                    append(row, from, to);
                    from = to;
                }
            }
        }
        watch.interrupt();
        watch.join();
        System.out.println(row);
    }

    private void append(StringBuilder row, long from, long to) throws IOException {
        synchronized (resident) {
            long peak = resident.subMap(from, true, to, true).values().stream().mapToLong(Long::longValue).max().orElse(resident());
            row.append(String.format(Locale.ROOT, " %.1f s, %.1f GB |", (to - from) / NANOS, peak / KIBIBYTES_PER_GIGABYTE));
        }
    }

    private void watch() {
        try {
            while (true) {
                synchronized (resident) {
                    resident.put(System.nanoTime(), resident());
                }
                Thread.sleep(MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // all is done
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long resident() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream().filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", ""))).findFirst().orElse(0);
    }
}
