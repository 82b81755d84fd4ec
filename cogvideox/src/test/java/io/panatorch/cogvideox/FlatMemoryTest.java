package io.panatorch.cogvideox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.LiveTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Generation after generation, with every cache method in turn, some cancelled, leaves nothing behind.
 *
 * <p>The build goes three times through the methods; {@code -Dpanatorch.generations=N} makes more generations and prints what is in
 * use now and then.
 */
@Tag("cpu")
class FlatMemoryTest {

    private static final CacheCase[] METHODS = CacheCase.values();
    private static final int GENERATIONS = 3 * METHODS.length;
    private static final int STEPS = 6;
    private static final int LINES = 10;
    private static final long MEBIBYTE = 1 << 20;

    /** @param tensors of this process, @param heap bytes in use of C's, @param resident bytes of the process, @param threads of it */
    private record InUse(long tensors, long heap, long resident, long threads) {

        static InUse now() throws IOException {
            return new InUse(LiveTensors.count(), LiveTensors.heapBytes(), status("VmRSS") * 1024, status("Threads"));
        }

        /** The JVM's compilers take and give back megabytes of C's heap; what never comes back shows in the least. */
        InUse least(InUse other) {
            return new InUse(Math.max(tensors, other.tensors), Math.min(heap, other.heap), Math.min(resident, other.resident),
                    Math.min(threads, other.threads));
        }

        private static long status(String name) throws IOException {
            try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
                return lines.filter(line -> line.startsWith(name + ":")).findFirst()
                        .map(line -> Long.parseLong(line.replaceAll("\\D", ""))).orElseThrow();
            }
        }

        @Override
        public String toString() {
            return "%d tensors, %.1f MiB of C's heap, %d MiB resident, %d threads"
                    .formatted(tensors, (double) heap / MEBIBYTE, resident / MEBIBYTE, threads);
        }
    }

    @Test
    void staysFlat() throws IOException {
        int number = Math.max(GENERATIONS, Integer.getInteger("panatorch.generations", GENERATIONS));
        int from = number / 3; // by then every method has run, and every buffer is as large as it gets
        int half = from + (number - from) / 2;
        try (var pipeline = CogVideoXPipeline.load(DemoModel.folder(), DType.FLOAT32, Device.CPU)) {
            InUse before = null;
            InUse after = null;
            for (int i = 0; i < number; i++) {
                generate(pipeline, METHODS[i % METHODS.length], i / METHODS.length % 3 == 1, i);
                InUse now = InUse.now();
                if (i >= half) {
                    after = after == null ? now : after.least(now);
                } else if (i >= from) {
                    before = before == null ? now : before.least(now);
                }
                if (number > GENERATIONS && i % (number / LINES) == 0) {
                    System.out.println(i + " generations: " + now);
                }
            }
            String change = "from " + before + " to " + after;
            assertThat(after.tensors).as(change).isEqualTo(before.tensors);
            assertThat(after.heap - before.heap).as(change).isLessThan(16 * MEBIBYTE);
            assertThat(after.resident - before.resident).as(change).isLessThan(128 * MEBIBYTE);
            assertThat(after.threads - before.threads).as(change).isLessThan((number - half) / 2);
        }
    }

    private static void generate(CogVideoXPipeline pipeline, CacheCase cache, boolean cancelled, int seed) {
        VideoRequest.Builder request =
                VideoRequest.builder("a red circle moving right on a blue background").steps(STEPS).seed(seed).cache(cache.method);
        if (cancelled) {
            request.onStep(step -> {
                if (step.index() == STEPS / 2) {
                    Thread.currentThread().interrupt();
                }
            });
            assertThatExceptionOfType(CancellationException.class).isThrownBy(() -> pipeline.generate(request.build()).close());
        } else {
            pipeline.generate(request.build()).close();
        }
    }
}
