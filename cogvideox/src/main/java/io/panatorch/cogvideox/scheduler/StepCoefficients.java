package io.panatorch.cogvideox.scheduler;

import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;

/**
 * The scalars of one DDIM step, from the sample at one timestep to the sample at an earlier one:
 *
 * <pre>{@code
 * original = (originalFromSample * sample + originalFromModel * output) / originalDivisor
 * previous = previousFromSample * sample + previousFromOriginal * original
 * }</pre>
 *
 * <p>Both could be collapsed into one combination of sample and output, but these tensors are small, and in two stages the
 * result is diffusers' to the last bit.
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
 */
public record StepCoefficients(
        float originalFromSample,
        float originalFromModel,
        float originalDivisor,
        float previousFromSample,
        float previousFromOriginal) {

    /**
     * Takes the step.
     *
     * @param sample the noisy sample; borrowed
     * @param modelOutput what the model says of it, of the same shape; borrowed
     * @return the sample at the earlier timestep, of the caller's scope
     */
    public Tensor apply(Tensor sample, Tensor modelOutput) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor original = sample.mul(originalFromSample).add(modelOutput.mul(originalFromModel)).div(originalDivisor);
            return scope.promote(sample.mul(previousFromSample).add(original.mul(previousFromOriginal)));
        }
    }

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
                (float) fromOriginal);
    }

    /** False where a step divides by zero: there is no noise at its timestep, or no signal and the model predicts noise. */
    boolean finite() {
        return Float.isFinite(previousFromSample)
                && Float.isFinite(previousFromOriginal)
                && originalDivisor != 0;
    }
}
