package io.panatorch.cogvideox.video;

import io.panatorch.io.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** A folder with one PNG file for each picture. */
final class PngFolder {

    private static final Predicate<String> IS_FRAME = Pattern.compile("frame_\\d{4,}\\.png").asMatchPredicate();

    private PngFolder() {}

    /**
     * Writes the pictures. Of another video that was written here nothing is left; other files stay, unless they have the name of one
     * of these pictures. If a picture fails, or a folder has the name of one, all is as it was. Only a kill while the pictures take their
     * places, which is once all are written, may leave some of both videos in a folder that was there.
     */
    static void write(Frames frames, VideoMetadata metadata, Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            AtomicFile.writeInto(folder, name -> isOwnFrame(folder.resolve(name)), temporary -> fill(frames, metadata, temporary));
        } else {
            AtomicFile.writeDirectory(folder, temporary -> fill(frames, metadata, temporary));
        }
    }

    /** What cannot be read is not this writer's. */
    private static boolean isOwnFrame(Path file) {
        try {
            return IS_FRAME.test(file.getFileName().toString()) && Png.isOwn(file);
        } catch (IOException e) {
            return false;
        }
    }

    /** {@return the file of a picture in a folder} */
    static Path frame(Path folder, int index) {
        return folder.resolve(String.format(Locale.ROOT, "frame_%04d.png", index));
    }

    private static void fill(Frames frames, VideoMetadata metadata, Path folder) throws IOException {
        for (int i = 0; i < frames.count(); i++) {
            byte[] png = Png.encode(frames.width(), frames.height(), frames.rgb(i), metadata);
            VideoEncoder.checkInterrupt();
            Files.write(frame(folder, i), png);
        }
    }
}
