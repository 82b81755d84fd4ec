package io.panatorch.bench;

import io.panatorch.cogvideox.CogVideoXPipeline;
import io.panatorch.cogvideox.PublishedModel;
import io.panatorch.cogvideox.VideoRequest;
import io.panatorch.cogvideox.VideoResult;
import io.panatorch.nn.Offload;
import io.panatorch.nn.Quantization;
import io.panatorch.tensor.DType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * One denoising step of a clip with a model of the published size, and its decoding in tiles: how long each stage takes and how much memory.
 * The weights are random numbers in bfloat16, as neither depends on them; the checkpoint is written where there is none yet.
 *
 * <p>What is resident is looked at twenty times a second. Pages of mapped weights count, though the operating system may take them back.
 */
public final class FullSize {

    static final String HEADING = """
            | model, dtype, offload, quantize | load | encode | denoise, a step | decode |
            |---|---:|---:|---:|---:|""";

    private static final int ARGUMENTS = 8;
    private static final long MILLIS = 50;
    private static final double NANOS = 1e9;
    private static final double KIBIBYTES_PER_GIGABYTE = 1e9 / 1024;

    private final PublishedModel model;
    private final Path folder;

    /** Kibibytes that were resident, by nanoseconds. */
    private final NavigableMap<Long, Long> resident = new TreeMap<>();

    private FullSize(PublishedModel model, Path folder) {
        this.model = model;
        this.folder = folder;
    }

    /** Takes {@code MODEL FOLDER DTYPE OFFLOAD QUANTIZATION WIDTH HEIGHT FRAMES}, and prints a row of a table. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        if (arguments.length != ARGUMENTS) {
            System.err.println("expected MODEL FOLDER DTYPE OFFLOAD QUANTIZATION WIDTH HEIGHT FRAMES");
            System.exit(2);
        }
        String[] a = arguments;
        FullSize measured = of(PublishedModel.valueOf(a[0]), Path.of(a[1]), Integer.MAX_VALUE);
        VideoRequest.Builder request = VideoRequest.builder("a panda plays the guitar").width(Integer.parseInt(a[5]))
                .height(Integer.parseInt(a[6])).frames(Integer.parseInt(a[7]));
        System.out.println(HEADING);
        System.out.println(measured.run(DType.valueOf(a[2].toUpperCase(Locale.ROOT)), Offload.parse(a[3]),
                Quantization.valueOf(a[4].toUpperCase(Locale.ROOT)), request));
    }

    /** @param layers of transformer and text encoder, at most */
    static FullSize of(PublishedModel model, Path folder, int layers) throws IOException {
        if (!Files.exists(folder.resolve("model_index.json"))) {
            model.writeRandom(folder, layers, layers);
        }
        return new FullSize(model, folder);
    }

    /** {@return a row of the table} */
    String run(DType dtype, Offload offload, Quantization quantization, VideoRequest.Builder request) throws IOException, InterruptedException {
        Thread watch = Thread.ofPlatform().daemon().start(this::watch);
        StringBuilder row = new StringBuilder("| %s, %s, %s, %s |".formatted(model.name(), dtype.torchName(), offload, quantization.torchName()));
        long start = System.nanoTime();
        try (CogVideoXPipeline pipeline =
                CogVideoXPipeline.loader(folder).dtype(dtype).offload(offload).quantize(quantization).load()) {
            long from = System.nanoTime();
            append(row, start, from);
            try (VideoResult video = pipeline.generate(request.steps(1).seed(1).vaeTiling().build())) {
                for (Map.Entry<String, Double> stage : video.seconds().entrySet()) {
                    long to = from + (long) (stage.getValue() * NANOS);
                    append(row, from, to);
                    from = to;
                }
            }
        } finally {
            watch.interrupt();
            watch.join();
        }
        return row.toString();
    }

    private void append(StringBuilder row, long from, long to) throws IOException {
        long now = resident();
        synchronized (resident) {
            long peak = resident.subMap(from, true, to, true).values().stream().mapToLong(Long::longValue).max().orElse(now);
            row.append(String.format(Locale.ROOT, " %.1f s, %.1f GB |", (to - from) / NANOS, peak / KIBIBYTES_PER_GIGABYTE));
        }
    }

    private void watch() {
        try {
            while (true) {
                long now = resident();
                synchronized (resident) {
                    resident.put(System.nanoTime(), now);
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
