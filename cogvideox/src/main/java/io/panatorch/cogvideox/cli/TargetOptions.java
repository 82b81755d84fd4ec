package io.panatorch.cogvideox.cli;

import io.panatorch.io.AtomicFile;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import picocli.CommandLine.Option;

/** The one rule for everything that a command writes: nothing that is there is replaced unless that is asked for. */
final class TargetOptions {

    @Option(names = "--overwrite", description = "replace outputs that are there already, each when the new one is whole; without"
            + " this they are refused before the work begins. Links are followed")
    private boolean overwrite;

    /**
     * Finds out before the work whether the outputs are files of their own and may be written.
     *
     * @throws IllegalArgumentException where two are one file, also through links
     * @throws IOException where one is there already, or its folder is not
     */
    void check(Collection<Path> targets) throws IOException {
        Set<Path> distinct = new HashSet<>();
        for (Path target : targets) {
            Path destination = AtomicFile.destination(target);
            if (!distinct.add(destination)) {
                throw new IllegalArgumentException(target + ": expected a file for each output, found it named twice");
            }
            if (!overwrite && Files.isRegularFile(destination)) {
                throw new FileSystemException(target.toString(), null,
                        "exists already; choose another path, or replace it with --overwrite");
            }
        }
    }
}
