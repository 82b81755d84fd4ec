package io.panatorch.cogvideox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("pure")
class TerminalTest {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream err = new PrintStream(bytes, true, StandardCharsets.UTF_8);

    @ParameterizedTest
    @CsvSource({"200, denoising [##] 1/2", "19, denoising [##] 1/2", "18, denoising 1/2", "14, denoising 1/2", "13, denoising 1/",
        "1, ''", "0, denoising 1/2"})
    void progressFitsIntoALine(int columns, String shown) {
        new Terminal(System.out, err, true, columns).progress("denoising 1/2", "denoising [##] 1/2");
        assertThat(text()).isEqualTo("\r\u001b[K\u001b[?7l" + shown + "\u001b[?7h");
    }

    @Test
    void whatIsSaidTakesThePlaceOfTheProgress() {
        Terminal terminal = new Terminal(System.out, err, true, 80);
        terminal.progress("loading");
        terminal.warning("w");
        terminal.warning("x");
        assertThat(text()).endsWith("\u001b[?7h\r\u001b[Kpanatorch: warning: w\npanatorch: warning: x\n");
    }

    @Test
    void withoutATerminalProgressIsToldNowAndThen() {
        Terminal terminal = new Terminal(System.out, err);
        terminal.tellProgress();
        terminal.progress("loading");
        terminal.progress("denoising 1/2", "denoising [##] 1/2");
        assertThat(text()).isEmpty();
        terminal.tellProgress();
        terminal.tellProgress();
        terminal.progress("decoding");
        terminal.tellProgress();
        assertThat(text()).isEqualTo("panatorch: denoising 1/2\npanatorch: decoding\n");
    }

    @Test
    void progressIsNotToldWhereItIsDrawnNorWhereItIsQuietNorAfterTheEnd() {
        Terminal drawn = new Terminal(System.out, err, true, 80);
        drawn.progress("loading");
        String line = text();
        drawn.tellProgress();
        assertThat(text()).isEqualTo(line);
        bytes.reset();

        Terminal quiet = new Terminal(System.out, err);
        quiet.beQuiet();
        quiet.progress("loading");
        quiet.tellProgress();
        Terminal ended = new Terminal(System.out, err);
        ended.progress("loading");
        ended.fallSilent();
        ended.tellProgress();
        assertThat(text()).isEmpty();
    }

    @Test
    void whatDoesNotFitInTheMemoryIsNoInternalError() {
        assertThat(new Terminal(System.out, err).failure(new OutOfMemoryError("Java heap space"))).isEqualTo(1);
        assertThat(text()).isEqualTo("panatorch: out of memory in Java: Java heap space; choose smaller sizes, or give it more with"
                + " JAVA_TOOL_OPTIONS=-Xmx...\n");
    }

    private String text() {
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
