package io.panatorch.cogvideox.cli;

import io.panatorch.cogvideox.Golden;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** One run of the command inside the test's JVM. */
record Run(int status, String out, String err) {

    private static final int COLUMNS = 80;

    static Run of(String... arguments) {
        return of(false, arguments);
    }

    /** As if standard error were a terminal. */
    static Run onTerminal(String... arguments) {
        return of(true, arguments);
    }

    private static Run of(boolean showsProgress, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int status = Main.run(new Terminal(print(out), print(err), showsProgress, COLUMNS), arguments);
        return new Run(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private static PrintStream print(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }

    /** {@return the lines that were drawn one over another on a terminal, the last of them cleared} */
    List<String> drawn() {
        return List.of(err.replace("\u001b[?7l", "").replace("\u001b[?7h", "").split("\r\u001b\\[K"));
    }

    /** {@code generate} with a tiny model of random weights, 64 × 48 pixels and 9 frames, in a few steps. */
    static String[] tiny(String... more) {
        List<String> arguments = new ArrayList<>(List.of("generate",
                "--model", Golden.folder("t2v-2b").resolve("pipeline").toString()));
        if (!List.of(more).contains("--steps")) {
            Collections.addAll(arguments, "--steps", "4");
        }
        Collections.addAll(arguments, more);
        return arguments.toArray(String[]::new);
    }
}
