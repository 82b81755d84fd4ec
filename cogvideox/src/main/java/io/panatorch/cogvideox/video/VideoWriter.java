package io.panatorch.cogvideox.video;

import io.panatorch.cogvideox.ffmpeg.Ffmpeg;
import io.panatorch.io.AtomicFile;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes a video to one target, in the format that the target's name asks for.
 *
 * <ul>
 *   <li>{@code .mp4}: H.264, 8-bit 4:2:0, BT.709 colours, by an FFmpeg on the {@code PATH} that has libx264 or libopenh264,
 *       else in Java, which gives larger files; width and height must be even; 0.01 to 1000 pictures per second.
 *   <li>{@code .gif}: animated, repeating for ever, with one palette for the whole video. GIF counts time in 1/100 s,
 *       so single pictures may stand 1/100 s longer or shorter than the rate says; 100/65535 to 50 pictures per second,
 *       since viewers show a picture that is to stand 1/100 s for ten times as long.
 *   <li>no ending, or an existing directory: a folder of PNG files {@code frame_0000.png}, {@code frame_0001.png}, …,
 *       without loss.
 * </ul>
 *
 * <p>What can be refused is refused when the writer is made, before the pictures are: make it first, then generate.
 * What is there is replaced when the new video is whole: a file, or the frames that were written here before, while other files in a folder stay. Symbolic
 * links are followed.
 * Safe for use by several threads.
 */
public final class VideoWriter {

    private final Path target;
    private final VideoFormat format;
    /** Null for a folder of PNG files. */
    private final VideoEncoder encoder;

    private VideoWriter(Path target, VideoFormat format, VideoEncoder encoder) {
        this.target = target;
        this.format = format;
        this.encoder = encoder;
    }

    /**
     * Makes a writer, without writing anything. Takes a fraction of a second for {@code .mp4}, where an FFmpeg is looked
     * for on the {@code PATH}.
     *
     * @param target the file or folder to write; the folder it is in must exist
     * @throws IllegalArgumentException if the target's ending is not known; one line that names those that are
     * @throws IOException if the place does not exist or takes no new files, or something else is there; one line that says
     *     what to do; also if the calling thread is interrupted, whose interrupt status then stays set
     */
    public static VideoWriter to(Path target) throws IOException {
        return to(target, Ffmpeg.searchPath());
    }

    /** @param searchPath where an FFmpeg is looked for, as in the variable {@code PATH} */
    static VideoWriter to(Path target, String searchPath) throws IOException {
        VideoFormat format = VideoFormat.of(target);
        requirePlace(format, target);
        return new VideoWriter(target, format, encoder(format, searchPath));
    }

    /**
     * {@return what writes each format on this machine now, by the format's ending}
     *
     * @throws IOException if the calling thread is interrupted, whose interrupt status then stays set
     */
    public static Map<String, String> encoders() throws IOException {
        Map<String, String> encoders = new LinkedHashMap<>();
        for (VideoFormat format : List.of(VideoFormat.MP4, VideoFormat.GIF)) {
            encoders.put(format.ending(), encoder(format, Ffmpeg.searchPath()).name());
        }
        return encoders;
    }

    private static VideoEncoder encoder(VideoFormat format, String searchPath) throws IOException {
        return switch (format) {
            case MP4 -> {
                try {
                    yield FfmpegMp4.find(searchPath);
                } catch (InterruptedIOException e) {
                    throw e;
                } catch (IOException e) {
                    yield new JavaMp4(e.getMessage());
                }
            }
            case GIF -> new GifFile();
            case FOLDER -> null;
        };
    }

    /** {@return what will be written} */
    public Path target() {
        return target;
    }

    /** {@return what will write it, for people: an encoder of an FFmpeg, or one of this library and why} */
    public String encoder() {
        return encoder == null ? "PNG in Java" : encoder.name();
    }

    /**
     * Finds out whether the format can hold pictures of a size, before there are any.
     *
     * @throws IllegalArgumentException where it cannot; one line that says what it can
     */
    public void requireSize(int width, int height) {
        format.requireSize(width, height, target);
    }

    /**
     * Finds out whether the format can hold a number of pictures per second.
     *
     * @throws IllegalArgumentException where it cannot; one line that says what it can
     */
    public void requireRate(double fps) {
        format.requireRate(fps, target);
    }

    /**
     * Writes the video. Nothing is left at the target when this fails.
     *
     * @param frames the video; its pictures are asked for in order and in the calling thread, once or, for {@code .gif}, twice
     * @throws IllegalArgumentException where {@link #requireSize} or {@link #requireRate} fail
     * @throws IOException if the place is not what it was any more, the disk is full or FFmpeg fails, in one line with FFmpeg's
     *     reason; also if the calling thread is interrupted, whose interrupt status then stays set
     */
    public void write(Frames frames) throws IOException {
        write(frames, VideoMetadata.NONE);
    }

    /**
     * Writes the video and what is to be known about it.
     *
     * @throws IOException as {@link #write(Frames)} does
     */
    public void write(Frames frames, VideoMetadata metadata) throws IOException {
        requireSize(frames.width(), frames.height());
        requireRate(frames.fps());
        requirePlace(format, target);
        if (encoder == null) {
            PngFolder.write(frames, metadata, target);
        } else {
            AtomicFile.write(target, temporary -> encoder.encode(frames, metadata, temporary));
        }
    }

    private static void requirePlace(VideoFormat format, Path target) throws IOException {
        boolean isFolder = Files.isDirectory(target);
        if (format == VideoFormat.FOLDER && !isFolder && Files.exists(target)) {
            throw problem(target, "exists and is not a folder; choose another path");
        }
        AtomicFile.check(format == VideoFormat.FOLDER && isFolder ? PngFolder.frame(target, 0) : target);
    }

    private static FileSystemException problem(Path target, String reason) {
        return new FileSystemException(target.toString(), null, reason);
    }
}
