package io.panatorch.cache.faster;

import io.panatorch.cache.Site;
import io.panatorch.cache.SiteCall;
import io.panatorch.cache.Step;
import java.util.function.ToDoubleBiFunction;
import java.util.function.ToDoubleFunction;

/**
 * The three weights, which callbacks give.
 *
 * @param attention how far an attention's output is extrapolated
 * @param low what low frequencies of the difference between both halves are multiplied with
 * @param high likewise for high ones
 */
record FasterWeights(
        ToDoubleBiFunction<Site, Step> attention, ToDoubleFunction<Step> low, ToDoubleFunction<Step> high) {

    double attention(SiteCall call) {
        return checked("attention weight", call.step(), attention.applyAsDouble(call.site(), call.step()));
    }

    double low(Step step) {
        return checked("low frequency weight", step, low.applyAsDouble(step));
    }

    double high(Step step) {
        return checked("high frequency weight", step, high.applyAsDouble(step));
    }

    private static double checked(String whose, Step step, double weight) {
        if (!Double.isFinite(weight)) {
            throw new IllegalStateException(
                    whose + " callback, step " + step.index() + ": expected a finite number, found " + weight);
        }
        return weight;
    }
}
