package io.panatorch.cogvideox.video;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** What can be written, and how FFmpeg is told to. */
enum VideoFormat {

    /** The first encoder gives smaller files of the same quality. */
    MP4("libx264", "libopenh264"),

    GIF("gif"),

    /** PNG files, made without FFmpeg. */
    FOLDER;

    /** Converted and marked as BT.709: left unmarked, players guess, and differ in what they guess. */
    private static final List<String> MP4_COLOURS = List.of(
            "-vf", "scale=out_color_matrix=bt709:out_range=tv:flags=bicubic+accurate_rnd+full_chroma_int,"
                    + "format=yuv420p",
            "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv");

    /** Visually without loss. */
    private static final List<String> X264_QUALITY = List.of("-crf", "18");

    /** OpenH264 knows no quality target; unlike a bit rate, a fixed quantizer suits every size and content. */
    private static final List<String> OPENH264_QUALITY = List.of("-profile:v", "high", "-qmin", "18", "-qmax", "18");

    private final List<String> encoders;

    VideoFormat(String... encoders) {
        this.encoders = List.of(encoders);
    }

    /**
     * Tells the format of a target.
     *
     * @throws IllegalArgumentException if its ending is not known
     */
    static VideoFormat of(Path target) {
        String name = target.getFileName() == null ? "" : target.getFileName().toString();
        int dot = name.lastIndexOf('.');
        if (dot <= 0 || Files.isDirectory(target)) {
            return FOLDER;
        }
        String ending = name.substring(dot);
        return switch (ending.toLowerCase(Locale.ROOT)) {
            case ".mp4" -> MP4;
            case ".gif" -> GIF;
            default -> throw new IllegalArgumentException(target + ": unknown ending " + ending
                    + "; possible are .mp4, .gif, and no ending for a folder of PNG files");
        };
    }

    /** FFmpeg's encoders for the format, the best first; none if it is not made by FFmpeg. */
    List<String> encoders() {
        return encoders;
    }

    /** FFmpeg's arguments between the input and the output's path; they name the format, whatever the path's ending. */
    List<String> outputArguments(String encoder) {
        return switch (this) {
            case MP4 -> Stream.of(MP4_COLOURS, List.of("-c:v", encoder),
                            encoder.equals("libx264") ? X264_QUALITY : OPENH264_QUALITY,
                            List.of("-movflags", "+faststart", "-f", "mp4"))
                    .flatMap(List::stream).toList();
            case GIF -> List.of("-filter_complex", "split[a][b];[a]palettegen[palette];[b][palette]paletteuse",
                    "-c:v", encoder, "-loop", "0", "-f", "gif");
            case FOLDER -> List.of();
        };
    }
}
