package io.panatorch.cogvideox.scheduler;

/**
 * The scalars of one DDIM step, from the sample at one timestep to the sample at an earlier one. There are two ways to take it.
 *
 * <p>In one stage, with the two tensors that there are:
 *
 * <pre>{@code previous = sampleFactor * sample + modelFactor * output}</pre>
 *
 * <p>In two stages, as diffusers does it and bit for bit the same when each product, quotient and sum is rounded to float32:
 *
 * <pre>{@code
 * original = (originalFromSample * sample + originalFromModel * output) / originalDivisor
 * previous = previousFromSample * sample + previousFromOriginal * original
 * }</pre>
 *
 * <p>The two differ by rounding only: the factors of one stage are calculated in float64 and rounded once. With
 * {@code v_prediction} no factor exceeds 1, and the results differ by less than 1e-6 after a step and by a few 1e-6 at the
 * end of a run of 50; with {@code sample} they are the same. With {@code epsilon} the predicted original is large at late
 * timesteps and the rounding of the two stages grows with it: the results differ by some 1e-7 of their largest value.
 *
 * <p>Sources: equation 12 of arXiv 2010.02502 with &sigma; = 0; {@code CogVideoXDDIMScheduler.step} of diffusers, which takes
 * its scalars from a float64 table and rounds them to float32 when they meet a float32 tensor. The values here are so rounded.
 *
 * @param originalFromSample factor of the sample in the predicted original: &radic;&alpha; for v_prediction, 1 for epsilon, 0
 *     for sample
 * @param originalFromModel factor of the model's output in the predicted original: -&radic;(1-&alpha;) for v_prediction and
 *     epsilon, 1 for sample
 * @param originalDivisor what the predicted original is divided by: &radic;&alpha; for epsilon, else 1
 * @param previousFromSample factor of the sample in the result, &radic;((1-&alpha;<sub>prev</sub>) / (1-&alpha;))
 * @param previousFromOriginal factor of the predicted original in the result, &radic;&alpha;<sub>prev</sub> -
 *     &radic;&alpha; previousFromSample
 * @param sampleFactor factor of the sample in one stage
 * @param modelFactor factor of the model's output in one stage
 */
public record StepCoefficients(
        float originalFromSample,
        float originalFromModel,
        float originalDivisor,
        float previousFromSample,
        float previousFromOriginal,
        float sampleFactor,
        float modelFactor) {

    /**
     * @param alpha share of the signal in the variance at the step's timestep
     * @param previousAlpha the same at the timestep that the step goes to
     * @param precision type of the table that both come from
     */
    static StepCoefficients of(DdimConfig.PredictionType type, double alpha, double previousAlpha, Precision precision) {
        double noise = precision.round(1 - alpha);
        double rootAlpha = precision.round(Math.sqrt(alpha));
        double rootNoise = precision.round(Math.sqrt(noise));
        double ratio = precision.round(precision.round(1 - previousAlpha) / noise);
        double fromSample = precision.round(Math.sqrt(ratio));
        double fromOriginal =
                precision.round(precision.round(Math.sqrt(previousAlpha)) - precision.round(rootAlpha * fromSample));
        return switch (type) {
            case V_PREDICTION -> of(rootAlpha, -rootNoise, 1, fromSample, fromOriginal);
            case EPSILON -> of(1, -rootNoise, rootAlpha, fromSample, fromOriginal);
            case SAMPLE -> of(0, 1, 1, fromSample, fromOriginal);
        };
    }

    private static StepCoefficients of(double sample, double model, double divisor, double fromSample, double fromOriginal) {
        return new StepCoefficients(
                (float) sample,
                (float) model,
                (float) divisor,
                (float) fromSample,
                (float) fromOriginal,
                (float) (fromSample + fromOriginal * sample / divisor),
                (float) (fromOriginal * model / divisor));
    }

    /** False where a step divides by zero: there is no noise at its timestep, or no signal and the model predicts noise. */
    boolean finite() {
        return Float.isFinite(previousFromSample)
                && Float.isFinite(previousFromOriginal)
                && Float.isFinite(sampleFactor)
                && Float.isFinite(modelFactor);
    }
}
