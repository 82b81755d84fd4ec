package io.panatorch.bench;

/** Peak signal-to-noise ratio: how far two videos are apart. */
final class Psnr {

    private Psnr() {}

    /**
     * {@return decibels; infinity where both are equal}
     *
     * @param expected values in [0, 1]
     * @param found as many
     */
    static double of(float[] expected, float[] found) {
        if (expected.length != found.length || expected.length == 0) {
            throw new IllegalArgumentException(
                    "PSNR: expected as many values on both sides, found " + expected.length + " and " + found.length);
        }
        double squares = 0;
        for (int i = 0; i < expected.length; i++) {
            double difference = (double) expected[i] - found[i];
            squares += difference * difference;
        }
        return 10 * Math.log10(expected.length / squares);
    }
}
