package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where libtorch cannot be loaded, each caller is told why, in the same words. */
@Tag("pure")
class NoLibtorchTest {

    @TempDir
    private Path temp;

    @Test
    void everyCallerIsToldTheReason() throws Exception {
        Path output = temp.resolve("output");
        Process process = new ProcessBuilder(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED", "-Dpanatorch.libtorch=" + temp.resolve("none"), "-cp",
                        System.getProperty("java.class.path") + File.pathSeparator + System.getProperty("jdk.module.path"),
                        NoLibtorchMain.class.getName()))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();

        assertThat(process.waitFor(90, TimeUnit.SECONDS)).isTrue();
        String reason = TorchException.class.getName() + ": no libtorch where -Dpanatorch.libtorch points: looked for"
                + " libtorch_cpu.so in " + temp.resolve("none") + ", its lib and its torch/lib; name the folder of a libtorch zip"
                + " or of a pip wheel's torch package";
        assertThat(Files.readAllLines(output)).hasSize(32).containsOnly(reason);
        assertThat(process.exitValue()).isZero();
    }
}
