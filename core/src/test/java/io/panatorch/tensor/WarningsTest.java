package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.testing.TensorTest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What libtorch warns of reaches the program's logger, here the JDK's with a file, and nothing else. */
@TensorTest
class WarningsTest {

    private static final String LOGGING = """
            handlers=java.util.logging.FileHandler
            io.panatorch.level=%s
            java.util.logging.FileHandler.level=ALL
            java.util.logging.FileHandler.pattern=%s
            java.util.logging.FileHandler.formatter=java.util.logging.SimpleFormatter
            java.util.logging.SimpleFormatter.format=%%4$s %%3$s %%5$s%%n
            """;
    private static final String DEVIATION = " io.panatorch libtorch: std(): degrees of freedom is <= 0. Correction should be"
            + " strictly less than the reduction factor (input numel divided by output numel).";
    private static final String NORM = "WARNING io.panatorch libtorch: Mismatch dtype between input and weight: ";

    @TempDir
    private Path temp;

    private List<String> logged(String level) throws Exception {
        Path log = temp.resolve("log");
        Path logging = Files.writeString(temp.resolve("logging.properties"), LOGGING.formatted(level, log));
        ChildJvm.Output output = ChildJvm.run(temp, WarningsMain.class, "-Djava.util.logging.config.file=" + logging);
        assertThat(output).isEqualTo(new ChildJvm.Output("computed\npassed on\n", ""));
        return Files.readAllLines(log);
    }

    @Test
    void eachTextOnce() throws Exception {
        assertThat(logged("INFO")).satisfiesExactly(
                line -> assertThat(line).isEqualTo("WARNING" + DEVIATION),
                line -> assertThat(line).startsWith(NORM));
    }

    @Test
    void everyTimeForWhoWantsIt() throws Exception {
        assertThat(logged("FINE")).satisfiesExactly(
                line -> assertThat(line).isEqualTo("WARNING" + DEVIATION),
                line -> assertThat(line).isEqualTo("FINE" + DEVIATION),
                line -> assertThat(line).startsWith(NORM));
    }
}
