package io.panatorch.cogvideox.tokenizer;

import io.panatorch.io.InvalidFileException;
import io.panatorch.json.JsonFile;
import java.nio.file.Path;

/** The one-line messages of this package: where in the file, what was expected, what was found, what to do. */
final class Problem {

    private Problem() {}

    /** A file that breaks its own format. */
    static InvalidFileException damaged(Path file, String where, String expected, String found) {
        return new InvalidFileException(file, sentence(where, expected, found) + JsonFile.DAMAGED);
    }

    /** As {@link #damaged(Path, String, String, String)}, with what a parser said. */
    static InvalidFileException damaged(Path file, String where, String expected, String found, Throwable cause) {
        return new InvalidFileException(file, sentence(where, expected, found) + JsonFile.DAMAGED, cause);
    }

    /** A sound file for another kind of tokenizer. */
    static InvalidFileException unsupported(Path file, String where, String expected, String found) {
        return new InvalidFileException(
                file, sentence(where, expected, found) + "; only T5 tokenizers are read, use the checkpoint's own");
    }

    /** Sound files that do not fit together. */
    static InvalidFileException contradiction(Path file, String where, String expected, String found) {
        return new InvalidFileException(file, sentence(where, expected, found)
                + "; the tokenizer's files contradict each other, fetch all of them again from one place");
    }

    private static String sentence(String where, String expected, String found) {
        return where + ": expected " + expected + ", found " + found;
    }
}
