package io.panatorch.cogvideox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cogvideox.hub.DownloadProgress;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
class DownloadBarTest {

    private static final long MIB = 1 << 20;
    private static final long SECOND = 1_000_000_000;

    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final PrintStream stream = new PrintStream(err, true, StandardCharsets.UTF_8);

    private DownloadBar bar(boolean isTerminal) {
        return new DownloadBar(new Terminal(stream, stream, isTerminal, 100), "a/b");
    }

    /** Half of it comes from an earlier download, which was no work of this one. */
    private static DownloadProgress received(long mebibytes) {
        return new DownloadProgress((500 + mebibytes) * MIB, 1000 * MIB, mebibytes * MIB);
    }

    @Test
    void saysBytesRateAndTimeLeft() {
        DownloadBar bar = bar(true);
        assertThat(bar.text(received(0), 0)).isEqualTo("downloading a/b: 500.0 MiB of 1000.0 MiB");
        assertThat(bar.text(received(100), 10 * SECOND)).isEqualTo("downloading a/b: 600.0 MiB of 1000.0 MiB, 10.0 MiB/s, 40 s left");
        assertThat(bar.text(received(120), 20 * SECOND)).as("it became slower")
                .isEqualTo("downloading a/b: 620.0 MiB of 1000.0 MiB, 2.0 MiB/s, 3 min left");
        assertThat(bar.text(received(500), 25 * SECOND)).startsWith("downloading a/b: 1000.0 MiB of 1000.0 MiB, ").endsWith("/s, 0 s left");
    }

    @Test
    void saysNoRateThatNothingTells() {
        DownloadBar bar = bar(true);
        bar.text(received(0), 0);
        assertThat(bar.text(received(1), SECOND / 10)).as("a moment").isEqualTo("downloading a/b: 501.0 MiB of 1000.0 MiB");
        bar.text(received(1), 20 * SECOND);
        assertThat(bar.text(received(1), 25 * SECOND)).as("silence").isEqualTo("downloading a/b: 501.0 MiB of 1000.0 MiB");
    }

    @Test
    void isDrawnOnATerminalAlone() {
        bar(false).show(received(0));
        assertThat(err.toString(StandardCharsets.UTF_8)).isEmpty();
        bar(true).show(received(0));
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("downloading a/b: 500.0 MiB of 1000.0 MiB").doesNotContain("\n");
    }
}
