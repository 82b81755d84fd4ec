package io.panatorch.cogvideox.cli;

import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import picocli.CommandLine.Option;

/** Prompts of videos that are made one after another. */
final class PromptOptions {

    @Option(names = "--prompt", paramLabel = "TEXT", description = "what a video shows; may be given several times")
    private List<String> prompts;

    @Option(names = "--prompts", paramLabel = "FILE", description = "text file with a prompt in each line, besides those")
    private Path file;

    /**
     * {@return all, those of the file last}
     *
     * @throws IllegalArgumentException where there is none
     */
    List<String> texts() throws IOException {
        List<String> texts = new ArrayList<>(Objects.requireNonNullElse(prompts, List.of()));
        if (file != null) {
            texts.addAll(lines(file));
        }
        if (texts.isEmpty()) {
            throw new IllegalArgumentException("expected --prompt or --prompts with a text, found none");
        }
        return texts;
    }

    /** {@return the lines of a text file that are not blank} */
    static List<String> lines(Path file) throws IOException {
        try {
            return Files.readAllLines(file).stream().filter(line -> !line.isBlank()).map(String::strip).toList();
        } catch (CharacterCodingException e) {
            throw new InvalidFileException(file, "expected a text file in UTF-8", e);
        }
    }
}
