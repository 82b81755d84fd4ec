package io.panatorch.cogvideox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cogvideox.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The end of the program in the middle of its work. The signal is TERM, which the JVM treats as it does Ctrl-C's INT; INT is
 * ignored by programs whose parent was started in the background, as a build may be.
 */
@Tag("cpu")
@Timeout(120)
class CancelTest {

    private static final int TERMINATED = 128 + 15;

    @TempDir
    Path folder;

    private Path out;
    private Path bin;
    private Path errors;

    @BeforeEach
    void makeFolders() throws IOException {
        out = Files.createDirectory(folder.resolve("out"));
        bin = Files.createDirectory(folder.resolve("bin"));
        errors = folder.resolve("errors");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 700, 1700})
    void leavesNothing(int afterMillis) throws Exception {
        Process process = start("--steps", "1000", "--height", "192", "--width", "256"); // half a minute and more
        awaitLibrary(process);
        Thread.sleep(afterMillis);
        endsWell(process);
    }

    /** A JVM that has not come to its program yet dies of the signal in a way of its own. */
    private static void awaitLibrary(Process process) throws Exception {
        Path maps = Path.of("/proc", Long.toString(process.pid()), "maps");
        while (process.isAlive() && !Files.readString(maps).contains("libpanatorch")) {
            Thread.sleep(10);
        }
    }

    /** Between FFmpeg's first pictures and the page: a temporary video is there too. */
    @Test
    void aComparisonLeavesNothing() throws Exception {
        Path temporary = Files.createDirectory(folder.resolve("tmp"));
        Path pid = sleepingFfmpeg();
        Process process = start(List.of("-Djava.io.tmpdir=" + temporary), "compare", "--prompt", "a", "--setting", "--cache pab",
                "--output", "c.html", "--stats", "s.json", "--steps", "1");
        awaitFile(pid, process);
        assertThat(temporary).isNotEmptyDirectory();
        endsWell(process);
        assertThat(temporary).isEmptyDirectory();
    }

    /** FFmpeg takes the first pictures, says so, and then nothing more. */
    @Test
    void endsFfmpegToo() throws Exception {
        Path pid = sleepingFfmpeg();
        Process process = start("--steps", "1");
        awaitFile(pid, process);
        assertThat(errors).isEmptyFile();
        endsWell(process);
        assertThat(ProcessHandle.of(Long.parseLong(Files.readString(pid).strip())).filter(ProcessHandle::isAlive)).isEmpty();
    }

    /** Returns the file that has its process once it has begun. */
    private Path sleepingFfmpeg() throws IOException {
        Path pid = folder.resolve("pid");
        Path ffmpeg = Files.writeString(bin.resolve("ffmpeg"), """
                #!/bin/sh
                if [ "$2" = -encoders ]; then echo ' V....D libx264 x'; exit 0; fi
                echo $$ > '%1$s.new'; mv '%1$s.new' '%1$s'; exec sleep 600
                """.formatted(pid));
        assertThat(ffmpeg.toFile().setExecutable(true)).isTrue();
        return pid;
    }

    private static void awaitFile(Path file, Process process) throws InterruptedException {
        while (!Files.exists(file) && process.isAlive()) {
            Thread.sleep(10);
        }
    }

    private void endsWell(Process process) throws Exception {
        process.destroy();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(errors).isEmptyFile();
        assertThat(process.exitValue()).isEqualTo(TERMINATED);
        assertThat(out).isEmptyDirectory();
    }

    private Process start(String... options) throws IOException {
        return start(List.of(), "generate", Stream.concat(
                Stream.of("--prompt", "a", "--output", "v.mp4", "--stats", "s.json"), Stream.of(options)).toArray(String[]::new));
    }

    private Process start(List<String> flags, String command, String... options) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(command, "--model", Golden.folder("t2v-2b").resolve("pipeline").toString()));
        arguments.addAll(List.of(options));
        arguments.add("--quiet"); // progress is told where it takes long
        ProcessBuilder builder = new ProcessBuilder(CommandProcess.line(flags, arguments)).directory(out.toFile())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(errors.toFile());
        builder.environment().merge("PATH", bin.toString(), (path, own) -> own + ":" + path);
        return builder.start();
    }
}
