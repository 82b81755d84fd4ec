package io.panatorch.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import com.sun.management.UnixOperatingSystemMXBean;
import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongUnaryOperator;
import java.util.stream.Stream;

/**
 * What every reader of files owes for any content whatever. It takes the file, or refuses it with an {@link InvalidFileException} of
 * one line that begins with the file; within {@value #MOST_MILLISECONDS} ms of the processor; with memory that grows with the file
 * and not with a number in it; and leaves no file open, and none behind.
 *
 * <p>Fuzz tests assert it for each input: classes whose names end in {@code FuzzTest}, of which every build runs {@code inputs}, with
 * what is committed. Jazzer, guided by coverage, makes others for one method at a time, such as
 *
 * <pre>{@code
 * mvn -Pfuzz -pl core -am test -Dtest='SafetensorsFuzzTest#header' -Dsurefire.failIfNoSpecifiedTests=false \
 *     -Djazzer.max_duration=1h
 * }</pre>
 *
 * and writes one that fails beside those that are committed.
 */
public final class ReaderCheck {

    private static final long MOST_MILLISECONDS = 1000;
    private static final int LONGEST_MESSAGE = 1000;

    /** What readers take whatever the content: buffers, the classes that they load. */
    private static final long CONSTANT_BYTES = 8 << 20;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final UnixOperatingSystemMXBean SYSTEM =
            (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private final Path folder;
    private final LongUnaryOperator mostBytes;

    /** Reads a file, and perhaps others beside it; may close what it gets of it at once. */
    @FunctionalInterface
    public interface Reader {
        void read(Path file) throws IOException;
    }

    /**
     * @param folder the place for files; whatever is in it when a file is read has to be there afterwards, and nothing else
     * @param mostBytes how many bytes of the heap a reader may use, short-lived ones included, for so many of a file, besides a constant
     */
    public ReaderCheck(Path folder, LongUnaryOperator mostBytes) {
        this.folder = folder;
        this.mostBytes = mostBytes;
    }

    /**
     * Writes a file and has it read.
     *
     * @param name of the file, from the folder
     */
    public void accept(String name, byte[] content, Reader reader) throws IOException {
        Path file = Files.write(folder.resolve(name), content);
        Set<String> before = filesBeside(file);
        long most = CONSTANT_BYTES + mostBytes.applyAsLong(content.length);
        Cost cost = read(file, reader);
        if (cost.bytes > most || cost.milliseconds > MOST_MILLISECONDS || cost.openFiles != 0) {
            cost = read(file, reader); // without the classes that were loaded, or compiled, the first time
        }
        assertThat(cost.milliseconds).as("milliseconds").isLessThanOrEqualTo(MOST_MILLISECONDS);
        assertThat(cost.bytes).as("bytes of the heap for %d of a file", content.length).isLessThanOrEqualTo(most);
        assertThat(cost.openFiles).as("files left open").isZero();
        assertThat(filesBeside(file)).as("files in the folder").isEqualTo(before);
    }

    private record Cost(long bytes, long milliseconds, long openFiles) {}

    private Cost read(Path file, Reader reader) throws IOException {
        long openFiles = SYSTEM.getOpenFileDescriptorCount();
        long bytes = THREADS.getCurrentThreadAllocatedBytes();
        long start = THREADS.getCurrentThreadCpuTime();
        String refusal = null;
        try {
            reader.read(file);
        } catch (InvalidFileException e) {
            refusal = e.getMessage();
        }
        long end = THREADS.getCurrentThreadCpuTime();
        bytes = THREADS.getCurrentThreadAllocatedBytes() - bytes;
        if (refusal != null) {
            requireLine(refusal);
        }
        return new Cost(bytes, TimeUnit.NANOSECONDS.toMillis(end - start), SYSTEM.getOpenFileDescriptorCount() - openFiles);
    }

    /** One that a terminal shows as one, of the form {@code FILE: PROBLEM}. */
    private void requireLine(String message) {
        boolean isLine = message.startsWith(folder.toString()) && message.contains(": ") && message.length() <= LONGEST_MESSAGE
                && message.chars().noneMatch(c -> Character.isISOControl(c) || c == '\u2028' || c == '\u2029');
        assertThat(isLine).as("one line that begins with the file: %s", message).isTrue();
    }

    private static Set<String> filesBeside(Path file) {
        return Set.of(file.getParent().toFile().list());
    }

    /** Asserts that no file is mapped any more, once the garbage collector was there. */
    public void requireUnmapped() throws IOException, InterruptedException {
        for (int attempt = 0; isMapped() && attempt < 10; attempt++) {
            System.gc();
            Thread.sleep(20);
        }
        assertThat(isMapped()).as("files left mapped").isFalse();
    }

    private boolean isMapped() throws IOException {
        try (Stream<String> mappings = Files.lines(Path.of("/proc/self/maps"))) {
            return mappings.anyMatch(mapping -> mapping.contains(folder.toString()));
        }
    }
}
