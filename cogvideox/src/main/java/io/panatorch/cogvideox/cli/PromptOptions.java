package io.panatorch.cogvideox.cli;

import io.panatorch.io.FileContent;
import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
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
            ByteBuffer content = ByteBuffer.wrap(FileContent.read(file, MAX_BYTES, "a list of prompts"));
            return StandardCharsets.UTF_8.newDecoder().decode(content).toString().lines()
                    .filter(line -> !line.isBlank()).map(String::strip).toList();
        } catch (CharacterCodingException e) {
            throw new InvalidFileException(file, "expected a text file in UTF-8", e);
        }
    }
}
