package io.panatorch.cogvideox.compare;

import io.panatorch.cogvideox.video.Frames;
import java.util.List;

/**
 * Several videos of one size as one, so that they play together: beside and below each other, in order, each in a cell of its own.
 *
 * <p>H.264 halves the resolution of colours, so small videos are doubled; large ones are reduced, so that a page with many of them
 * stays small. Cells begin at whole blocks of the encoder, and between videos lies one with the pixels of the first one's edge, so
 * that no video changes its neighbour.
 */
public final class SideBySide {

    private static final int DOUBLED = 240;
    private static final int MOST_WIDTH = 480;
    private static final int BLOCK = 16;
    private static final int CHANNELS = 3;

    private final List<Frames> videos;
    private final int columns;
    private final int factor;
    private final int reduction;
    private final int width;
    private final int height;
    private final int cellWidth;
    private final int cellHeight;

    /** Where one of the videos lies in the one of all, in pixels. */
    public record Place(int x, int y, int width, int height) {}

    /**
     * Puts videos together.
     *
     * @param videos one or more, of one size and length, in order; valid as long as the {@link #frames} are used
     */
    public SideBySide(List<Frames> videos) {
        this.videos = List.copyOf(videos);
        this.columns = (int) Math.ceil(Math.sqrt(videos.size()));
        Frames first = videos.getFirst();
        this.factor = first.width() <= DOUBLED ? 2 : 1;
        this.reduction = Math.ceilDiv(first.width(), MOST_WIDTH);
        this.width = Math.max(1, factor * first.width() / reduction);
        this.height = Math.max(1, factor * first.height() / reduction);
        this.cellWidth = Math.ceilDiv(width, BLOCK) * BLOCK + BLOCK;
        this.cellHeight = Math.ceilDiv(height, BLOCK) * BLOCK + BLOCK;
    }

    /** {@return the video of all, made picture by picture; its width and height are multiples of 16} */
    public Frames frames() {
        int rows = Math.ceilDiv(videos.size(), columns);
        Frames first = videos.getFirst();
        return new Frames(columns * cellWidth, rows * cellHeight, first.count(), first.fps(), this::picture);
    }

    /** {@return where the video of an index lies} */
    public Place place(int index) {
        return new Place(index % columns * cellWidth, index / columns * cellHeight, width, height);
    }

    private byte[] picture(int index) {
        int stride = columns * cellWidth * CHANNELS;
        byte[] all = new byte[stride * Math.ceilDiv(videos.size(), columns) * cellHeight];
        for (int i = 0; i < videos.size(); i++) {
            byte[] rgb = scaled(videos.get(i).rgb(index));
            Place place = place(i);
            for (int y = 0; y < cellHeight; y++) {
                int from = Math.min(y, height - 1) * width * CHANNELS;
                int to = (place.y + y) * stride + place.x * CHANNELS;
                System.arraycopy(rgb, from, all, to, width * CHANNELS);
                for (int x = width * CHANNELS; x < cellWidth * CHANNELS; x++) {
                    all[to + x] = all[to + x - CHANNELS];
                }
            }
        }
        return all;
    }

    /** Of what is reduced, each pixel is the mean of a square. */
    private byte[] scaled(byte[] rgb) {
        int fromWidth = videos.getFirst().width();
        byte[] scaled = new byte[width * height * CHANNELS];
        for (int at = 0; at < scaled.length; at++) {
            int channel = at % CHANNELS;
            int x = at / CHANNELS % width * reduction / factor;
            int y = at / CHANNELS / width * reduction / factor;
            int sum = 0;
            for (int i = 0; i < reduction * reduction; i++) {
                sum += rgb[((y + i / reduction) * fromWidth + x + i % reduction) * CHANNELS + channel] & 0xff;
            }
            scaled[at] = (byte) ((sum + reduction * reduction / 2) / (reduction * reduction));
        }
        return scaled;
    }
}
