package io.panatorch.cache.calibration;

import io.panatorch.cache.calibration.Timeline.Lag;
import java.util.List;

/**
 * Predicts the error and the saving of any choice from few measurements.
 *
 * <p>A reused output is what the sites gave some steps ago, so it lags behind what it should be. To first order the video moves in
 * proportion to that lag, in a direction that depends on the part that is skipped and on the timestep, and the moves of
 * several bands of timesteps add up as vectors. The direction of a part in a band is measured by skipping there alone. The error
 * of a choice is then a quadratic form {@code lagᵀ·G·lag}, where G has the scalar products of the directions: it knows which
 * moves add up and which are independent, where a sum of squared errors would not.
 *
 * @param timeline the steps and their bands
 * @param parts what may be skipped together
 * @param products of the directions per unit of lag, each part's bands after each other
 */
record ResponseModel(Timeline timeline, List<Part> parts, double[][] products) {

    int cell(int part, int band) {
        return part * timeline.bands() + band;
    }

    /**
     * A choice for one band.
     *
     * @param part which part is skipped; none where the skip range is 1
     */
    record Choice(int part, int skipRange) {

        static final Choice NONE = new Choice(0, 1);
    }

    /** The expected mean squared error of a choice for each band. */
    double error(Choice[] choices) {
        double error = 0;
        double[] lags = new double[choices.length];
        for (int i = 0; i < choices.length; i++) {
            lags[i] = timeline.lag(i, choices[i].skipRange).sum();
        }
        for (int i = 0; i < choices.length; i++) {
            for (int j = 0; j < choices.length; j++) {
                error += lags[i] * lags[j] * products[cell(choices[i].part, i)][cell(choices[j].part, j)];
            }
        }
        return Math.max(error, 0);
    }

    /** The expected saving in seconds. */
    double saved(Choice[] choices) {
        double saved = 0;
        for (int i = 0; i < choices.length; i++) {
            Lag lag = timeline.lag(i, choices[i].skipRange);
            saved += lag.reused() * parts.get(choices[i].part).secondsSaved();
        }
        return saved;
    }
}
