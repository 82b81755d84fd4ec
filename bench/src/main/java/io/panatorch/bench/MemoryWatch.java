package io.panatorch.bench;

import io.panatorch.tensor.Device;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * How much memory is in use, looked at twenty times a second: of a CPU what is resident of this process, where pages of mapped files
 * count, though the operating system may take them back; of a GPU all that its driver has given, to this process and others, as
 * {@code nvidia-smi} says it.
 */
final class MemoryWatch implements AutoCloseable {

    private static final long MILLIS = 50;
    private static final int KIBIBYTE = 1 << 10;
    private static final int MEBIBYTE = 1 << 20;

    private final NavigableMap<Long, Long> bytes = new TreeMap<>(); // by nanoseconds
    private final Thread thread;
    private final Process asked; // null where it is this process that looks

    private MemoryWatch(Process asked) {
        this.asked = asked;
        this.thread = Thread.ofPlatform().daemon().start(asked == null ? this::look : this::listen);
    }

    static MemoryWatch of(Device device) throws IOException {
        return new MemoryWatch(device.equals(Device.CPU) ? null : new ProcessBuilder(List.of("nvidia-smi", "--query-gpu=memory.used",
                "--format=csv,noheader,nounits", "--id=" + device.index(), "--loop-ms=" + MILLIS)).redirectErrorStream(true).start());
    }

    private void look() {
        try {
            while (true) {
                add(resident());
                Thread.sleep(MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // all is done
        } catch (IOException e) {
            // what is not known is said to be so
        }
    }

    private void listen() {
        try (BufferedReader lines = asked.inputReader(StandardCharsets.US_ASCII)) {
            for (String line = lines.readLine(); line != null && line.matches("\\d+"); line = lines.readLine()) {
                add(Long.parseLong(line) * MEBIBYTE);
            }
        } catch (IOException e) {
            // ended
        }
    }

    private void add(long now) {
        synchronized (bytes) {
            bytes.put(System.nanoTime(), now);
        }
    }

    private static long resident() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream().filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * KIBIBYTE).findFirst().orElseThrow();
    }

    /** {@return the most bytes between two times of {@link System#nanoTime}, or at the look before, where there was none between} */
    OptionalLong peak(long from, long to) {
        synchronized (bytes) {
            List<Long> seen = new ArrayList<>(bytes.subMap(from, true, to, true).values());
            var before = bytes.floorEntry(to);
            if (before != null) {
                seen.add(before.getValue());
            }
            return seen.stream().mapToLong(Long::longValue).max();
        }
    }

    @Override
    public void close() {
        thread.interrupt();
        if (asked != null) {
            asked.destroy();
        }
    }
}
