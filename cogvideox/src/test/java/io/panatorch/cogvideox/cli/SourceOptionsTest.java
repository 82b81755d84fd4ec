package io.panatorch.cogvideox.cli;

import static org.assertj.core.api.Assertions.assertThatCode;

import io.panatorch.cogvideox.VideoRequest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Files that videos are made from. */
class SourceOptionsTest {

    @TempDir
    Path folder;

    private Path resource(String name) throws IOException {
        try (InputStream in = SourceOptionsTest.class.getResourceAsStream("/io/panatorch/cogvideox/input/pictures/" + name)) {
            Path file = folder.resolve(name);
            Files.copy(in, file);
            return file;
        }
    }

    /** A video may be large, and prompts many: all of them have the one that was read. */
    @ParameterizedTest
    @ValueSource(strings = {"--video", "--control-video"})
    void oneVideoForAllPromptsIsReadOnce(String option) throws IOException {
        isReadOnce(option, resource("random-091.gif"));
    }

    @Test
    void oneImageForAllPromptsIsReadOnce() throws IOException {
        isReadOnce("--image", resource("rgb8.png"));
    }

    private static void isReadOnce(String option, Path file) throws IOException {
        SourceOptions options = new SourceOptions();
        new CommandLine(options).parseArgs(option, file.toString());
        options.addTo(VideoRequest.builder("first"), null, 0, 1, 2);
        Files.delete(file);
        assertThatCode(() -> options.addTo(VideoRequest.builder("second"), null, 1, 1, 2)).doesNotThrowAnyException();
    }
}
