package io.panatorch.cogvideox.cli;

import io.panatorch.cache.report.CacheText;
import io.panatorch.cogvideox.hub.DownloadProgress;
import java.util.ArrayDeque;
import java.util.Deque;

/** Shows how far a download is. For one, which calls it one call at a time. */
final class DownloadBar {

    private static final double NANOS_PER_SECOND = 1e9;
    private static final long SECONDS_PER_MINUTE = 60;

    /** The rate is that of the last seconds: the beginning, and what was waited for, say nothing of those to come. */
    private static final double LONGEST_SPAN = 10;
    /** In less, a rate says little. */
    private static final double SHORTEST_SPAN = 0.5;

    private record Sample(long nanos, long receivedBytes) {}

    private final Terminal terminal;
    private final String name;
    private final Deque<Sample> samples = new ArrayDeque<>();

    /** @param name of the model */
    DownloadBar(Terminal terminal, String name) {
        this.terminal = terminal;
        this.name = name;
    }

    void show(DownloadProgress progress) {
        terminal.progress(text(progress, System.nanoTime()));
    }

    /** @param nanos the time, which does not go back from call to call */
    String text(DownloadProgress progress, long nanos) {
        Sample now = new Sample(nanos, progress.receivedBytes());
        samples.addLast(now);
        while (seconds(samples.getFirst(), now) > LONGEST_SPAN) {
            samples.removeFirst();
        }
        String text = "downloading " + name + ": " + CacheText.bytes(progress.bytes()) + " of " + CacheText.bytes(progress.totalBytes());
        double seconds = seconds(samples.getFirst(), now);
        long received = now.receivedBytes - samples.getFirst().receivedBytes;
        if (seconds < SHORTEST_SPAN || received == 0) {
            return text;
        }
        double rate = received / seconds;
        long left = (long) Math.ceil((progress.totalBytes() - progress.bytes()) / rate);
        return text + ", " + CacheText.bytes((long) rate) + "/s, " + time(left) + " left";
    }

    private static double seconds(Sample from, Sample to) {
        return (to.nanos - from.nanos) / NANOS_PER_SECOND;
    }

    private static String time(long seconds) {
        return seconds < 2 * SECONDS_PER_MINUTE ? seconds + " s" : seconds / SECONDS_PER_MINUTE + " min";
    }
}
