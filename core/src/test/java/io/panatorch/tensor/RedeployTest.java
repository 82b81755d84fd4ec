package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.testing.TensorTest;
import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server's thread goes on when a program that has computed on it is taken away. */
@TensorTest
class RedeployTest {

    @TempDir
    private Path temp;

    @Test
    void aThreadThatGoesOnKeepsNothingOfAProgramThatHasEnded() throws Exception {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED"));
        if (Runtime.version().feature() >= 24) {
            command.add("--illegal-native-access=deny");
        }
        command.addAll(List.of("-cp",
                System.getProperty("java.class.path") + File.pathSeparator + System.getProperty("jdk.module.path"),
                RedeployMain.class.getName()));
        Path output = temp.resolve("output");

        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();

        assertThat(process.waitFor(90, TimeUnit.SECONDS)).isTrue();
        assertThat(output).hasContent("3.0 true\ncollected");
        assertThat(process.exitValue()).isZero();
    }
}
