package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A JVM on the classes of this one, for what a process can do or be only once. */
final class ChildJvm {

    private static final int SECONDS = 90;

    /** What a process has printed. */
    record Output(String out, String err) {}

    private ChildJvm() {}

    /** @param folder for files with its output */
    static Output run(Path folder, Class<?> main, String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED"));
        if (Runtime.version().feature() >= 24) {
            command.add("--illegal-native-access=deny");
        }
        command.addAll(List.of(options));
        command.addAll(List.of("-cp",
                System.getProperty("java.class.path") + File.pathSeparator + System.getProperty("jdk.module.path"), main.getName()));
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");

        Process process = new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile()).start();

        assertThat(process.waitFor(SECONDS, TimeUnit.SECONDS)).isTrue();
        Output output = new Output(Files.readString(out), Files.readString(err));
        assertThat(process.exitValue()).as(output.toString()).isZero();
        return output;
    }
}
