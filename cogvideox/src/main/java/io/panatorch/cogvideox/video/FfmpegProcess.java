package io.panatorch.cogvideox.video;

import java.io.BufferedReader;
import java.io.IOException;
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

/**
 * A running FFmpeg that reads from this process and whose messages are kept.
 *
 * <p>Pipes cannot be interrupted, so each blocking transfer runs in a thread of its own while the caller waits for it;
 * a caller that is interrupted leaves at once and {@link #close} then ends the process. To be used by one thread.
 */
final class FfmpegProcess implements AutoCloseable {

    /** More than {@code -encoders} prints. */
    private static final int KEPT_LINES = 1000;
    /** How long a process that no longer reads may take to say why. */
    private static final int LAST_WORDS_SECONDS = 5;

    private final String subject;
    private final Process process;
    private final ExecutorService transfers = Executors.newThreadPerTaskExecutor(
            Thread.ofPlatform().daemon().name("ffmpeg-pipe-", 0).factory());
    private final Future<List<String>> messages;

    /**
     * Starts the process.
     *
     * @param subject what error messages begin with: the executable
     */
    FfmpegProcess(String subject, ProcessBuilder command) throws IOException {
        this.subject = subject;
        process = command.redirectErrorStream(true).start();
        messages = transfers.submit(this::drain);
    }

    /**
     * Writes to the process's standard input.
     *
     * @throws IOException if the process has ended, with its own reason
     * @throws InterruptedIOException if the calling thread is or gets interrupted; its interrupt status stays set
     */
    void send(byte[] bytes) throws IOException {
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
     * Ends the input and waits until the process has ended well.
     *
     * @return the last lines of what it wrote to its standard output and error
     * @throws IOException if its exit status is not 0
     * @throws InterruptedIOException as in {@link #send}
     */
    List<String> finish() throws IOException {
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

    private List<String> drain() throws IOException {
        Deque<String> last = new ArrayDeque<>();
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
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
            return wait.end();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (InterruptedIOException) new InterruptedIOException("interrupted").initCause(e);
        }
    }

    @FunctionalInterface
    private interface Wait<T, X extends Exception> {
        T end() throws InterruptedException, X;
    }
}
