package io.panatorch.cogvideox.compare;

import io.panatorch.cogvideox.video.Frames;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Several videos of one size as one video, each under its name. */
public final class SideBySide {

    private static final int MAX_COLUMNS = 3;
    private static final int LEAST_WIDTH = 200;
    private static final int MOST_WIDTH = 480;
    private static final int TITLE_HEIGHT = 26;
    private static final int GAP = 6;
    private static final Color PAPER = new Color(0x15171a);
    private static final Color INK = new Color(0xe6e8ea);
    private static final Font FONT = new Font(Font.SANS_SERIF, Font.PLAIN, 12);
    private static final int CHANNELS = 3;

    private final List<String> names;
    private final List<Frames> videos;
    private final int columns;
    private final int panelWidth;
    private final int panelHeight;

    private SideBySide(Map<String, Frames> panels) {
        this.names = new ArrayList<>(panels.keySet());
        this.videos = new ArrayList<>(panels.values());
        this.columns = videos.size() == 4 ? 2 : Math.min(MAX_COLUMNS, videos.size());
        Frames first = videos.getFirst();
        int factor = Math.ceilDiv(LEAST_WIDTH, first.width());
        this.panelWidth = Math.min(MOST_WIDTH, first.width() * factor);
        this.panelHeight = Math.max(1, Math.round((float) first.height() * panelWidth / first.width()));
    }

    /**
     * Puts videos beside and below each other, small ones enlarged and large ones reduced. Width and height are even.
     *
     * @param panels videos of one size and length by their names, in order
     * @return made picture by picture, while the videos are valid
     */
    public static Frames of(Map<String, Frames> panels) {
        SideBySide all = new SideBySide(panels);
        int rows = Math.ceilDiv(panels.size(), all.columns);
        int width = even(all.columns * (all.panelWidth + GAP) + GAP);
        int height = even(rows * (all.panelHeight + TITLE_HEIGHT) + GAP);
        Frames first = all.videos.getFirst();
        return new Frames(width, height, first.count(), first.fps(), index -> all.picture(width, height, index));
    }

    private static int even(int pixels) {
        return pixels + pixels % 2;
    }

    private byte[] picture(int width, int height, int index) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = image.createGraphics();
        g.setColor(PAPER);
        g.fillRect(0, 0, width, height);
        g.setFont(FONT);
        g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        boolean enlarged = panelWidth > videos.getFirst().width();
        g.setRenderingHint(RenderingHints.KEY_INTERPOLATION, enlarged
                ? RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR : RenderingHints.VALUE_INTERPOLATION_BILINEAR);
        for (int i = 0; i < videos.size(); i++) {
            int x = GAP + i % columns * (panelWidth + GAP);
            int y = i / columns * (panelHeight + TITLE_HEIGHT);
            FontMetrics font = g.getFontMetrics();
            g.setColor(INK);
            g.drawString(fitted(names.get(i), font), x, y + (TITLE_HEIGHT + font.getAscent() - font.getDescent()) / 2);
            g.drawImage(image(videos.get(i), index), x, y + TITLE_HEIGHT, panelWidth, panelHeight, null);
        }
        g.dispose();
        return rgb(image);
    }

    /** The beginning of a name that is too long. */
    private String fitted(String name, FontMetrics font) {
        String text = name;
        for (int length = name.length() - 1; length > 0 && font.stringWidth(text) > panelWidth; length--) {
            text = name.substring(0, length) + "…";
        }
        return text;
    }

    private static BufferedImage image(Frames video, int index) {
        byte[] rgb = video.rgb(index);
        BufferedImage image = new BufferedImage(video.width(), video.height(), BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < rgb.length / CHANNELS; i++) {
            int color = (rgb[CHANNELS * i] & 0xff) << 16 | (rgb[CHANNELS * i + 1] & 0xff) << 8 | rgb[CHANNELS * i + 2] & 0xff;
            image.setRGB(i % video.width(), i / video.width(), color);
        }
        return image;
    }

    private static byte[] rgb(BufferedImage image) {
        int[] colors = image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
        byte[] rgb = new byte[colors.length * CHANNELS];
        for (int i = 0; i < colors.length; i++) {
            rgb[CHANNELS * i] = (byte) (colors[i] >> 16);
            rgb[CHANNELS * i + 1] = (byte) (colors[i] >> 8);
            rgb[CHANNELS * i + 2] = (byte) colors[i];
        }
        return rgb;
    }
}
