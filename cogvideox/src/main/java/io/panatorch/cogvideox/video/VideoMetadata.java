package io.panatorch.cogvideox.video;

import java.util.Objects;

/**
 * Texts that a video file carries: MP4 as its title and comment, PNG as {@code Title} and {@code parameters}, GIF as comments.
 * They come back as they are, with all of Unicode and with line breaks.
 *
 * @param title what the video shows; empty for none
 * @param comment how it was made; empty for none
 */
public record VideoMetadata(String title, String comment) {

    /** No texts. */
    public static final VideoMetadata NONE = new VideoMetadata("", "");

    public VideoMetadata {
        Objects.requireNonNull(title, "title");
        Objects.requireNonNull(comment, "comment");
    }
}
