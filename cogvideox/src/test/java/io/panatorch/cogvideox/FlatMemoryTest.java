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
 * <p>The build makes {@value #GENERATIONS}; {@code -Dpanatorch.generations=N} makes as many as one likes and prints what is in use
 * now and then. What 1,000 took is in bench/README.md.
 */
@Tag("cpu")
class FlatMemoryTest {

    private static final int GENERATIONS = 20;
    private static final int STEPS = 6;
    private static final int CANCELLED_EVERY = 5;
    private static final int LINES = 10;
    private static final long MEBIBYTE = 1 << 20;

    /** @param tensors of this process, @param heap bytes in use of C's, @param resident bytes of the process, @param threads of it */
    private record InUse(long tensors, long heap, long resident, long threads) {

        static InUse now() throws IOException {
            return new InUse(LiveTensors.count(), LiveTensors.heapBytes(), status("VmRSS") * 1024, status("Threads"));
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
        int number = Integer.getInteger("panatorch.generations", GENERATIONS);
        try (var pipeline = CogVideoXPipeline.load(DemoModel.folder(), DType.FLOAT32, Device.CPU)) {
            InUse before = null;
            for (int i = 0; i < number; i++) {
                if (i == number / 2) { // by then every method has run, and every buffer is as large as it gets
                    before = InUse.now();
                }
                if (number > GENERATIONS && i % (number / LINES) == 0) {
                    System.out.println(i + " generations: " + InUse.now());
                }
                generate(pipeline, i);
            }
            InUse after = InUse.now();
            assertThat(after.tensors).isEqualTo(before.tensors);
            assertThat(after.heap - before.heap).as("C's heap, from %s to %s", before, after).isLessThan(MEBIBYTE);
            assertThat(after.resident - before.resident).as("resident, from %s to %s", before, after).isLessThan(64 * MEBIBYTE);
            assertThat(after.threads).isLessThanOrEqualTo(before.threads + 2); // of the JVM, which comes and goes with them
        }
    }

    private static void generate(CogVideoXPipeline pipeline, int index) {
        CacheCase cache = CacheCase.values()[index % CacheCase.values().length];
        VideoRequest.Builder request =
                VideoRequest.builder("a red circle moving right on a blue background").steps(STEPS).seed(index).cache(cache.method);
        if (index % CANCELLED_EVERY == 0) {
            request.onStep(step -> Thread.currentThread().interrupt());
            assertThatExceptionOfType(CancellationException.class).isThrownBy(() -> pipeline.generate(request.build()).close());
        } else {
            pipeline.generate(request.build()).close();
        }
    }
}
