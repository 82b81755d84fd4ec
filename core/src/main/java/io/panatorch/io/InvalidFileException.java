package io.panatorch.io;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A file whose content cannot be used: damaged, hostile, or made for something else.
 *
 * <p>The message is one line that starts with the file and says where in it, what was expected, what was found and,
 * where there is something to do about it, what to do.
 */
public final class InvalidFileException extends IOException {

    private static final long serialVersionUID = 1L;

    /**
     * @param file the file that was read
     * @param problem where in the file, what was expected and what was found, without the file's name; what would break the
     *     line is {@linkplain FileContent#oneLine escaped}
     */
    public InvalidFileException(Path file, String problem) {
        super(file + ": " + FileContent.oneLine(problem));
    }

    /**
     * @param file the file that was read
     * @param problem where in the file, what was expected and what was found, without the file's name; what would break the
     *     line is {@linkplain FileContent#oneLine escaped}
     * @param cause what a parser said
     */
    public InvalidFileException(Path file, String problem, Throwable cause) {
        super(file + ": " + FileContent.oneLine(problem), cause);
    }
}
