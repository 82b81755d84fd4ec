package io.panatorch.cogvideox.video;

import java.math.BigDecimal;
import java.math.MathContext;
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

    /** Players give up far outside of this. */
    private static final double LEAST_MP4_RATE = 0.01;
    private static final double MOST_MP4_RATE = 1000;

    /** A delay is 16 bits of 1/100 s, and viewers take 0 and 1 of them for 10. */
    private static final double LEAST_GIF_RATE = 100 / 65535.0;
    private static final double MOST_GIF_RATE = 50;

    private final List<String> encoders;

    VideoFormat(String... encoders) {
        this.encoders = List.of(encoders);
    }

    /**
     * Tells the format of a target. An ending of a video's means a file, also where a folder has that name.
     *
     * @throws IllegalArgumentException if its ending is not known
     */
    static VideoFormat of(Path target) {
        String name = target.getFileName() == null ? "" : target.getFileName().toString();
        int dot = name.lastIndexOf('.');
        String ending = dot <= 0 ? "" : name.substring(dot);
        return switch (ending.toLowerCase(Locale.ROOT)) {
            case ".mp4" -> MP4;
            case ".gif" -> GIF;
            default -> {
                if (ending.isEmpty() || Files.isDirectory(target)) {
                    yield FOLDER;
                }
                throw new IllegalArgumentException(target + ": unknown ending " + ending
                        + "; possible are .mp4, .gif, and no ending for a folder of PNG files");
            }
        };
    }

    /** {@return how the names of its files end} */
    String ending() {
        return this == FOLDER ? "" : "." + name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException if the format cannot hold so many pictures per second */
    void requireRate(double fps, Path target) {
        switch (this) {
            case MP4 -> requireBetween(LEAST_MP4_RATE, MOST_MP4_RATE, fps, target, "");
            case GIF -> requireBetween(LEAST_GIF_RATE, MOST_GIF_RATE, fps, target,
                    ", as its pictures stand for 2/100 to 65535/100 s each");
            case FOLDER -> {}
        }
    }

    private void requireBetween(double least, double most, double fps, Path target, String why) {
        if (!(fps >= least && fps <= most)) {
            throw new IllegalArgumentException("%s: %s takes %s to %s frames per second%s, not %s; choose another rate or a folder"
                    .formatted(target, ending(), text(least), text(most), why, fps));
        }
    }

    private static String text(double rate) {
        return new BigDecimal(rate).round(new MathContext(2)).stripTrailingZeros().toPlainString();
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
