package io.panatorch.cogvideox.scheduler;

import io.panatorch.cogvideox.scheduler.DdimConfig.PredictionType;
import java.util.ArrayList;
import java.util.List;

/**
 * The noise table of a configuration, and the runs that can be made with it. Immutable.
 *
 * <p>As in diffusers a step is deterministic (&eta; = 0), nothing is clipped, and the noise that a run starts from is used as
 * it is (its standard deviation is 1).
 */
public final class DdimScheduler {

    private final DdimConfig config;
    private final Precision precision;
    private final double[] alphasCumprod;

    /**
     * @throws IllegalArgumentException if the betas of the configuration are too small or too large to make a table of
     *     finite numbers
     */
    public DdimScheduler(DdimConfig config) {
        this.config = config;
        precision = NoiseTable.precision(config);
        alphasCumprod = NoiseTable.alphasCumprod(config);
        for (int t = 0; t < alphasCumprod.length; t++) {
            if (!(alphasCumprod[t] >= 0 && alphasCumprod[t] <= 1)) {
                throw new IllegalArgumentException("betas: expected ones that give an alphas_cumprod from 0 to 1, found "
                        + alphasCumprod[t] + " at timestep " + t);
            }
        }
    }

    /** The settings that this was made from. */
    public DdimConfig config() {
        return config;
    }

    /**
     * The share of the signal in the variance of a noisy sample, for each timestep, after the shift of the signal-to-noise
     * ratio and the rescaling. A copy.
     */
    public double[] alphasCumprod() {
        return alphasCumprod.clone();
    }

    /**
     * The timesteps of a run, in the order in which they are visited, the noisiest first.
     *
     * <p>They are those of diffusers to the last rounding, with one difference. With {@code trailing} and certain numbers of
     * steps (61, 103 and 60 others up to 1000) the range that diffusers asks of numpy ends one element late, with the
     * timestep -1; a step there would read the table from its end and spoil the finished sample. That element is left out.
     *
     * @param numInferenceSteps number of steps, from 1 to {@code num_train_timesteps}
     * @return as many timesteps, each in [0, {@code num_train_timesteps})
     * @throws IllegalArgumentException if there cannot be so many steps, or if {@code steps_offset} moves the first out of the
     *     table
     */
    public int[] timesteps(int numInferenceSteps) {
        int trained = config.numTrainTimesteps();
        if (numInferenceSteps < 1 || numInferenceSteps > trained) {
            throw new IllegalArgumentException("steps: expected 1 to " + trained + " (num_train_timesteps), found "
                    + numInferenceSteps);
        }
        return switch (config.timestepSpacing()) {
            case LINSPACE -> linspace(numInferenceSteps, trained);
            case LEADING -> leading(numInferenceSteps, trained);
            case TRAILING -> trailing(numInferenceSteps, trained);
        };
    }

    /**
     * Plans a run.
     *
     * @param numInferenceSteps number of steps, from 1 to {@code num_train_timesteps}
     * @throws IllegalArgumentException for what {@link #timesteps} refuses, or if a step would divide by zero: with the
     *     prediction type {@code epsilon}, a timestep that is pure noise
     */
    public Schedule schedule(int numInferenceSteps) {
        int[] timesteps = timesteps(numInferenceSteps);
        List<StepCoefficients> coefficients = new ArrayList<>(timesteps.length);
        for (int timestep : timesteps) {
            StepCoefficients step = coefficients(timestep, numInferenceSteps);
            if (!step.finite()) {
                throw new IllegalArgumentException(divisionByZero(timestep, numInferenceSteps));
            }
            coefficients.add(step);
        }
        return new Schedule(timesteps, coefficients);
    }

    /** The scalars of the step at a timestep; not finite where it divides by zero. */
    StepCoefficients coefficients(int timestep, int numInferenceSteps) {
        // Not the next timestep of the run: the two differ when the number of steps does not divide that of training, and
        // then the last step may go to an entry of the table rather than to the final value.
        int previous = timestep - config.numTrainTimesteps() / numInferenceSteps;
        double last = config.setAlphaToOne() ? 1 : alphasCumprod[0];
        double previousAlpha = previous >= 0 ? alphasCumprod[previous] : last;
        return StepCoefficients.of(config.predictionType(), alphasCumprod[timestep], previousAlpha, precision);
    }

    private String divisionByZero(int timestep, int numInferenceSteps) {
        String where = "the step at timestep " + timestep + " (of " + numInferenceSteps + " steps) divides by zero: ";
        if (config.predictionType() == PredictionType.EPSILON && alphasCumprod[timestep] == 0) {
            return where + "prediction_type epsilon cannot start from pure noise, which rescale_betas_zero_snr or the betas"
                    + " make of it; expected v_prediction or sample";
        }
        return where + "alphas_cumprod is " + alphasCumprod[timestep] + " there";
    }

    /** numpy's {@code linspace(0, trained - 1, steps).round()}, which rounds half to even, backwards. */
    private static int[] linspace(int steps, int trained) {
        int[] timesteps = new int[steps];
        double distance = (trained - 1) / (double) (steps - 1);
        for (int i = 1; i < steps; i++) {
            timesteps[steps - 1 - i] = (int) Math.rint(i * distance);
        }
        if (steps > 1) {
            timesteps[0] = trained - 1;
        }
        return timesteps;
    }

    private int[] leading(int steps, int trained) {
        int[] timesteps = new int[steps];
        int distance = trained / steps;
        for (int i = 0; i < steps; i++) {
            timesteps[i] = (steps - 1 - i) * distance + config.stepsOffset();
        }
        if (timesteps[0] >= trained) {
            throw new IllegalArgumentException("steps_offset: expected a first timestep below " + trained + " with " + steps
                    + " steps, found " + timesteps[0] + " with the offset " + config.stepsOffset());
        }
        return timesteps;
    }

    /** numpy's {@code arange(trained, 0, -trained / steps).round() - 1}, rounding half to even. */
    private static int[] trailing(int steps, int trained) {
        int[] timesteps = new int[steps];
        // numpy does not use the step it is given but the difference of the first two elements, which is rounded otherwise.
        double distance = trained - trained / (double) steps - trained;
        for (int i = 0; i < steps; i++) {
            timesteps[i] = (int) Math.rint(trained + i * distance) - 1;
        }
        return timesteps;
    }
}
