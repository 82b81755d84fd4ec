package io.panatorch.bindings;

import java.io.IOException;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Runs {@link OneMain} in class loaders that each have a file of the shim of their own and name a libtorch; for
 * {@link ChildJvm}. Arguments: a folder for the shims, and for each class loader a libtorch folder or nothing.
 */
final class OtherShimMain {

    private OtherShimMain() {}

    public static void main(String[] args) throws Exception {
        for (int i = 1; i < args.length; i++) {
            System.setProperty(LibtorchFinder.PROPERTY, args[i]);
            System.setProperty(ResourceCache.PROPERTY, Path.of(args[0], "cache" + i).toString());
            URLClassLoader loader = ClassLoadersMain.loader();
            ClassLoadersMain.run(loader); // left open: all are alive at once
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
