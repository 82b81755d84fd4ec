package io.panatorch.cogvideox.video;

import java.util.List;

/** Pictures with smooth colours and a square that moves, and how alike two sets of pictures are. */
final class SyntheticFrames {

    private SyntheticFrames() {}

    static Frames of(int width, int height, int count) {
        return new Frames(width, height, count, 8, index -> picture(width, height, index));
    }

    static byte[] picture(int width, int height, int index) {
        byte[] rgb = new byte[width * height * 3];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                boolean square = x >= 4 + 2 * index && x < 20 + 2 * index && y >= 8 && y < 24;
                int at = (y * width + x) * 3;
                rgb[at] = (byte) (square ? 200 : 40 + 120 * x / width);
                rgb[at + 1] = (byte) (square ? 180 : 60 + 120 * y / height);
                rgb[at + 2] = (byte) (square ? 160 : 90 + index);
            }
        }
        return rgb;
    }

    /** The peak signal-to-noise ratio over all pictures, in dB. */
    static double psnr(Frames expected, List<byte[]> actual) {
        double squares = 0;
        for (int i = 0; i < expected.count(); i++) {
            byte[] wanted = expected.rgb(i);
            for (int at = 0; at < wanted.length; at++) {
                double difference = (wanted[at] & 0xff) - (actual.get(i)[at] & 0xff);
                squares += difference * difference;
            }
        }
        double samples = (double) expected.count() * expected.width() * expected.height() * 3;
        return 10 * Math.log10(255 * 255 / (squares / samples));
    }
}
