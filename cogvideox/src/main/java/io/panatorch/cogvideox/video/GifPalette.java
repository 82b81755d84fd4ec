package io.panatorch.cogvideox.video;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** Up to 255 colours for all pictures of a video, and which of them each pixel gets. */
final class GifPalette {

    /** The index that leaves a pixel as it was. */
    static final int TRANSPARENT = 255;

    private static final int CHANNELS = 3;
    /** Of a channel: colours that agree in these are one when the palette is made. */
    private static final int BITS = 6;
    private static final int CELLS = 1 << CHANNELS * BITS;
    private static final int ROUNDS = 4;
    /** Errors are carried on in 1/16. */
    private static final int ERROR = 16;

    private final int[][] colours;
    /** The nearest colour of the palette plus 1 for each of all colours, or 0 where it is not known yet. */
    private final short[] nearest = new short[1 << 24];

    private GifPalette(int[][] colours) {
        this.colours = colours;
    }

    private static int cell(int red, int green, int blue) {
        return red >> 8 - BITS << 2 * BITS | green >> 8 - BITS << BITS | blue >> 8 - BITS;
    }

    /** Counts the colours of all pictures. */
    static final class Builder {

        private final long[] counts = new long[CELLS];
        private final long[][] sums = new long[CHANNELS][CELLS];

        void add(byte[] rgb) {
            for (int at = 0; at < rgb.length; at += CHANNELS) {
                int cell = cell(rgb[at] & 0xff, rgb[at + 1] & 0xff, rgb[at + 2] & 0xff);
                counts[cell]++;
                for (int channel = 0; channel < CHANNELS; channel++) {
                    sums[channel][cell] += rgb[at + channel] & 0xff;
                }
            }
        }

        private List<Colour> colours() {
            List<Colour> all = new ArrayList<>();
            for (int cell = 0; cell < CELLS; cell++) {
                if (counts[cell] > 0) {
                    double[] mean = new double[CHANNELS];
                    for (int channel = 0; channel < CHANNELS; channel++) {
                        mean[channel] = (double) sums[channel][cell] / counts[cell];
                    }
                    all.add(new Colour(mean, counts[cell]));
                }
            }
            return all;
        }

        GifPalette build() {
            List<Colour> all = colours();
            List<Group> groups = new ArrayList<>(List.of(new Group(all)));
            while (groups.size() < TRANSPARENT) {
                Group worst = groups.stream().max(Comparator.comparingDouble(Group::error)).orElseThrow();
                if (worst.error() == 0) {
                    break;
                }
                groups.remove(worst);
                groups.addAll(worst.halves());
            }
            double[][] means = groups.stream().map(Group::mean).toArray(double[][]::new);
            for (int round = 0; round < ROUNDS; round++) {
                refine(means, all);
            }
            return new GifPalette(Arrays.stream(means)
                    .map(mean -> Arrays.stream(mean).mapToInt(value -> (int) Math.round(value)).toArray()).toArray(int[][]::new));
        }

        /** Moves each to the mean of the colours that are nearest to it. */
        private static void refine(double[][] means, List<Colour> all) {
            double[][] sums = new double[means.length][CHANNELS];
            double[] weights = new double[means.length];
            for (Colour colour : all) {
                int nearest = nearest(means, colour.mean);
                weights[nearest] += colour.count;
                for (int channel = 0; channel < CHANNELS; channel++) {
                    sums[nearest][channel] += colour.count * colour.mean[channel];
                }
            }
            for (int i = 0; i < means.length; i++) {
                for (int channel = 0; channel < CHANNELS && weights[i] > 0; channel++) {
                    means[i][channel] = sums[i][channel] / weights[i];
                }
            }
        }

        private static int nearest(double[][] means, double[] colour) {
            int best = 0;
            double least = Double.POSITIVE_INFINITY;
            for (int i = 0; i < means.length; i++) {
                double[] mean = means[i];
                double red = mean[0] - colour[0];
                double green = mean[1] - colour[1];
                double blue = mean[2] - colour[2];
                double distance = red * red + green * green + blue * blue;
                if (distance < least) {
                    least = distance;
                    best = i;
                }
            }
            return best;
        }
    }

    private record Colour(double[] mean, long count) {}

    /** Colours that share one of the palette. */
    private static final class Group {

        private final List<Colour> colours;
        private final double[] mean = new double[CHANNELS];
        private final double[] errors = new double[CHANNELS];

        Group(List<Colour> colours) {
            this.colours = colours;
            double count = colours.stream().mapToDouble(Colour::count).sum();
            for (int channel = 0; channel < CHANNELS; channel++) {
                for (Colour colour : colours) {
                    mean[channel] += colour.count * colour.mean[channel] / count;
                }
                for (Colour colour : colours) {
                    double difference = colour.mean[channel] - mean[channel];
                    errors[channel] += colour.count * difference * difference;
                }
            }
        }

        double[] mean() {
            return mean;
        }

        double error() {
            return colours.size() == 1 ? 0 : Arrays.stream(errors).sum();
        }

        /** Divided at the mean of the channel that differs most. */
        List<Group> halves() {
            int channel = errors[1] >= errors[0] && errors[1] >= errors[2] ? 1 : errors[0] >= errors[2] ? 0 : 2;
            List<Colour> low = new ArrayList<>();
            List<Colour> high = new ArrayList<>();
            for (Colour colour : colours) {
                (colour.mean[channel] <= mean[channel] ? low : high).add(colour);
            }
            if (high.isEmpty()) { // a mean that was rounded up
                high.add(low.removeLast());
            }
            return List.of(new Group(low), new Group(high));
        }
    }

    /** {@return 256 colours of three bytes} */
    byte[] bytes() {
        byte[] bytes = new byte[(TRANSPARENT + 1) * CHANNELS];
        for (int i = 0; i < colours.length * CHANNELS; i++) {
            bytes[i] = (byte) colours[i / CHANNELS][i % CHANNELS];
        }
        return bytes;
    }

    /** Which colour each pixel of a picture gets; what it is off by is carried on to those beside and below (Floyd–Steinberg). */
    byte[] indices(byte[] rgb, int width) {
        byte[] indices = new byte[rgb.length / CHANNELS];
        int[] here = new int[(width + 2) * CHANNELS];
        int[] below = new int[here.length];
        int[] wanted = new int[CHANNELS];
        for (int pixel = 0; pixel < indices.length; pixel++) {
            int column = pixel % width;
            if (column == 0 && pixel > 0) {
                int[] used = here;
                here = below;
                below = used;
                Arrays.fill(below, 0);
            }
            int at = (column + 1) * CHANNELS;
            for (int channel = 0; channel < CHANNELS; channel++) {
                int value = (rgb[pixel * CHANNELS + channel] & 0xff) + Math.floorDiv(here[at + channel] + ERROR / 2, ERROR);
                wanted[channel] = Math.clamp(value, 0, 255);
            }
            int index = nearest(wanted[0], wanted[1], wanted[2]);
            indices[pixel] = (byte) index;
            for (int channel = 0; channel < CHANNELS; channel++) {
                int error = wanted[channel] - colours[index][channel];
                here[at + CHANNELS + channel] += 7 * error;
                below[at - CHANNELS + channel] += 3 * error;
                below[at + channel] += 5 * error;
                below[at + CHANNELS + channel] += error;
            }
        }
        return indices;
    }

    private int nearest(int red, int green, int blue) {
        int colour = red << 16 | green << 8 | blue;
        if (nearest[colour] == 0) {
            int least = Integer.MAX_VALUE;
            for (int i = 0; i < colours.length; i++) {
                int redOff = colours[i][0] - red;
                int greenOff = colours[i][1] - green;
                int blueOff = colours[i][2] - blue;
                int distance = redOff * redOff + greenOff * greenOff + blueOff * blueOff;
                if (distance < least) {
                    least = distance;
                    nearest[colour] = (short) (i + 1);
                }
            }
        }
        return nearest[colour] - 1;
    }
}
