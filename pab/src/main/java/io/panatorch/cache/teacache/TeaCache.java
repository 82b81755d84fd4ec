package io.panatorch.cache.teacache;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.Forecast;
import io.panatorch.cache.SiteCall;
import io.panatorch.cache.SiteInputs;
import io.panatorch.cache.SiteKind;
import io.panatorch.tensor.Tensor;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The method: at every step but the first and the last, the polynomial of {@code mean|Δe| / mean|e|}, {@code e} being the
 * timestep's embedding, or another {@linkplain TeaInput input}, at the step before, is added to a sum. While the sum is below the
 * threshold no block is computed, and what all blocks together added to the tokens of video and text in the last computed step is added
 * to the tokens before the first block. Where it is not, the step is computed and the sum begins anew.
 */
public final class TeaCache implements CacheMethod {

    /** Coefficients for CogVideoX-2b. */
    public static final List<Double> COGVIDEOX_2B =
            List.of(-3.10658903e+01, 2.54732368e+01, -5.92380459e+00, 1.75769064e+00, -3.61568434e-03);

    /** Coefficients for CogVideoX-5b, from text and from an image. */
    public static final List<Double> COGVIDEOX_5B =
            List.of(-1.53880483e+03, 8.43202495e+02, -1.34363087e+02, 7.97131516e+00, -5.23162339e-02);

    /** Coefficients for CogVideoX1.5-5B. */
    public static final List<Double> COGVIDEOX_1_5_5B =
            List.of(2.50210439e+02, -1.65061612e+02, 3.57804877e+01, -7.81551492e-01, 3.58559703e-02);

    /** Coefficients for CogVideoX1.5-5B from an image. */
    public static final List<Double> COGVIDEOX_1_5_5B_I2V =
            List.of(1.22842302e+02, -1.04088754e+02, 2.62981677e+01, -3.06009921e-01, 3.71213220e-02);


    private final TeaRule rule;
    private final TeaInput input;
    private final int forecastOrder;

    private TeaCache(TeaRule rule, TeaInput input, int forecastOrder) {
        this.rule = rule;
        this.input = Objects.requireNonNull(input, "input");
        this.forecastOrder = forecastOrder;
    }

    /**
     * Makes the method.
     *
     * @param threshold 0 or more; 0.1 to 0.3 are usual, more is faster and less like the original
     * @param coefficients of the model's polynomial, the highest power first
     * @throws IllegalArgumentException for a threshold that is none, or coefficients that are missing or not finite
     */
    public static TeaCache of(double threshold, List<Double> coefficients) {
        return of(threshold, coefficients, TeaInput.TIMESTEP_EMBEDDING);
    }

    /**
     * The same with a choice of what the decision goes by.
     *
     * @param coefficients for that input
     */
    public static TeaCache of(double threshold, List<Double> coefficients, TeaInput input) {
        return new TeaCache(new TeaRule(threshold, coefficients), input, 0);
    }

    /**
     * {@return the same, which at a skipped step adds what the blocks are expected to add, by a series of an order}
     *
     * @param order 0, if not set, repeats what they added; each order more holds as much again
     * @throws IllegalArgumentException for a number below 0
     */
    public TeaCache forecasting(int order) {
        return new TeaCache(rule, input, Forecast.requireOrder(order));
    }

    /**
     * {@return a method that computes everything and at the end of each generation gives the coefficients for its model}
     *
     * <p>They are those of the polynomial of fourth degree that comes nearest to the relative change of the denoiser's output at each
     * step, given that of the timestep's embedding. Generations of other prompts give others; those of the schedule that is to be used
     * fit best. Published ones are fitted over many prompts.
     *
     * @param whenDone takes them, the highest power first, on the thread of the generation
     */
    public static CacheMethod calibration(Consumer<? super List<Double>> whenDone) {
        return calibration(TeaInput.TIMESTEP_EMBEDDING, whenDone);
    }

    /** {@return the same for coefficients of another input} */
    public static CacheMethod calibration(TeaInput input, Consumer<? super List<Double>> whenDone) {
        return new TeaCalibration(input, whenDone);
    }

    static Tensor embedding(SiteCall denoiser) {
        if (denoiser.conditions().isEmpty()) {
            throw new IllegalArgumentException("TeaCache: " + denoiser.site().name() + ": expected the timestep's embedding as the last"
                    + " of its conditions, found none");
        }
        return denoiser.conditions().getLast();
    }

    static Tensor modulated(SiteCall block) {
        return block.value(SiteInputs.MODULATED).orElseThrow(() -> new IllegalArgumentException("TeaCache: " + block.site().name()
                + ": expected a model that offers its value \"" + SiteInputs.MODULATED + "\", found none"));
    }

    @Override
    public String name() {
        return "teacache";
    }

    /** {@return blocks, which are skipped, and the denoiser, which is always computed and shows the timestep's embedding} */
    @Override
    public Set<SiteKind> kinds() {
        return Set.of(SiteKind.DENOISER, SiteKind.BLOCK);
    }

    @Override
    public CachePolicy policy(CacheRun run) {
        return hasBlocksInDenoiser(run) ? new TeaPolicy(rule, input, forecastOrder, run) : SiteCall::compute;
    }

    private static boolean hasBlocksInDenoiser(CacheRun run) {
        return Stream.of(SiteKind.DENOISER, SiteKind.BLOCK).allMatch(kind -> run.sites().stream().anyMatch(site -> site.kind() == kind));
    }

    @Override
    public boolean canReuse(CacheRun run) {
        int steps = run.timesteps().length;
        return hasBlocksInDenoiser(run) && IntStream.range(0, steps).anyMatch(index -> TeaRule.isBetween(index, steps));
    }

    @Override
    public String toString() {
        return "TeaCache[threshold " + rule.threshold() + ", coefficients " + rule.coefficients()
                + (input == TeaInput.MODULATED ? ", by the modulated input" : "")
                + (forecastOrder == 0 ? "" : ", forecast of order " + forecastOrder) + "]";
    }
}
