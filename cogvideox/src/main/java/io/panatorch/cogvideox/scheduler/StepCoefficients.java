package io.panatorch.cogvideox.scheduler;

import io.panatorch.cogvideox.scheduler.SchedulerConfig.PredictionType;

/**
 * The scalars of one step, from the sample at one timestep to the sample at an earlier one:
 *
 * <pre>{@code
 * original = (originalFromSample * sample + originalFromModel * output) / originalDivisor
 * denoised = denoisedFromOriginal * original + denoisedFromOld * (original of the step before)
 * previous = fromSample * sample + fromDenoised * denoised + fromNoise * noise
 * }</pre>
 *
 * <p>All could be collapsed into one combination, but these tensors are small, and in stages the result is diffusers' to the
 * last bit.
 *
 * <p>diffusers takes its scalars from a float64 table and rounds them to float32 when they meet a tensor. The values here are
 * so rounded.
 *
 * @param originalFromSample factor of the sample in the predicted original: &radic;&alpha; for v_prediction, 1 for epsilon, 0
 *     for sample
 * @param originalFromModel factor of the model's output in the predicted original: -&radic;(1-&alpha;) for v_prediction and
 *     epsilon, 1 for sample
 * @param originalDivisor what the predicted original is divided by: &radic;&alpha; for epsilon, else 1
 * @param fromSample factor of the sample in the result
 * @param fromDenoised factor of the denoised sample in the result
 * @param fromNoise factor of the noise in the result
 * @param denoisedFromOriginal factor of the predicted original in the denoised sample; 1 in a step of first order
 * @param denoisedFromOld factor of what the step before predicted; 0 in a step of first order, which does not look at it
 * @param draws how often noise is drawn, and the last draw is the one that counts: not at all, once, or twice, which only a
 *     step of second order does
 */
record StepCoefficients(
        float originalFromSample,
        float originalFromModel,
        float originalDivisor,
        float fromSample,
        float fromDenoised,
        float fromNoise,
        float denoisedFromOriginal,
        float denoisedFromOld,
        int draws) {

    /**
     * Shares of the signal in the variance, from a table of a type, and what the model predicts.
     *
     * @param alpha at the step's timestep
     * @param previous at the timestep that the step goes to
     */
    record Levels(PredictionType type, Precision precision, double alpha, double previous) {

        private double root(double value) {
            return precision.round(Math.sqrt(value));
        }

        private double noise() {
            return precision.round(1 - alpha);
        }

        private double previousNoise() {
            return precision.round(1 - previous);
        }

        /** Half the logarithm of the signal-to-noise ratio: -&infin; for pure noise, &infin; for none. */
        private double lambda(double alpha) {
            return precision.round(StrictMath.log(root(precision.round(alpha / precision.round(1 - alpha)))));
        }

        private StepCoefficients step(double fromSample, double fromDenoised, double fromNoise, int draws) {
            float rootAlpha = (float) root(alpha);
            float rootNoise = (float) root(noise());
            float sample = (float) fromSample;
            float denoised = (float) fromDenoised;
            float noise = (float) fromNoise;
            return switch (type) {
                case V_PREDICTION -> new StepCoefficients(rootAlpha, -rootNoise, 1, sample, denoised, noise, 1, 0, draws);
                case EPSILON -> new StepCoefficients(1, -rootNoise, rootAlpha, sample, denoised, noise, 1, 0, draws);
                case SAMPLE -> new StepCoefficients(0, 1, 1, sample, denoised, noise, 1, 0, draws);
            };
        }
    }

    /**
     * A step of {@code CogVideoXDDIMScheduler}, with the &eta; that it accepts and ignores: equations 12 and 16 of arXiv
     * 2010.02502, the noise that the direction points to written as a combination of sample and predicted original.
     */
    static StepCoefficients ddim(Levels at, double eta) {
        Precision precision = at.precision;
        double deviation = eta == 0 ? 0 : deviation(at, eta);
        // Not below 0: with η = 1 from pure noise nothing is left of it but rounding.
        double rest = Math.max(0, precision.round(at.previousNoise() - precision.round(deviation * deviation)));
        double fromSample = at.root(precision.round(rest / at.noise()));
        double fromOriginal = precision.round(at.root(at.previous) - precision.round(at.root(at.alpha) * fromSample));
        return at.step(fromSample, fromOriginal, deviation, eta == 0 ? 0 : 1);
    }

    /** Standard deviation of the noise that a step adds. */
    private static double deviation(Levels at, double eta) {
        Precision precision = at.precision;
        double ratio = precision.round(at.previousNoise() / at.noise());
        double variance = precision.round(ratio * precision.round(1 - precision.round(at.alpha / at.previous)));
        return precision.round(eta * at.root(variance));
    }

    /**
     * A step of first order of {@code CogVideoXDPMScheduler}: its first one, and one that ends the run. From pure noise the
     * distance of the logarithms is infinite, and every factor is still finite.
     */
    static StepCoefficients dpm(Levels at) {
        Precision precision = at.precision;
        double distance = distance(at);
        double ratio = at.root(precision.round(at.previousNoise() / at.noise()));
        double fromSample = precision.round(ratio * precision.round(StrictMath.exp(-distance)));
        double fromDenoised = -precision.round(precision.round(StrictMath.expm1(-2 * distance)) * at.root(at.previous));
        double left = at.root(precision.round(1 - precision.round(StrictMath.exp(-2 * distance))));
        return at.step(fromSample, fromDenoised, precision.round(at.root(at.previousNoise()) * left), 1);
    }

    /**
     * A step of second order of {@code CogVideoXDPMScheduler}, which draws noise for one of first order, too.
     *
     * @param back share of the signal at the timestep of the step before
     */
    static StepCoefficients dpm(Levels at, double back) {
        Precision precision = at.precision;
        double ratio = precision.round(precision.round(at.lambda(at.alpha) - at.lambda(back)) / distance(at));
        double old = precision.round(1 / precision.round(2 * ratio));
        StepCoefficients first = dpm(at);
        return new StepCoefficients(first.originalFromSample, first.originalFromModel, first.originalDivisor, first.fromSample,
                first.fromDenoised, first.fromNoise, (float) precision.round(1 + old), (float) -old, 2);
    }

    private static double distance(Levels at) {
        return at.precision.round(at.lambda(at.previous) - at.lambda(at.alpha));
    }

    /** Whether the step needs what the step before predicted. */
    boolean looksBack() {
        return draws == 2;
    }

    /** False where a step divides by zero: there is no noise at its timestep, or no signal and the model predicts noise. */
    boolean finite() {
        return originalDivisor != 0 && Float.isFinite(fromSample) && Float.isFinite(fromDenoised) && Float.isFinite(fromNoise)
                && Float.isFinite(denoisedFromOriginal) && Float.isFinite(denoisedFromOld);
    }
}
