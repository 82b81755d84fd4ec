package io.panatorch.cogvideox.video;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How the writer answers to an FFmpeg that is missing, fails or hangs; shell scripts stand in for it. */
@Timeout(60)
class FfmpegFailureTest {

    private static final String LISTS_ENCODERS = """
            #!/bin/sh
            if [ "$2" = -encoders ]; then echo ' V....D libopenh264 x'; exit 0; fi
            """;

    /** What stands in for a whole run: reads all pictures and names its output, the last argument, {@code file}. */
    private static final String READS_ALL = LISTS_ENCODERS + "cat > /dev/null; for file; do :; done\n";

    /** So many bytes that no pipe holds them. */
    private static final Frames LARGE = SyntheticFrames.of(640, 480, 3);

    @TempDir
    Path folder;

    private Path bin;
    private Path target;

    @BeforeEach
    void makeFolders() throws IOException {
        bin = Files.createDirectory(folder.resolve("bin"));
        target = Files.createDirectory(folder.resolve("out")).resolve("video.mp4");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "cat > /dev/null\n", "head -c 100000 > /dev/null\n"})
    void itsLastLineIsTheReasonWheneverItFails(String before) throws IOException {
        Path script = script(before + "echo first >&2; echo 'disk on fire' >&2; echo >&2; exit 3\n");
        assertThatIOException().isThrownBy(() -> writer().write(LARGE))
                .withMessageContainingAll(target.toString(), script.toString(), "exit status 3: disk on fire")
                .withMessageNotContainingAny("first", "pipe", "\n");
        assertThat(target.getParent()).isEmptyDirectory();
    }

    @Test
    void smallVideosFailInTheSameWay() throws IOException {
        script("echo 'disk on fire' >&2; exit 1\n");
        assertThatIOException().isThrownBy(() -> writer().write(SyntheticFrames.of(8, 8, 1)))
                .withMessageContaining("exit status 1: disk on fire");
    }

    @Test
    void endingWellBeforeAllPicturesWereReadIsAFailureToo() throws IOException {
        script("exit 0\n");
        assertThatIOException().isThrownBy(() -> writer().write(LARGE))
                .withMessageContaining("exit status 0: it gave no reason");
        assertThat(target.getParent()).isEmptyDirectory();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "cat > /dev/null\n"})
    void anInterruptEndsAProcessThatHangs(String before) throws Exception {
        Path pid = folder.resolve("pid");
        script(before + "echo $$ > '" + pid + ".new'; mv '" + pid + ".new' '" + pid + "'; sleep 600\n");
        CompletableFuture<IOException> failure = new CompletableFuture<>();
        Thread thread = Thread.ofPlatform().start(() -> {
            try {
                writer().write(LARGE);
                failure.complete(null);
            } catch (IOException e) {
                failure.complete(e);
            }
        });
        while (!Files.exists(pid)) {
            Thread.sleep(Duration.ofMillis(10));
        }
        thread.interrupt();

        assertThat(failure.get(20, TimeUnit.SECONDS)).hasMessageContaining("interrupted");
        long started = Long.parseLong(Files.readString(pid).strip());
        assertThat(ProcessHandle.of(started).filter(ProcessHandle::isAlive)).isEmpty();
        assertThat(target.getParent()).isEmptyDirectory();
    }

    @Test
    void withoutFfmpegTheVideoIsWrittenInJava() throws IOException {
        VideoWriter writer = writer();
        assertThat(writer.encoder()).isEqualTo("H.264 in Java, as there is no ffmpeg on PATH");
        writer.write(SyntheticFrames.of(64, 64, 2));
        assertThat(Decoder.mp4(target)).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "echo 'libasound.so.2: not found' >&2; exit 127 | ended with exit status 127: libasound.so.2: not found",
        "echo ' V....D mpeg4 x' | has neither libx264 nor libopenh264"})
    void anFfmpegThatDoesNotStartOrLacksTheEncoderIsPassedOverWithTheReason(String body, String reason) throws IOException {
        Path ffmpeg = Files.writeString(bin.resolve("ffmpeg"), "#!/bin/sh\n" + body + "\n");
        assertThat(ffmpeg.toFile().setExecutable(true)).isTrue();
        assertThat(writer().encoder()).isEqualTo("H.264 in Java, as " + ffmpeg + " " + reason);
    }

    @Test
    void anInterruptWhileAnFfmpegIsLookedForIsNoReasonToDoWithout() throws IOException {
        script("");
        Thread.currentThread().interrupt();
        try {
            assertThatIOException().isThrownBy(this::writer).withMessageContaining("interrupted");
        } finally {
            assertThat(Thread.interrupted()).as("interrupt status").isTrue();
        }
    }

    private VideoWriter writer() throws IOException {
        return VideoWriter.to(target, bin.toString());
    }

    private Path script(String body) throws IOException {
        Path script = Files.writeString(bin.resolve("ffmpeg"), LISTS_ENCODERS + body);
        assertThat(script.toFile().setExecutable(true)).isTrue();
        return script;
    }
}
