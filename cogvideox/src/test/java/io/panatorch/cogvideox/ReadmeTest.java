package io.panatorch.cogvideox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README and packages show compiles as it stands there. */
@Tag("cpu")
class ReadmeTest {

    private static final int LINES = 15;

    @Test
    void theProgramCompiles(@TempDir Path folder) throws Exception {
        String readme = Files.readString(Path.of("..", "README.md"));
        int start = readme.indexOf("```java\n") + "```java\n".length();
        String program = readme.substring(start, readme.indexOf("```", start));
        assertThat(program.lines().filter(line -> !line.isBlank()).count()).isLessThanOrEqualTo(LINES);
        compile(folder, "RedCircle", program);
    }

    /** With a small model of the same kind in the place of 5B, on the CPU. */
    @Test
    void theProgramBesideDiffusersRuns(@TempDir Path folder) throws Exception {
        String readme = Files.readString(Path.of("..", "README.md"));
        int start = readme.indexOf("```java\n", readme.indexOf("## The CogVideoX family")) + "```java\n".length();
        String program = readme.substring(start, readme.indexOf("```", start));
        String small = program.replace("\"CogVideoX-5b\"", '"' + Golden.folder("t2v-5b").resolve("pipeline").toString() + '"')
                .replace("Device.cuda(0)", "Device.CPU")
                .replace(".steps(50)", ".steps(2).frames(1)")
                .replace("\"panda.mp4\"", '"' + folder.resolve("panda.mp4").toString() + '"');
        assertThat(small).contains("Device.CPU", ".steps(2)", folder.toString());
        compile(folder, "Panda", small);
        Path log = folder.resolve("java.log");
        Process java = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "--class-path", folder + File.pathSeparator + classPath(),
                        "Panda"))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        assertThat(java.waitFor()).as(Files.readString(log)).isZero();
        assertThat(folder.resolve("panda.mp4")).isNotEmptyFile();
    }

    @Test
    void theExampleOfInputsCompiles(@TempDir Path folder) throws Exception {
        String tour = Files.readString(Path.of("src/main/java/io/panatorch/cogvideox/input/package-info.java"));
        int start = tour.indexOf("{@snippet :\n") + "{@snippet :\n".length();
        String example = tour.substring(start, tour.indexOf("\n * }\n *\n", start)).replaceAll("(?m)^ \\*", "");
        compile(folder, "Inputs", """
                import io.panatorch.cogvideox.input.*;
                import io.panatorch.tensor.*;
                import java.nio.file.Path;
                class Inputs {
                    void example() throws java.io.IOException {
                %s
                    }
                }
                """.formatted(example));
    }

    private static void compile(Path folder, String name, String program) throws Exception {
        Path source = Files.writeString(folder.resolve(name + ".java"), program);
        Path log = folder.resolve("javac.log");
        Process javac = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "javac").toString(),
                        "--release", "22",
                        "--class-path", classPath(),
                        "-d", folder.toString(),
                        source.toString()))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        assertThat(javac.waitFor()).as(Files.readString(log)).isZero();
    }

    private static String classPath() {
        return System.getProperty("java.class.path") + File.pathSeparator + System.getProperty("jdk.module.path", "");
    }
}
