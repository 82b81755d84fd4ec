package io.panatorch.cogvideox.hub;

import java.util.function.Consumer;

/** Adds up what many threads download, and tells now and then. */
final class ProgressMeter {

    private static final long PAUSE_NANOS = 100_000_000;

    private final Consumer<DownloadProgress> listener;
    private long bytes;
    private long totalBytes;
    private long receivedBytes;
    private long told = System.nanoTime() - PAUSE_NANOS;

    ProgressMeter(Consumer<DownloadProgress> listener) {
        this.listener = listener;
    }

    /** So many bytes are to come. */
    synchronized void expect(long more) {
        totalBytes += more;
        tell(true);
    }

    /** So many bytes need not come, or, if negative, have to come again. */
    synchronized void found(long there) {
        bytes += there;
        tell(bytes == totalBytes);
    }

    /** So many bytes have come. */
    synchronized void received(long more) {
        bytes += more;
        receivedBytes += more;
        tell(bytes == totalBytes);
    }

    private void tell(boolean anyway) {
        long now = System.nanoTime();
        if (anyway || now - told >= PAUSE_NANOS) {
            told = now;
            listener.accept(new DownloadProgress(bytes, totalBytes, receivedBytes));
        }
    }
}
