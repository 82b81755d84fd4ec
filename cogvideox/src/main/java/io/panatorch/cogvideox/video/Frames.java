package io.panatorch.cogvideox.video;

import java.util.Objects;
import java.util.function.IntFunction;

/**
 * A video as 8-bit RGB pictures, made one at a time when they are asked for.
 *
 * @param width the pictures' width in pixels
 * @param height the pictures' height in pixels
 * @param count how many pictures there are
 * @param fps pictures per second
 * @param source makes the picture of an index in {@code [0, count)}: {@code width * height * 3} bytes, row by row from
 *     the top left, red before green before blue; it is only called in the thread that calls {@link #rgb(int)}
 */
public record Frames(int width, int height, int count, double fps, IntFunction<byte[]> source) {

    /**
     * Describes a video; no picture is made yet.
     *
     * @throws IllegalArgumentException if a size, the count or the rate is not positive and finite, or one picture
     *     does not fit into an array
     */
    public Frames {
        if (width <= 0 || height <= 0 || (long) width * height > Integer.MAX_VALUE / 4) {
            throw new IllegalArgumentException("no usable picture size: " + width + "x" + height);
        }
        if (count <= 0) {
            throw new IllegalArgumentException("a video has at least one picture, not " + count);
        }
        if (!(fps > 0 && fps < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("pictures per second must be positive and finite, not " + fps);
        }
        Objects.requireNonNull(source, "source");
    }

    /**
     * Returns one picture.
     *
     * @param index which picture, from 0
     * @return {@code width * height * 3} bytes as described for {@link #source}
     * @throws IndexOutOfBoundsException if there is no such picture
     * @throws IllegalStateException if the source made a picture of another size
     */
    public byte[] rgb(int index) {
        Objects.checkIndex(index, count);
        byte[] rgb = source.apply(index);
        if (rgb.length != width * height * 3) {
            throw new IllegalStateException("picture " + index + " has " + rgb.length + " bytes, not "
                    + width * height * 3 + " (" + width + "x" + height + " RGB)");
        }
        return rgb;
    }
}
