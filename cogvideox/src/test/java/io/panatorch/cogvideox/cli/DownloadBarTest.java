package io.panatorch.cogvideox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cogvideox.hub.DownloadProgress;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
class DownloadBarTest {

    private static final long MIB = 1 << 20;

    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final PrintStream stream = new PrintStream(err, true, StandardCharsets.UTF_8);

    private DownloadBar bar(boolean isTerminal) {
        return new DownloadBar(new Terminal(stream, stream, isTerminal, 100), "a/b");
    }

    /** The rate is that of this download: what an earlier one has left did not come as fast. */
    @Test
    void saysBytesRateAndTimeLeft() {
        DownloadProgress half = new DownloadProgress(500 * MIB, 1000 * MIB, 100 * MIB);
        assertThat(bar(true).text(half, Duration.ofSeconds(10)))
                .isEqualTo("downloading a/b: 500.0 MiB of 1000.0 MiB, 10.0 MiB/s, 50 s left");
        assertThat(bar(true).text(half, Duration.ofSeconds(100)))
                .isEqualTo("downloading a/b: 500.0 MiB of 1000.0 MiB, 1.0 MiB/s, 8 min left");
    }

    @Test
    void saysNoRateThatNothingTells() {
        assertThat(bar(true).text(new DownloadProgress(500 * MIB, 1000 * MIB, 0), Duration.ofSeconds(10)))
                .isEqualTo("downloading a/b: 500.0 MiB of 1000.0 MiB");
        assertThat(bar(true).text(new DownloadProgress(1, 1000 * MIB, 1), Duration.ofMillis(100)))
                .isEqualTo("downloading a/b: 0.0 KiB of 1000.0 MiB");
    }

    @Test
    void isDrawnOnATerminalAlone() {
        bar(false).show(new DownloadProgress(0, MIB, 0));
        assertThat(err.toString(StandardCharsets.UTF_8)).isEmpty();
        bar(true).show(new DownloadProgress(0, MIB, 0));
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("downloading a/b: 0 of 1.0 MiB").doesNotContain("\n");
    }
}
