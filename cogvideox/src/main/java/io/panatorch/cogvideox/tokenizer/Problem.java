package io.panatorch.cogvideox.tokenizer;

import io.panatorch.io.InvalidFileException;
import java.nio.file.Path;

/** The one-line messages of this package: where in the file, what was expected, what was found, what to do. */
final class Problem {

    private static final String DAMAGED = "; the file is damaged, fetch it again";

    private static final int MAX_QUOTED_LENGTH = 60;

    private Problem() {}

    /** A file that breaks its own format. */
    static InvalidFileException damaged(Path file, String where, String expected, String found) {
        return new InvalidFileException(file, sentence(where, expected, found) + DAMAGED);
    }

    /** As {@link #damaged(Path, String, String, String)}, with what a parser said. */
    static InvalidFileException damaged(Path file, String where, String expected, String found, Throwable cause) {
        return new InvalidFileException(file, sentence(where, expected, found) + DAMAGED, cause);
    }

    /** A sound file for another kind of tokenizer. */
    static InvalidFileException unsupported(Path file, String where, String expected, String found) {
        return new InvalidFileException(
                file, sentence(where, expected, found) + "; only T5 tokenizers are read, use the checkpoint's own");
    }

    /** Text of a file, safe to show: printable ASCII on one line, cut to a readable length. */
    static String quoted(String text) {
        String line = text.replaceAll("[^ -~]", "?");
        return line.length() <= MAX_QUOTED_LENGTH ? line : line.substring(0, MAX_QUOTED_LENGTH) + "...";
    }

    private static String sentence(String where, String expected, String found) {
        return where + ": expected " + expected + ", found " + found;
    }
}
