package io.panatorch.cache.calibration;

import java.util.Arrays;

/**
 * Splits the steps into bands within which the outputs change about equally fast, so that the sides of the U and its bottom
 * are apart. The bottom is split too: an error made early in it has other consequences than one made late.
 */
final class Bands {

    /** Of which one or two are reused when every second is. */
    private static final int SHORTEST = 3;

    /** How many times as long as all would be if they were equal. */
    private static final double LONGEST = 1.75;

    private Bands() {}

    /**
     * The band of each step, from 0.
     *
     * @param changes at each step
     * @param most how many bands there may be; there are fewer where they would be too short
     */
    static int[] split(double[] changes, int most) {
        int steps = changes.length;
        int count = Math.clamp(steps / SHORTEST, 1, most);
        int longest = Math.max((int) Math.ceil(LONGEST * steps / count), SHORTEST);
        int[] ends = ends(deviations(changes), steps, count, longest);
        int[] bands = new int[steps];
        for (int band = 1; band < count; band++) {
            Arrays.fill(bands, ends[band - 1], steps, band);
        }
        return bands;
    }

    /** For each band the step after its last one, with the least sum of squared deviations; by dynamic programming. */
    private static int[] ends(double[][] deviations, int steps, int count, int longest) {
        double[][] least = new double[count + 1][steps + 1];
        int[][] start = new int[count + 1][steps + 1];
        for (double[] row : least) {
            Arrays.fill(row, Double.POSITIVE_INFINITY);
        }
        least[0][0] = 0;
        for (int bands = 1; bands <= count; bands++) {
            for (int end = 1; end <= steps; end++) {
                int shortest = Math.min(SHORTEST, steps);
                for (int from = Math.max(end - longest, 0); from <= end - shortest; from++) {
                    double sum = least[bands - 1][from] + deviations[from][end];
                    if (sum < least[bands][end]) {
                        least[bands][end] = sum;
                        start[bands][end] = from;
                    }
                }
            }
        }
        int[] ends = new int[count];
        for (int band = count, end = steps; band > 0; band--) {
            ends[band - 1] = end;
            end = start[band][end];
        }
        return ends;
    }

    /** Of the logarithms of the changes from one step up to another, squared and summed. */
    private static double[][] deviations(double[] changes) {
        int steps = changes.length;
        double[][] deviations = new double[steps][steps + 1];
        for (int from = 0; from < steps; from++) {
            double sum = 0;
            double squares = 0;
            for (int end = from + 1; end <= steps; end++) {
                double value = Math.log(Math.max(changes[end - 1], Double.MIN_NORMAL));
                sum += value;
                squares += value * value;
                deviations[from][end] = Math.max(squares - sum * sum / (end - from), 0);
            }
        }
        return deviations;
    }
}
