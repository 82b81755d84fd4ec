package io.panatorch.bindings;

import java.io.IOException;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Runs {@link OneMain} in two class loaders, each with a file of the shim and a libtorch of its own; for {@link ChildJvm}.
 * Arguments: the two libtorch folders, and a folder for the shims.
 */
final class OtherShimMain {

    private OtherShimMain() {}

    public static void main(String[] args) throws Exception {
        for (int i = 0; i < 2; i++) {
            System.setProperty(LibtorchFinder.PROPERTY, args[i]);
            System.setProperty(ResourceCache.PROPERTY, Path.of(args[2], "cache" + i).toString());
            URLClassLoader loader = ClassLoadersMain.loader();
            ClassLoadersMain.run(loader); // left open: both are alive at once
        }
        System.out.println("shims " + mappedShims());
    }

    private static List<String> mappedShims() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(line -> line.endsWith("libpanatorch.so"))
                    .map(line -> Path.of(line.substring(line.indexOf('/'))).getParent().getParent().getFileName().toString())
                    .distinct()
                    .sorted()
                    .toList();
        }
    }
}
