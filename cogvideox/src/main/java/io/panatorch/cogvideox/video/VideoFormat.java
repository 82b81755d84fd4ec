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

    /** Of H.264's highest level: a picture's macroblocks of 16 × 16 pixels, and, rounded down, how long a side may be for it. */
    private static final int MOST_MP4_BLOCKS = 139_264;
    private static final int LONGEST_MP4_SIDE = 16_384;
    private static final int LONGEST_GIF_SIDE = 65_535;

    /**
     * Tells the format of a target. An ending of a video's means a file, also where a folder has that name.
     *
     * @throws IllegalArgumentException if its ending is not known
     */
    static VideoFormat of(Path target) {
        String name = target.getFileName() == null ? "" : target.getFileName().toString();
        int dot = name.lastIndexOf('.');
        if (name.equalsIgnoreCase(".mp4") || name.equalsIgnoreCase(".gif")) { // an unset variable of a script
            throw new IllegalArgumentException(target + ": expected a name before the ending, found none");
        }
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

    /** @throws IllegalArgumentException if the format cannot hold pictures of the size */
    void requireSize(int width, int height, Path target) {
        if (this == MP4 && (width % 2 != 0 || height % 2 != 0)) {
            throw new IllegalArgumentException(target + ": .mp4 takes even widths and heights only, not "
                    + width + "x" + height + "; choose .gif or a folder");
        }
        int longest = switch (this) {
            case MP4 -> LONGEST_MP4_SIDE;
            case GIF -> LONGEST_GIF_SIDE;
            case FOLDER -> Integer.MAX_VALUE;
        };
        if (Math.max(width, height) > longest) {
            throw new IllegalArgumentException("%s: %s takes at most %d pixels a side, not %dx%d; choose a folder"
                    .formatted(target, ending(), longest, width, height));
        }
        if (this == MP4 && (long) Math.ceilDiv(width, 16) * Math.ceilDiv(height, 16) > MOST_MP4_BLOCKS) {
            throw new IllegalArgumentException("%s: .mp4 takes at most %d pixels a picture, not %dx%d; choose a folder"
                    .formatted(target, MOST_MP4_BLOCKS * 16 * 16, width, height));
        }
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
