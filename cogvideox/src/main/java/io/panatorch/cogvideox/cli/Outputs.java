package io.panatorch.cogvideox.cli;

import io.panatorch.io.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** What holds for everything that a command writes. */
final class Outputs {

    /** What becomes of that which is there already, for a help. */
    static final String RULE = "What an output names is replaced when the new one is whole, and stays where the command fails. Links"
            + " are followed.";

    /** Options that name what is written. All others that name files name what is read. */
    private static final Set<String> NAMES =
            Set.of("--output", "--output-latents", "--output-frames", "--stats", "--cache-report", "--report");

    private Outputs() {}

    /**
     * Refuses outputs that are one file, and such as are also read or lie in the model's folder, also through links, before the work.
     *
     * @param targets may be null, where there is no such output
     * @throws IllegalArgumentException where there are such
     * @throws IOException where one has no folder to be in
     */
    static void check(ParseResult command, Path... targets) throws IOException {
        List<Path> given = Stream.of(targets).filter(Objects::nonNull).toList();
        requireDistinct(given);
        for (OptionSpec option : command.matchedOptions()) {
            boolean isModel = option.longestName().equals("--model");
            for (Path input : NAMES.contains(option.longestName()) ? List.<Path>of() : paths(option.getValue(), isModel)) {
                for (Path target : given) {
                    requireApart(target, option, input, isModel);
                }
            }
        }
    }

    private static void requireApart(Path target, OptionSpec option, Path input, boolean isModel) throws IOException {
        boolean isInside = isModel && Files.isDirectory(input) && AtomicFile.destination(target).startsWith(input.toRealPath());
        if (isInside || Files.exists(target) && Files.exists(input) && Files.isSameFile(input, target)) {
            throw new IllegalArgumentException(target + ": expected another place than " + option.longestName() + " " + input
                    + ", which is read");
        }
    }

    private static List<Path> paths(Object value, boolean isModel) {
        return switch (value) {
            case Path path -> List.of(path);
            case LoraChoice lora -> List.of(lora.file());
            case String text when isModel -> List.of(Path.of(text));
            case Collection<?> several -> several.stream().flatMap(each -> paths(each, isModel).stream()).toList();
            case null, default -> List.of();
        };
    }

    private static void requireDistinct(List<Path> given) throws IOException {
        Set<Path> distinct = new HashSet<>();
        for (Path target : given) {
            if (!distinct.add(AtomicFile.destination(target))) {
                throw new IllegalArgumentException(target + ": expected a file for each output, found it named twice");
            }
        }
    }
}
