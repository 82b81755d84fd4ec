package io.panatorch.cogvideox;

import io.panatorch.cache.Branch;
import java.math.BigDecimal;

/**
 * Classifier-free guidance (arXiv 2207.12598).
 *
 * @param scale how strongly the prompt counts against the negative prompt; up to 1 there is no guidance
 * @param dynamic whether the scale changes from step to step, diffusers' {@code use_dynamic_cfg}
 * @param steps denoising steps of the run
 * @param branch what this process asks the model about in each call: of two that share the work each has one half
 */
record Guidance(double scale, boolean dynamic, int steps, Branch branch) {

    /** {@return whether the model is asked about the negative prompt too} */
    boolean isOn() {
        return scale > 1;
    }

    /** {@return whether this process asks the model about a half} */
    boolean has(Branch half) {
        return branch == Branch.BOTH || branch == half;
    }

    /** {@return how many videos the model is given at once, for so many that are made} */
    long batch(long videos) {
        return branch == Branch.BOTH ? 2 * videos : videos;
    }

    /**
     * {@return the scale at a timestep}
     *
     * <p>The dynamic one is {@code 1 + scale (1 - cos(π ((steps - t) / steps)⁵)) / 2}. The timestep is not the index of the step, so that
     * the cosine's argument goes into the billions, where one rounding too many shows: the power is rounded once.
     */
    double scaleAt(int timestep) {
        if (!dynamic) {
            return scale;
        }
        double power = new BigDecimal((steps - timestep) / (double) steps).pow(5).doubleValue();
        return 1 + scale * ((1 - Math.cos(Math.PI * power)) / 2);
    }
}
