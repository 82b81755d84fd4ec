package io.panatorch.cogvideox.cli;

import io.panatorch.io.FileContent;
import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import picocli.CommandLine.Option;

/** Prompts of videos that are made one after another. */
final class PromptOptions {

    private static final int MAX_BYTES = 16 << 20;

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
        if (prompts == null && file == null) {
            throw new IllegalArgumentException("expected --prompt or --prompts with a text, found none");
        }
        return texts(prompts, file);
    }

    /**
     * {@return all, those of the file last}
     *
     * @param prompts may be null
     * @param file may be null
     */
    static List<String> texts(List<String> prompts, Path file) throws IOException {
        List<String> texts = new ArrayList<>(Objects.requireNonNullElse(prompts, List.of()));
        if (file != null) {
            texts.addAll(lines(file));
        }
        return texts;
    }

    /**
     * {@return the lines of a text file that are not blank}
     *
     * @throws InvalidFileException where there is none, or the text is not in UTF-8
     */
    static List<String> lines(Path file) throws IOException {
        if (Files.isRegularFile(file) && Files.size(file) == 0) { // not damaged, as other empty files are: one's own
            throw withoutText(file);
        }
        String text = FileContent.utf8(
                file, FileContent.read(file, MAX_BYTES, "a list of prompts"), FileContent.SAVE_AS_UTF8);
        List<String> prompts = text.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
        if (prompts.isEmpty()) {
            throw withoutText(file);
        }
        return prompts;
    }

    private static InvalidFileException withoutText(Path file) {
        return new InvalidFileException(file, "expected a prompt in each line, found no text");
    }
}
