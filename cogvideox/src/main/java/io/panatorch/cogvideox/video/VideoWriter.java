package io.panatorch.cogvideox.video;

import io.panatorch.io.AtomicFile;
import io.panatorch.io.UnpackedResources;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Writes a video into the format that the target's name asks for.
 *
 * <ul>
 *   <li>{@code .mp4}: H.264, 8-bit 4:2:0, BT.709 colours; width and height must be even.
 *   <li>{@code .gif}: animated, repeating for ever, with one palette for the whole video. GIF counts time in 1/100 s,
 *       so single pictures may stand 1/100 s longer or shorter than the rate says.
 *   <li>no ending, or an existing directory: a folder of PNG files {@code frame_0000.png}, {@code frame_0001.png}, …,
 *       without loss.
 * </ul>
 *
 * <p>What is there is replaced when the new video is whole: a file, or the frames in a folder, where other files stay. Symbolic
 * links are followed.
 * Safe for use by several threads.
 */
public final class VideoWriter {

    private final String searchPath;
    private final FfmpegExecutable.Bundle bundledFfmpeg;

    /** Makes a writer that looks for FFmpeg each time it needs it, on the {@code PATH} and then in its jar. */
    public VideoWriter() {
        this(() -> UnpackedResources.folder("ffmpeg-" + FfmpegExecutable.BUNDLED_VERSION, FfmpegExecutable.BUNDLED_FILES,
                VideoWriter.class.getClassLoader()));
    }

    /**
     * Makes a writer that looks for FFmpeg each time it needs it.
     *
     * @param bundledFfmpeg asked when no usable FFmpeg is on the {@code PATH}
     */
    public VideoWriter(FfmpegExecutable.Bundle bundledFfmpeg) {
        this(Objects.requireNonNullElse(System.getenv("PATH"), ""), bundledFfmpeg);
    }

    VideoWriter(String searchPath, FfmpegExecutable.Bundle bundledFfmpeg) {
        this.searchPath = searchPath;
        this.bundledFfmpeg = Objects.requireNonNull(bundledFfmpeg, "bundledFfmpeg");
    }

    /**
     * Tells whether a video could be written to the target, without writing anything. Takes a fraction of a second, or
     * a few where the bundled FFmpeg has to be unpacked first.
     *
     * @param target as for {@link #write}
     * @throws IllegalArgumentException if the target's ending is not known; one line that names those that are
     * @throws IOException if the place does not exist or is not writable, or there is no usable FFmpeg for the format; one line with what was looked for, where, and what to do
     */
    public void check(Path target) throws IOException {
        VideoFormat format = VideoFormat.of(target);
        requirePlace(format, target);
        if (format != VideoFormat.FOLDER) {
            find(format);
        }
    }

    /**
     * Writes the video. Nothing is left at the target when this fails.
     *
     * @param frames the video; its pictures are asked for in order, each once, in the calling thread
     * @param target the file or folder to write; the folder it is in must exist
     * @throws IllegalArgumentException if the target's ending is not known, or the format cannot hold the size
     * @throws IOException if {@link #check} would fail, the disk is full or FFmpeg fails, in one line with FFmpeg's
     *     reason; also if the calling thread is interrupted, whose interrupt status then stays set
     */
    public void write(Frames frames, Path target) throws IOException {
        VideoFormat format = VideoFormat.of(target);
        requireEven(format, frames, target);
        requirePlace(format, target);
        if (format == VideoFormat.FOLDER) {
            PngFolder.write(frames, target);
        } else {
            FfmpegExecutable ffmpeg = find(format);
            AtomicFile.write(target, temporary -> encode(frames, format, ffmpeg, temporary));
        }
    }

    /**
     * {@return the FFmpeg that would make an MP4 file now}
     *
     * @throws IOException if there is none; one line with what was looked for, where, and what to do
     */
    public FfmpegExecutable ffmpeg() throws IOException {
        return find(VideoFormat.MP4);
    }

    private FfmpegExecutable find(VideoFormat format) throws IOException {
        return FfmpegExecutable.find(format.encoders(), searchPath, bundledFfmpeg);
    }

    private static void requireEven(VideoFormat format, Frames frames, Path target) {
        if (format == VideoFormat.MP4 && (frames.width() % 2 != 0 || frames.height() % 2 != 0)) {
            throw new IllegalArgumentException(target + ": .mp4 takes even widths and heights only, not "
                    + frames.width() + "x" + frames.height() + "; choose .gif or a folder");
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

    private static void encode(Frames frames, VideoFormat format, FfmpegExecutable ffmpeg, Path file)
            throws IOException {
        List<String> arguments = new ArrayList<>(List.of("-hide_banner", "-loglevel", "error", "-y",
                "-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", frames.width() + "x" + frames.height(),
                "-framerate", Double.toString(frames.fps()), "-i", "pipe:0"));
        arguments.addAll(format.outputArguments(ffmpeg.encoder()));
        arguments.add(file.toAbsolutePath().toString());
        try (FfmpegProcess process = new FfmpegProcess(ffmpeg.toString(), ffmpeg.command(arguments))) {
            for (int i = 0; i < frames.count(); i++) {
                process.send(frames.rgb(i));
            }
            process.finish();
        }
    }
}
