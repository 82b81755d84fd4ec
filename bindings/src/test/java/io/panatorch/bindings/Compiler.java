package io.panatorch.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The C compiler of the environment: {@code CC}, else {@code cc}. */
final class Compiler {

    private static final String NAME = System.getenv().getOrDefault("CC", "cc");

    private Compiler() {}

    /**
     * Makes a shared library out of C source; skips the test where there is no compiler.
     *
     * @return {@code library}
     */
    static Path library(Path library, String source) throws IOException, InterruptedException {
        Path file = Files.writeString(library.resolveSibling(library.getFileName() + ".c"), source);
        Process compiler;
        try {
            compiler = new ProcessBuilder(NAME, "-shared", "-fPIC", file.toString(), "-o", library.toString())
                    .inheritIO()
                    .start();
        } catch (IOException e) {
            return abort("no C compiler starts: " + e.getMessage());
        }
        assertThat(compiler.waitFor()).isZero();
        return library;
    }
}
