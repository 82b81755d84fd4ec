package io.panatorch.cogvideox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cogvideox.CogVideoXPipeline;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The command as a process: what becomes of its standard output, and of arguments in the locale's encoding. */
@Tag("cpu")
@Timeout(60)
class StreamsTest {

    private static final String JAVA = Path.of(System.getProperty("java.home"), "bin", "java").toString();

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"--help", "--version", "generate --help", "info"})
    @EnabledOnOs(OS.LINUX)
    void whatIsLostOfTheOutputIsToldAndFails(String arguments) throws Exception {
        ProcessBuilder builder = command(List.of(arguments.split(" ")));
        builder.redirectOutput(new File("/dev/full"));
        assertThat(errors(builder, 1)).isEqualTo("panatorch: standard output: could not be written: No space left on device\n");
    }

    /** The shell's status is that of the command before the pipe, whose end has been closed by then. */
    @Test
    void aReaderThatLeavesEndsItQuietly() throws Exception {
        List<String> line = new ArrayList<>(List.of("sh", "-c", "{ \"$@\"; echo $? >status; } | :; exit $(cat status)", "sh"));
        line.addAll(command(List.of("generate", "--help")).command());
        assertThat(errors(new ProcessBuilder(line).directory(folder.toFile()), 0)).isEmpty();
    }

    /** Without the script that sees to it, the letters are gone before the command begins. */
    @Test
    void argumentsThatALocaleHasDamagedAreRefused() throws Exception {
        List<String> line = new ArrayList<>(List.of("sh", "-c", "exec \"$@\" --prompt \"r$(printf '\\303\\266')d\"", "sh"));
        line.addAll(command(List.of("generate", "--output", "a.mp4")).command());
        ProcessBuilder builder = new ProcessBuilder(line).directory(folder.toFile());
        builder.environment().put("LC_ALL", "C");
        assertThat(errors(builder, 2)).startsWith("panatorch: argument 5, 'r").contains("its letters are lost", "set LC_ALL=C.UTF-8")
                .hasLineCount(1);
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void argumentsThatAreNotUtf8AreRefused() throws Exception {
        List<String> line = new ArrayList<>(List.of("sh", "-c", "exec \"$@\" --prompt \"r$(printf '\\366')d\"", "sh"));
        line.addAll(command(List.of("generate")).command());
        ProcessBuilder builder = new ProcessBuilder(line);
        builder.environment().put("LC_ALL", "C.UTF-8");
        assertThat(errors(builder, 2)).isEqualTo("panatorch: argument 3, 'r\ufffdd': expected text in UTF-8, found other bytes\n");
    }

    /** As in an application's one jar. */
    @Test
    void runsOnTheClassPath() throws Exception {
        String classes = System.getProperty("jdk.module.path") + File.pathSeparator + System.getProperty("java.class.path");
        Process process = new ProcessBuilder(JAVA, "--enable-native-access=ALL-UNNAMED", "--class-path", classes, Main.class.getName(),
                "--version").redirectErrorStream(true).start();
        assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)).startsWith("panatorch ").hasLineCount(1);
        assertThat(process.waitFor()).isZero();
    }

    /** Nothing is left of an interrupt that comes while libtorch is unpacked. */
    @Test
    void anInterruptCancelsTheLoadingWhileLibtorchIsUnpacked() throws Exception {
        List<String> line = new ArrayList<>(List.of(JAVA, "--enable-native-access=ALL-UNNAMED",
                "-Dpanatorch.cache=" + folder.resolve("cache"), "--class-path", System.getProperty("jdk.module.path")
                        + File.pathSeparator + System.getProperty("java.class.path") + File.pathSeparator
                        + Path.of("target/test-classes").toAbsolutePath(), Interrupted.class.getName()));
        assertThat(errors(new ProcessBuilder(line), 0)).isEmpty();
    }

    /** Ends well if it is cancelled. */
    static final class Interrupted {

        private Interrupted() {}

        public static void main(String[] arguments) throws IOException {
            Thread.currentThread().interrupt();
            try {
                CogVideoXPipeline.load(Path.of("none"), DType.FLOAT32, Device.CPU).close();
            } catch (CancellationException e) {
                System.exit(Thread.currentThread().isInterrupted() ? 3 : 0);
            }
        }
    }

    private static ProcessBuilder command(List<String> arguments) {
        List<String> line = new ArrayList<>(List.of(JAVA, "--enable-native-access=io.panatorch.bindings",
                "--add-modules", "java.desktop", "--module-path", System.getProperty("jdk.module.path"),
                "--class-path", System.getProperty("java.class.path"), "-m", "io.panatorch.cogvideox/" + Main.class.getName()));
        line.addAll(arguments);
        return new ProcessBuilder(line);
    }

    private static String errors(ProcessBuilder builder, int status) throws IOException, InterruptedException {
        Process process = builder.start();
        String errors = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(errors).isEqualTo(status);
        return errors;
    }
}
