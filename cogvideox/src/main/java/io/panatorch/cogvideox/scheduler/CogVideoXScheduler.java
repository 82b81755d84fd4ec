package io.panatorch.cogvideox.scheduler;

import io.panatorch.cogvideox.scheduler.SchedulerConfig.PredictionType;
import io.panatorch.cogvideox.scheduler.StepCoefficients.Levels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The noise table of a configuration, and the runs that can be made with it. Immutable.
 *
 * <p>As in diffusers nothing is clipped, and the noise that a run starts from is used as it is (its standard deviation is 1).
 */
public final class CogVideoXScheduler {

    private final SchedulerConfig config;
    private final Precision precision;
    private final double[] alphasCumprod;

    /**
     * @throws IllegalArgumentException if the betas of the configuration are too small or too large to make a table of
     *     finite numbers
     */
    public CogVideoXScheduler(SchedulerConfig config) {
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
    public SchedulerConfig config() {
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
     * <p>A strength cuts the timesteps as diffusers' {@code get_timesteps} does: of N steps the last
     * <code>(int)&nbsp;(N&nbsp;&middot;&nbsp;strength)</code> are kept, and each goes where it goes in the whole run.
     *
     * @throws IllegalArgumentException for what {@link #timesteps} refuses; for given timesteps that are not in the table; if
     *     the strength leaves no step; for an &eta; where the scheduler has none; or if a step would divide by zero: with the
     *     prediction type {@code epsilon}, a timestep that is pure noise
     */
    public Schedule schedule(ScheduleRequest request) {
        int[] whole = request.timesteps().isEmpty() ? timesteps(request.steps()) : inTable(request.timesteps());
        if (config.kind() == SchedulerKind.DPM && request.eta() != 0) {
            throw new IllegalArgumentException("eta: expected 0 with " + config.kind().className()
                    + ", whose noise is fixed by its timesteps, found " + request.eta()
                    + "; " + SchedulerKind.DDIM.className() + " has an eta");
        }
        int first = whole.length - kept(whole.length, request.strength());
        List<StepCoefficients> coefficients = new ArrayList<>(whole.length - first);
        for (int i = first; i < whole.length; i++) {
            coefficients.add(coefficients(whole, i, first, request));
        }
        int[] timesteps = Arrays.copyOfRange(whole, first, whole.length);
        return new Schedule(config.kind(), timesteps, coefficients, alphasCumprod[timesteps[0]]);
    }

    private int[] inTable(List<Integer> timesteps) {
        for (int timestep : timesteps) {
            if (timestep < 0 || timestep >= alphasCumprod.length) {
                throw new IllegalArgumentException("timesteps: expected 0 to " + (alphasCumprod.length - 1)
                        + " (below num_train_timesteps), found " + timestep);
            }
        }
        return timesteps.stream().mapToInt(Integer::intValue).toArray();
    }

    private static int kept(int steps, double strength) {
        int kept = (int) (steps * strength);
        if (kept == 0) {
            double least = 1.0 / steps;
            throw new IllegalArgumentException("strength: expected " + (steps * least < 1 ? Math.nextUp(least) : least)
                    + " or more, which leaves one of " + steps + " steps, found " + strength);
        }
        return kept;
    }

    /**
     * @param timesteps of the whole run
     * @param first index of the first step that is made
     */
    private StepCoefficients coefficients(int[] timesteps, int i, int first, ScheduleRequest request) {
        int previous = previous(timesteps, i, request);
        double last = config.setAlphaToOne() ? 1 : alphasCumprod[0];
        Levels levels = new Levels(config.predictionType(), precision, alphasCumprod[timesteps[i]],
                previous >= 0 ? alphasCumprod[previous] : last);
        StepCoefficients step = switch (config.kind()) {
            case DDIM -> StepCoefficients.ddim(levels, request.eta());
            case DPM -> i == first || previous < 0
                    ? StepCoefficients.dpm(levels)
                    : StepCoefficients.dpm(levels, alphasCumprod[timesteps[i - 1]]);
        };
        if (!step.finite()) {
            throw new IllegalArgumentException("the step at timestep " + timesteps[i] + " (of " + timesteps.length
                    + " steps) divides by zero: " + reason(levels));
        }
        return step;
    }

    private static String reason(Levels levels) {
        return levels.type() == PredictionType.EPSILON && levels.alpha() == 0
                ? "prediction_type epsilon cannot start from pure noise, which rescale_betas_zero_snr or the betas make of it;"
                        + " expected v_prediction or sample"
                : "alphas_cumprod is " + levels.alpha() + " there, and " + levels.previous() + " where it goes";
    }

    /** The timestep that a step goes to; below 0 for the end. */
    private int previous(int[] timesteps, int i, ScheduleRequest request) {
        if (request.timesteps().isEmpty()) {
            // Not the next timestep of the run: the two differ when the number of steps does not divide that of training, and
            // then the last step may go to an entry of the table rather than to the final value.
            return timesteps[i] - config.numTrainTimesteps() / timesteps.length;
        }
        return i + 1 < timesteps.length ? timesteps[i + 1] : -1;
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
