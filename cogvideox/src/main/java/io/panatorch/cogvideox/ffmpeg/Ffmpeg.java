package io.panatorch.cogvideox.ffmpeg;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** Where an FFmpeg is looked for. */
public final class Ffmpeg {

    private static final String NAME = "ffmpeg";

    private Ffmpeg() {}

    /** {@return the variable {@code PATH}} */
    public static String searchPath() {
        return Objects.requireNonNullElse(System.getenv("PATH"), "");
    }

    /**
     * Finds the first on a search path.
     *
     * @param searchPath directories as in the variable {@code PATH}
     * @throws IOException if there is none; one line
     */
    public static Path find(String searchPath) throws IOException {
        for (String directory : searchPath.split(File.pathSeparator)) {
            Path file = Path.of(directory, NAME).toAbsolutePath();
            // An empty entry would mean the working directory, from which nothing should be run by accident.
            if (!directory.isEmpty() && Files.isRegularFile(file) && Files.isExecutable(file)) {
                return file;
            }
        }
        throw new IOException("there is no ffmpeg on PATH");
    }
}
