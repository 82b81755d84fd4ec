package io.panatorch.cogvideox.video;

import java.io.File;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * An FFmpeg executable that starts and has an encoder that was asked for.
 *
 * <p>The first {@code ffmpeg} on the search path is preferred, since it usually has the better encoders; the one that
 * comes in the jar {@code org.bytedeco:ffmpeg} is next. An executable that does not start (the one in the jar needs
 * the system's ALSA and XCB libraries) or lacks the encoder is passed over.
 */
public final class FfmpegExecutable {

    /** The version of {@code org.bytedeco:ffmpeg} that {@link #BUNDLED_FILES} lists. */
    public static final String BUNDLED_VERSION = "6.1.1-1.5.10";

    /** The resources the jar's executable needs: itself and the libraries that it loads from its own directory. */
    public static final List<String> BUNDLED_FILES = Stream.of("ffmpeg", "libavcodec.so.60", "libavdevice.so.60",
                    "libavfilter.so.9", "libavformat.so.60", "libavutil.so.58", "libdrm.so.2", "libswresample.so.4",
                    "libswscale.so.7")
            .map("org/bytedeco/ffmpeg/linux-x86_64/"::concat).toList();

    private static final String NAME = "ffmpeg";
    private static final String LIBRARY_PATH = "LD_LIBRARY_PATH";

    /** Gives access to the executable that comes in the jar. */
    @FunctionalInterface
    public interface Bundle {

        /**
         * Unpacks the executable where that is not done yet.
         *
         * @return the directory that directly holds the files whose resource names are {@link #BUNDLED_FILES}
         * @throws IOException if the jar is not there or cannot be unpacked; one line
         */
        Path directory() throws IOException;
    }

    private final Path path;
    private final boolean bundled;
    private final String encoder;

    private FfmpegExecutable(Path path, boolean bundled, List<String> encoders) throws IOException {
        this.path = path;
        this.bundled = bundled;
        this.encoder = choose(encoders);
    }

    /**
     * Finds an executable that has one of the encoders.
     *
     * @param encoders names as in {@code ffmpeg -encoders}, the most wanted first
     * @param searchPath directories as in the variable {@code PATH}
     * @param bundle asked if there is none on the search path
     * @throws IOException if there is none; one line that says what was looked at, what was wrong with it, what to do
     */
    static FfmpegExecutable find(List<String> encoders, String searchPath, Bundle bundle) throws IOException {
        List<String> problems = new ArrayList<>();
        for (Candidate candidate : List.<Candidate>of(
                () -> new FfmpegExecutable(onPath(searchPath), false, encoders),
                () -> new FfmpegExecutable(unpacked(bundle), true, encoders))) {
            try {
                return candidate.get();
            } catch (InterruptedIOException e) {
                throw e;
            } catch (IOException e) {
                problems.add(e.getMessage());
            }
        }
        throw new IOException("no ffmpeg with " + String.join(" or ", encoders) + " found: "
                + String.join("; ", problems)
                + "; install ffmpeg so that it is on PATH, or write PNG files, which needs none");
    }

    /** {@return the executable file} */
    public Path path() {
        return path;
    }

    /** {@return the encoder that was chosen of those asked for} */
    public String encoder() {
        return encoder;
    }

    /** Prepares a run with the arguments. */
    ProcessBuilder command(List<String> arguments) {
        List<String> line = new ArrayList<>();
        line.add(path.toString());
        line.addAll(arguments);
        ProcessBuilder command = new ProcessBuilder(line);
        if (bundled) {
            // The executable finds its libraries by itself, but a library path that the user has set would win.
            command.environment().merge(LIBRARY_PATH, path.getParent().toString(),
                    (users, own) -> own + File.pathSeparator + users);
        }
        return command;
    }

    @Override
    public String toString() {
        return path.toString();
    }

    private String choose(List<String> encoders) throws IOException {
        List<String> arguments = List.of("-hide_banner", "-encoders");
        try (FfmpegProcess process = new FfmpegProcess(toString(), command(arguments))) {
            // A line is " V....D name  description".
            Set<String> names = process.finish().stream()
                    .map(line -> line.strip().split("\\s+"))
                    .filter(words -> words.length > 1)
                    .map(words -> words[1])
                    .collect(Collectors.toSet());
            return encoders.stream().filter(names::contains).findFirst()
                    .orElseThrow(() -> new IOException(this + " does not have it"));
        }
    }

    private static Path onPath(String searchPath) throws IOException {
        for (String directory : searchPath.split(File.pathSeparator)) {
            Path file = Path.of(directory, NAME).toAbsolutePath();
            // An empty entry would mean the working directory, from which nothing should be run by accident.
            if (!directory.isEmpty() && Files.isRegularFile(file) && Files.isExecutable(file)) {
                return file;
            }
        }
        throw new IOException("there is none on PATH (" + searchPath + ")");
    }

    private static Path unpacked(Bundle bundle) throws IOException {
        Path file;
        try {
            file = bundle.directory().resolve(NAME).toAbsolutePath();
        } catch (InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            throw new IOException("the one of org.bytedeco:ffmpeg:" + BUNDLED_VERSION + " cannot be unpacked: "
                    + e.getMessage(), e);
        }
        if (!Files.isExecutable(file) && !file.toFile().setExecutable(true)) {
            throw new IOException(file + " cannot be made executable");
        }
        return file;
    }

    @FunctionalInterface
    private interface Candidate {
        FfmpegExecutable get() throws IOException;
    }
}
