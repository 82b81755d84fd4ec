package io.panatorch.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The C compiler of the environment: {@code CC}, else {@code cc}. */
final class Compiler {

    private static final String NAME = System.getenv().getOrDefault("CC", "cc");

    private Compiler() {}

    /**
     * Makes a shared library out of C source; skips the test where there is no compiler.
     *
     * @param more arguments of the compiler
     * @return {@code library}
     */
    static Path library(Path library, String source, String... more) throws IOException, InterruptedException {
        Path file = Files.writeString(library.resolveSibling(library.getFileName() + ".c"), source);
        Process compiler;
        try {
            List<String> command = new ArrayList<>(
                    List.of(NAME, "-shared", "-fPIC", file.toString(), "-o", library.toString()));
            command.addAll(List.of(more));
            compiler = new ProcessBuilder(command).inheritIO().start();
        } catch (IOException e) {
            return abort("no C compiler starts: " + e.getMessage());
        }
        assertThat(compiler.waitFor()).isZero();
        return library;
    }
}
