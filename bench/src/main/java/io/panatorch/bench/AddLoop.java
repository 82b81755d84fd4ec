package io.panatorch.bench;

import io.panatorch.bindings.Libtorch;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import org.openjdk.jmh.util.ListStatistics;

/** The one-element add in a loop of C, as a process of its own on the same shim and libtorch. */
final class AddLoop {

    /** Where the build put the program. */
    private static final String PROPERTY = "panatorch.bench.addLoop";

    private AddLoop() {}

    /**
     * Adds nanoseconds per call to what was measured before, one value a round.
     *
     * @throws IOException where the program fails; it has said why on stderr
     */
    static void run(int rounds, int calls, ListStatistics measured) throws IOException, InterruptedException {
        Libtorch libtorch = Libtorch.load();
        Path torch = libtorch.folder().resolve("libtorch_cpu.so");
        ProcessBuilder program = new ProcessBuilder(
                System.getProperty(PROPERTY), torch.toString(), Integer.toString(rounds), Integer.toString(calls));
        // The jars' libraries carry no search path of their own.
        program.environment().put("LD_LIBRARY_PATH", libtorch.shim().getParent() + ":" + libtorch.folder());
        Process process = program.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (BufferedReader lines = process.inputReader()) {
            lines.lines().mapToDouble(Double::parseDouble).forEach(measured::addValue);
        }
        int exit = process.waitFor();
        if (exit != 0) {
            throw new IOException("add-loop exited with " + exit);
        }
    }
}
