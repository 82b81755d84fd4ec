package io.panatorch.bindings;

import io.panatorch.bindings.generated.Panatorch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Loads libtorch and says what it got, or exits with 3 and the message of the refusal; for {@link ChildJvm}. */
final class LoadMain {

    private LoadMain() {}

    public static void main(String[] args) throws IOException {
        try {
            Libtorch libtorch = Libtorch.load();
            System.out.println("version " + libtorch.version());
            System.out.println("source " + libtorch.source());
            System.out.println("folder " + libtorch.folder());
            System.out.println("shim " + libtorch.shim());
            System.out.println("threads " + Panatorch.pt_num_threads());
            try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
                lines.filter(line -> line.contains(".so"))
                        .map(line -> "mapped " + line.substring(line.lastIndexOf('/') + 1))
                        .distinct()
                        .forEach(System.out::println);
            }
        } catch (LibtorchLoadException e) {
            System.out.println(e.getMessage());
            System.exit(3);
        }
    }
}
