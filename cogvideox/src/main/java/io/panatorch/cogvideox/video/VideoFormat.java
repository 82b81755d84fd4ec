package io.panatorch.cogvideox.video;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** What can be written. */
enum VideoFormat {

    MP4, GIF,

    /** PNG files. */
    FOLDER;

    /** Players give up far outside of this. */
    private static final double LEAST_MP4_RATE = 0.01;
    private static final double MOST_MP4_RATE = 1000;

    /** A delay is 16 bits of 1/100 s, and viewers take 0 and 1 of them for 10. */
    private static final double LEAST_GIF_RATE = 100 / 65535.0;
    private static final double MOST_GIF_RATE = 50;

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
        return BigDecimal.valueOf(rate).round(new MathContext(2, RoundingMode.CEILING)).stripTrailingZeros().toPlainString();
    }
}
