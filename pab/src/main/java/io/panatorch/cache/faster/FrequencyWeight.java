package io.panatorch.cache.faster;

import io.panatorch.cache.Step;
import java.util.function.ToDoubleFunction;

/**
 * What a part of the difference between both halves is multiplied with at each step that leaves the unconditional half out.
 *
 * @param alpha the factor inside the window; outside it is 1
 * @param low the factor is alpha only at timesteps strictly above this
 * @param high and strictly below this
 */
record FrequencyWeight(double alpha, int low, int high) implements ToDoubleFunction<Step> {

    FrequencyWeight {
        if (!Double.isFinite(alpha)) {
            throw new IllegalArgumentException("expected a finite number, found " + alpha);
        }
        if (low >= high) {
            throw new IllegalArgumentException("expected low < high, found " + low + ", " + high);
        }
    }

    @Override
    public double applyAsDouble(Step step) {
        return low < step.timestep() && step.timestep() < high ? alpha : 1;
    }

    @Override
    public String toString() {
        return alpha + " in (" + low + ", " + high + ")";
    }
}
