package io.panatorch.bindings;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Symbolic links to unpacked libraries, in one folder; they are deleted at the end, so that nothing follows them then. */
record LibraryLinks(Path folder) implements AutoCloseable {

    /** Links to all files of the sources. */
    static LibraryLinks in(Path folder, Path... sources) throws IOException {
        for (Path source : sources) {
            for (Path file : files(source)) {
                Files.createSymbolicLink(folder.resolve(file.getFileName()), file.toAbsolutePath());
            }
        }
        return new LibraryLinks(folder);
    }

    /** A whole libtorch out of what the build of the native module unpacked: {@code oldest} or {@code shipped}. */
    static LibraryLinks libtorch(Path folder, Path natives, String which) throws IOException {
        String platform = Platform.current();
        return in(folder, natives.resolve("openblas/org/bytedeco/openblas").resolve(platform),
                natives.resolve(which).resolve("org/bytedeco/pytorch").resolve(platform));
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }

    @Override
    public void close() throws IOException {
        for (Path file : files(folder)) {
            Files.delete(file);
        }
    }
}
