package io.panatorch.cogvideox.cli;

import io.panatorch.io.AtomicFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/** What holds for everything that a command writes. */
final class Outputs {

    /** What becomes of that which is there already, for a help. */
    static final String RULE = "What an output names is replaced when the new one is whole, and stays where the command fails. Links"
            + " are followed.";

    private Outputs() {}

    /**
     * Refuses outputs that are one file, also through links, before the work.
     *
     * @param targets may be null, where there is no such output
     * @throws IllegalArgumentException where two are one
     * @throws IOException where one has no folder to be in
     */
    static void requireDistinct(Path... targets) throws IOException {
        Set<Path> distinct = new HashSet<>();
        List<Path> given = Stream.of(targets).filter(Objects::nonNull).toList();
        for (Path target : given) {
            if (!distinct.add(AtomicFile.destination(target))) {
                throw new IllegalArgumentException(target + ": expected a file for each output, found it named twice");
            }
        }
    }
}
