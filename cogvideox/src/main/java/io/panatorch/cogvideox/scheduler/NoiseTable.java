package io.panatorch.cogvideox.scheduler;

import io.panatorch.cogvideox.scheduler.SchedulerConfig.BetaSchedule;

/**
 * The table {@code alphas_cumprod} of a configuration: how much of the signal's variance is left at each timestep.
 *
 * <p>The order is that of diffusers: betas, cumulative product of 1 - beta, shift of the signal-to-noise ratio, rescaling to
 * zero terminal signal-to-noise ratio.
 */
final class NoiseTable {

    /** The largest beta of the cosine schedule, as in Glide. */
    private static final double MAX_COSINE_BETA = 0.999;

    private NoiseTable() {}

    /** Only {@code scaled_linear} is made in float64; the others, and all that follows from them, are float32. */
    static Precision precision(SchedulerConfig config) {
        boolean scaledLinear = config.betaSchedule() == BetaSchedule.SCALED_LINEAR;
        return scaledLinear && config.trainedBetas().isEmpty() ? Precision.DOUBLE : Precision.SINGLE;
    }

    static double[] alphasCumprod(SchedulerConfig config) {
        Precision precision = precision(config);
        double[] alphas = cumulativeProduct(betas(config), precision);
        shiftSignalToNoise(alphas, config.snrShiftScale(), precision);
        if (config.rescaleBetasZeroSnr()) {
            rescaleToZeroTerminalSnr(alphas, precision);
        }
        return alphas;
    }

    private static double[] betas(SchedulerConfig config) {
        int count = config.numTrainTimesteps();
        if (!config.trainedBetas().isEmpty()) {
            return config.trainedBetas().stream().mapToDouble(Precision.SINGLE::round).toArray();
        }
        return switch (config.betaSchedule()) {
            case LINEAR -> linspace(config.betaStart(), config.betaEnd(), count, Precision.SINGLE);
            case SCALED_LINEAR -> {
                double first = Math.sqrt(config.betaStart());
                double[] betas = linspace(first, Math.sqrt(config.betaEnd()), count, Precision.DOUBLE);
                for (int t = 0; t < count; t++) {
                    betas[t] *= betas[t];
                }
                yield betas;
            }
            case SQUAREDCOS_CAP_V2 -> cosineBetas(count);
        };
    }

    /** torch's {@code linspace}: the second half is counted from the end, and each product and sum is fused. */
    private static double[] linspace(double start, double end, int count, Precision precision) {
        double first = precision.round(start);
        double last = precision.round(end);
        double[] values = new double[count];
        if (count == 1) {
            values[0] = first;
            return values;
        }
        double step = precision.round(precision.round(last - first) / (count - 1));
        for (int i = 0; i < count; i++) {
            values[i] = i < count / 2
                    ? precision.multiplyAdd(step, i, first)
                    : precision.multiplyAdd(-step, count - 1 - i, last);
        }
        return values;
    }

    /** Betas that give cos² as their cumulative product; calculated in float64 and kept as float32. */
    private static double[] cosineBetas(int count) {
        double[] betas = new double[count];
        for (int t = 0; t < count; t++) {
            double ratio = cosineAlpha((t + 1) / (double) count) / cosineAlpha(t / (double) count);
            betas[t] = Precision.SINGLE.round(Math.min(1 - ratio, MAX_COSINE_BETA));
        }
        return betas;
    }

    private static double cosineAlpha(double time) {
        // Strict, so that which float32 a beta is rounded to is the same on every machine.
        double cosine = StrictMath.cos((time + 0.008) / 1.008 * Math.PI / 2);
        return cosine * cosine;
    }

    /** torch multiplies float32 entries up in float64 as well, and rounds each when it stores it. */
    private static double[] cumulativeProduct(double[] betas, Precision precision) {
        double[] alphas = new double[betas.length];
        double product = 1;
        for (int t = 0; t < betas.length; t++) {
            product *= precision.round(1 - betas[t]);
            alphas[t] = precision.round(product);
        }
        return alphas;
    }

    /** a / (s + (1 - s) a): divides the signal-to-noise ratio a / (1 - a) by s, after Stable Diffusion 3. */
    private static void shiftSignalToNoise(double[] alphas, double scale, Precision precision) {
        double constant = precision.round(scale);
        double factor = precision.round(1 - scale);
        for (int t = 0; t < alphas.length; t++) {
            double divisor = precision.round(constant + precision.round(factor * alphas[t]));
            alphas[t] = precision.round(alphas[t] / divisor);
        }
    }

    /** Algorithm 1 of arXiv 2305.08891: the square roots are shifted and scaled so that the last is 0 and the first stays. */
    private static void rescaleToZeroTerminalSnr(double[] alphas, Precision precision) {
        double first = precision.round(Math.sqrt(alphas[0]));
        double last = precision.round(Math.sqrt(alphas[alphas.length - 1]));
        double factor = precision.round(first / precision.round(first - last));
        for (int t = 0; t < alphas.length; t++) {
            double root = precision.round(Math.sqrt(alphas[t]));
            double rescaled = precision.round(precision.round(root - last) * factor);
            alphas[t] = precision.round(rescaled * rescaled);
        }
    }
}
