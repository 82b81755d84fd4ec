package io.panatorch.cogvideox.video;

import io.panatorch.cogvideox.ffmpeg.Ffmpeg;
import io.panatorch.cogvideox.ffmpeg.FfmpegProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * MP4 files by an FFmpeg that starts and has an encoder for H.264.
 *
 * @param path the executable
 * @param encoder as in {@code ffmpeg -encoders}
 */
record FfmpegMp4(Path path, String encoder) implements VideoEncoder {

    /** The first encoder gives smaller files of the same quality. */
    private static final List<String> ENCODERS = List.of("libx264", "libopenh264");

    /** Visually without loss. */
    private static final List<String> X264_QUALITY = List.of("-crf", "18");

    /** OpenH264 knows no quality target; unlike a bit rate, a fixed quantizer suits every size and content. */
    private static final List<String> OPENH264_QUALITY = List.of("-profile:v", "high", "-qmin", "18", "-qmax", "18");

    /** Converted and marked as BT.709: left unmarked, players guess, and differ in what they guess. */
    private static final List<String> COLOURS = List.of(
            "-vf", "scale=out_color_matrix=bt709:out_range=tv:flags=bicubic+accurate_rnd+full_chroma_int,"
                    + "format=yuv420p",
            "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv");

    /** The index first; the format whatever the path's ending; no name of the encoder, in whose place the texts come. */
    private static final List<String> CONTAINER = List.of("-movflags", "+faststart", "-fflags", "+bitexact", "-f", "mp4");

    /**
     * Finds the first on a search path.
     *
     * @param searchPath directories as in the variable {@code PATH}
     * @throws IOException if there is none or it cannot be used; one line that says why
     * @throws java.io.InterruptedIOException if the calling thread is interrupted; its interrupt status stays set
     */
    static FfmpegMp4 find(String searchPath) throws IOException {
        Path path = Ffmpeg.find(searchPath);
        ProcessBuilder command = new ProcessBuilder(path.toString(), "-hide_banner", "-encoders");
        try (FfmpegProcess process = FfmpegProcess.writing(path.toString(), command)) {
            // A line is " V....D name  description".
            Set<String> names = process.finish().stream()
                    .map(line -> line.strip().split("\\s+"))
                    .filter(words -> words.length > 1)
                    .map(words -> words[1])
                    .collect(Collectors.toSet());
            return new FfmpegMp4(path, ENCODERS.stream().filter(names::contains).findFirst().orElseThrow(
                    () -> new IOException(path + " has neither " + String.join(" nor ", ENCODERS))));
        }
    }

    @Override
    public String name() {
        return encoder + " of " + path;
    }

    @Override
    public void encode(Frames frames, VideoMetadata metadata, Path file) throws IOException {
        // Without -xerror a full disk is told on standard error alone, and leaves a part of a file.
        List<String> input = List.of(path.toString(), "-hide_banner", "-loglevel", "error", "-y", "-xerror", "-f", "rawvideo",
                "-pixel_format", "rgb24", "-video_size", frames.width() + "x" + frames.height(),
                "-framerate", FrameRate.of(frames.fps()).toString(), "-i", "pipe:0");
        List<String> quality = encoder.equals("libx264") ? X264_QUALITY : OPENH264_QUALITY;
        List<String> command = Stream.of(input, COLOURS, List.of("-c:v", encoder), quality, CONTAINER,
                List.of(file.toAbsolutePath().toString())).flatMap(List::stream).toList();
        try (FfmpegProcess process = FfmpegProcess.writing(path.toString(), new ProcessBuilder(command))) {
            for (int i = 0; i < frames.count(); i++) {
                process.send(frames.rgb(i));
            }
            process.finish();
        }
        // Not by FFmpeg's options: a process's arguments have the characters of the locale alone.
        if (!metadata.equals(VideoMetadata.NONE)) {
            Files.write(file, Mp4File.withTexts(Files.readAllBytes(file), metadata));
        }
    }
}
