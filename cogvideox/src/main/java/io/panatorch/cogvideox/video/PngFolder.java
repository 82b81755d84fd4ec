package io.panatorch.cogvideox.video;

import io.panatorch.io.AtomicFile;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A folder with one PNG file for each picture. */
final class PngFolder {

    private PngFolder() {}

    /** Fails if the folder has frames, which a shorter video would only replace in part. */
    static void requireNoFrames(Path folder) throws IOException {
        try (DirectoryStream<Path> frames = Files.newDirectoryStream(folder, "frame_*.png")) {
            if (frames.iterator().hasNext()) {
                throw new FileSystemException(folder.toString(), null,
                        "has frames of another video; delete them or choose another folder");
            }
        }
    }

    /** Writes the pictures; if that fails, the folder is as it was, or not there as before. */
    static void write(Frames frames, VideoMetadata metadata, Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            // Filled and not replaced, as it may be a mount point; so each file has to appear as a whole.
            fill(frames, metadata, folder, (file, png) -> AtomicFile.write(file, temporary -> Files.write(temporary, png)));
        } else {
            AtomicFile.writeDirectory(folder, temporary -> fill(frames, metadata, temporary, Files::write));
        }
    }

    private static void fill(Frames frames, VideoMetadata metadata, Path folder, FileWriter writer) throws IOException {
        List<Path> written = new ArrayList<>();
        try {
            for (int i = 0; i < frames.count(); i++) {
                byte[] png = Png.encode(frames.width(), frames.height(), frames.rgb(i), metadata);
                VideoEncoder.checkInterrupt();
                Path file = folder.resolve(String.format(Locale.ROOT, "frame_%04d.png", i));
                writer.write(file, png);
                written.add(file);
            }
        } catch (IOException | RuntimeException | Error e) {
            delete(written, e);
            throw e;
        }
    }

    private static void delete(List<Path> files, Throwable reason) {
        for (Path file : files) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                reason.addSuppressed(e);
            }
        }
    }

    @FunctionalInterface
    private interface FileWriter {
        void write(Path file, byte[] content) throws IOException;
    }
}
