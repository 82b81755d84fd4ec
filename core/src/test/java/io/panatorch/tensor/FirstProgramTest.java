package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.testing.Program;
import io.panatorch.testing.TensorTest;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program that this module's page begins with prints what the page says. */
@TensorTest
class FirstProgramTest {

    private static final Path PAGE = Path.of(System.getProperty("basedir", "core"), "README.md");

    @Test
    void itPrintsWhatThePageSays(@TempDir Path folder) throws Exception {
        String printed = Program.compile(folder, "First", Program.in(PAGE, "# Core")).run();
        assertThat(printed.lines()).hasSize(3).startsWith("[2, 2] float32 cpu");
        assertThat(Files.readString(PAGE)).contains(printed.strip().indent(4));
    }
}
