package io.panatorch.cogvideox.ffmpeg;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * A running FFmpeg that reads from this process or is read by it, and whose messages are kept.
 *
 * <p>Pipes cannot be interrupted, so each blocking transfer runs in a thread of its own while the caller waits for it;
 * a caller that is interrupted leaves at once and {@link #close} then ends the process. To be used by one thread.
 */
public final class FfmpegProcess implements AutoCloseable {

    /** More than {@code -encoders} prints. */
    private static final int KEPT_LINES = 1000;
    /** How long a process that no longer reads may take to say why. */
    private static final int LAST_WORDS_SECONDS = 5;

    private final String subject;
    private final Process process;
    private final ExecutorService transfers = Executors.newThreadPerTaskExecutor(
            Thread.ofPlatform().daemon().name("ffmpeg-pipe-", 0).factory());
    private final Future<List<String>> messages;

    private FfmpegProcess(String subject, Process process, Function<Process, BufferedReader> messages) {
        this.subject = subject;
        this.process = process;
        this.messages = transfers.submit(() -> drain(messages.apply(process)));
    }

    /**
     * Starts a process that may be {@linkplain #send written to}.
     *
     * @param subject what error messages begin with: the executable
     */
    public static FfmpegProcess writing(String subject, ProcessBuilder command) throws IOException {
        return new FfmpegProcess(subject, command.redirectErrorStream(true).start(),
                process -> process.inputReader(StandardCharsets.UTF_8));
    }

    /**
     * Starts a process whose standard output is to be {@linkplain #receive read}.
     *
     * @param subject what error messages begin with: the executable
     */
    public static FfmpegProcess reading(String subject, ProcessBuilder command) throws IOException {
        return new FfmpegProcess(subject, command.start(), process -> process.errorReader(StandardCharsets.UTF_8));
    }

    /**
     * Writes to the process's standard input.
     *
     * @throws IOException if the process has ended, with its own reason
     * @throws InterruptedIOException if the calling thread is or gets interrupted; its interrupt status stays set
     */
    public void send(byte[] bytes) throws IOException {
        Future<?> sent = transfers.submit(() -> {
            OutputStream stdin = process.getOutputStream();
            stdin.write(bytes);
            stdin.flush();
            return null;
        });
        try {
            interruptibly(sent::get);
        } catch (ExecutionException e) {
            throw refused(e.getCause());
        }
    }

    /**
     * Reads from the process's standard output.
     *
     * @param part reads what it needs; it is called in another thread
     * @throws IOException what the reading throws
     * @throws InterruptedIOException as in {@link #send}
     */
    public <T> T receive(Part<T> part) throws IOException {
        Future<T> received = transfers.submit(() -> part.read(process.getInputStream()));
        try {
            return interruptibly(received::get);
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException refused -> throw refused;
                case Error error -> throw error;
                case RuntimeException bug -> throw bug;
                default -> throw new IOException(e.getCause());
            }
        }
    }

    /**
     * Ends the input and waits until the process has ended well.
     *
     * @return the last lines of its messages; of what it wrote to its standard output too unless that is read
     * @throws IOException if its exit status is not 0
     * @throws InterruptedIOException as in {@link #send}
     */
    public List<String> finish() throws IOException {
        try {
            process.getOutputStream().close();
        } catch (IOException ignored) {
            // All was sent and flushed before: what is left to know is the exit status.
        }
        int status = interruptibly(process::waitFor);
        List<String> lines = messages();
        if (status != 0) {
            throw failed(status, lines, null);
        }
        return lines;
    }

    /** Ends the process, if it still runs, and what it has started; returns when it is gone. */
    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().onExit().join();
        transfers.close();
    }

    private IOException refused(Throwable brokenPipe) throws IOException {
        if (!interruptibly(() -> process.waitFor(LAST_WORDS_SECONDS, TimeUnit.SECONDS))) {
            return new IOException(subject + " stopped reading its input", brokenPipe);
        }
        return failed(process.exitValue(), messages(), brokenPipe);
    }

    private IOException failed(int status, List<String> lines, Throwable cause) {
        String reason = lines.reversed().stream().map(String::strip).filter(line -> !line.isEmpty()).findFirst()
                .orElse("it gave no reason");
        return new IOException(subject + " ended with exit status " + status + ": " + reason, cause);
    }

    private List<String> messages() throws IOException {
        try {
            return interruptibly(messages::get);
        } catch (ExecutionException e) {
            throw new IOException(subject + "'s messages cannot be read: " + e.getCause().getMessage(), e);
        }
    }

    private static List<String> drain(BufferedReader messages) throws IOException {
        Deque<String> last = new ArrayDeque<>();
        try (BufferedReader lines = messages) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (last.size() == KEPT_LINES) {
                    last.removeFirst();
                }
                last.addLast(line);
            }
        }
        return new ArrayList<>(last);
    }

    private static <T, X extends Exception> T interruptibly(Wait<T, X> wait) throws InterruptedIOException, X {
        try {
            if (Thread.interrupted()) { // what has ended already is not waited for, and then nobody would look
                throw new InterruptedException();
            }
            return wait.end();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (InterruptedIOException) new InterruptedIOException("interrupted").initCause(e);
        }
    }

    /** Some of what the process writes. */
    @FunctionalInterface
    public interface Part<T> {

        /** {@return what was read} */
        T read(InputStream output) throws IOException;
    }

    @FunctionalInterface
    private interface Wait<T, X extends Exception> {
        T end() throws InterruptedException, X;
    }
}
