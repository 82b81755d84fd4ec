package io.panatorch.cogvideox.cli;

import io.panatorch.cache.report.CacheText;
import io.panatorch.cogvideox.hub.DownloadProgress;
import java.time.Duration;

/** Shows how far a download is. For one. */
final class DownloadBar {

    private static final double NANOS_PER_SECOND = 1e9;
    private static final long SECONDS_PER_MINUTE = 60;

    /** Until then a rate says little. */
    private static final double SETTLED_SECONDS = 0.5;

    private final Terminal terminal;
    private final String name;
    private final long start = System.nanoTime();

    /** @param name of the model */
    DownloadBar(Terminal terminal, String name) {
        this.terminal = terminal;
        this.name = name;
    }

    void show(DownloadProgress progress) {
        terminal.progress(text(progress, Duration.ofNanos(System.nanoTime() - start)));
    }

    /** @param elapsed since the beginning */
    String text(DownloadProgress progress, Duration elapsed) {
        String text = "downloading " + name + ": " + CacheText.bytes(progress.bytes()) + " of " + CacheText.bytes(progress.totalBytes());
        double seconds = elapsed.toNanos() / NANOS_PER_SECOND;
        if (seconds < SETTLED_SECONDS || progress.receivedBytes() == 0) {
            return text;
        }
        double rate = progress.receivedBytes() / seconds;
        long left = (long) Math.ceil((progress.totalBytes() - progress.bytes()) / rate);
        return text + ", " + CacheText.bytes((long) rate) + "/s, " + time(left) + " left";
    }

    private static String time(long seconds) {
        return seconds < 2 * SECONDS_PER_MINUTE ? seconds + " s" : seconds / SECONDS_PER_MINUTE + " min";
    }
}
