package io.panatorch.cache.faster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.MemoryBudget;
import io.panatorch.cache.SessionOptions;
import io.panatorch.cache.SiteCall;
import io.panatorch.cache.SiteKind;
import io.panatorch.testing.Logged;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Settings are those of a golden, whose timesteps the model has too: half a batch at steps 4, 5, 7 and 8, reuse at 5 and 7. */
@Tag("cpu")
class FasterCacheTest {

    private static final long DENOISER = GuidedModel.PREDICTION_BYTES;
    private static final long ATTENTION = GuidedModel.ATTENTION_BYTES;
    private static final double LOW = 1.5;
    private static final double HIGH = 0.5;
    private static final double WEIGHT = 0.25;

    private static FasterCache.Builder builder() {
        return FasterCache.builder()
                .spatialAttentionBlockSkipRange(2)
                .spatialAttentionTimestepSkipRange(-1, 681)
                .attentionWeightCallback((_, _) -> WEIGHT)
                .unconditionalBatchSkipRange(3)
                .unconditionalBatchTimestepSkipRange(-1, 781)
                .alphaLowFrequency(LOW)
                .lowFrequencyWeightUpdateTimestepRange(99, 641)
                .alphaHighFrequency(HIGH)
                .highFrequencyWeightUpdateTimestepRange(-1, 301);
    }

    /** The method, with what a site holds taken away just before some of its visits. */
    private record Robbed(CacheMethod method, Predicate<SiteCall> takes) implements CacheMethod {

        @Override
        public String name() {
            return "robbed";
        }

        @Override
        public Set<SiteKind> kinds() {
            return method.kinds();
        }

        @Override
        public CachePolicy policy(CacheRun run) {
            CachePolicy policy = method.policy(run);
            return call -> {
                if (takes.test(call)) {
                    call.drop();
                }
                return policy.apply(call);
            };
        }
    }

    /** One prompt's numbers, written down a second time, with everything kept. */
    private static void check(GuidedModel model, int prompt) {
        List<Double> attended = new ArrayList<>();
        double difference = 0;
        double low = 1;
        double high = 1;
        for (int i = 0; i < 10; i++) {
            boolean halved = List.of(4, 5, 7, 8).contains(i);
            attended.add(i == 5 || i == 7
                    ? attended.get(i - 1) + WEIGHT * (attended.get(i - 1) - attended.get(i - 2))
                    : GuidedModel.attended(i, 1 + prompt));
            double conditional = attended.get(i);
            if (halved) {
                low *= LOW;
                high *= i >= 7 ? HIGH : 1;
            } else {
                difference = GuidedModel.attended(i, 0) - conditional;
                low = 1;
                high = 1;
            }
            GuidedModel.Prediction expected = new GuidedModel.Prediction(conditional + low * difference,
                    GuidedModel.DETAIL * (conditional + high * difference));
            int half = model.predictions(i).size() / 2;
            close(model.predictions(i).get(half + prompt), conditional, GuidedModel.DETAIL * conditional, "conditional, step " + i);
            close(model.predictions(i).get(prompt), expected.mean(), expected.detail(), "unconditional, step " + i);
        }
    }

    private static void close(GuidedModel.Prediction actual, double mean, double detail, String what) {
        assertThat(actual.mean()).as(what).isCloseTo(mean, within(1e-4));
        assertThat(actual.detail()).as(what).isCloseTo(detail, within(1e-3));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void leavesTheUnconditionalHalfOutAndExtrapolatesAttentions(int prompts) {
        GuidedModel model = new GuidedModel(prompts, true, 10).generate(builder().build());

        assertThat(model.batches()).containsExactlyElementsOf(
                List.of(2, 2, 2, 2, 1, 1, 2, 1, 1, 2).stream().map(halves -> halves * prompts).toList());
        assertThat(model.decisions()).containsExactly("CCCCPPCPPC", "CCCCCRCRCC");
        for (int prompt = 0; prompt < prompts; prompt++) {
            check(model, prompt);
        }
    }

    /** An attention's outputs are of half a batch; before a reuse those of two steps are held, and one step earlier of one. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void holdsNoMoreThanLaterStepsUse(int prompts) {
        long[] held = {0, 0, 0, DENOISER + ATTENTION, DENOISER + 2 * ATTENTION, ATTENTION, DENOISER + 2 * ATTENTION, DENOISER, 0, 0};
        assertThat(new GuidedModel(prompts, true, 10).generate(builder().build()).held())
                .containsExactlyElementsOf(Arrays.stream(held).mapToObj(bytes -> bytes * prompts).toList());
        assertThat(new GuidedModel(prompts, true, 5).generate(builder().build()).held())
                .containsExactly(0L, 0L, 0L, DENOISER * prompts, 0L);
        GuidedModel single = new GuidedModel(prompts, true, 1).generate(builder().build());
        assertThat(single.held()).containsExactly(0L);
        assertThat(single.batches()).containsExactly(2 * prompts);
    }

    @Test
    void computesWhatCannotBeRebuilt() {
        GuidedModel model = new GuidedModel(1, true, 10).generate(new Robbed(builder().build(),
                call -> call.site().kind() == SiteKind.DENOISER && call.step().index() == 4));
        assertThat(model.batches()).as("both halves at step 4, from which step 5 is rebuilt")
                .containsExactly(2, 2, 2, 2, 2, 1, 2, 1, 1, 2);
        assertThat(model.decisions()).containsExactly("CCCCCPCPPC", "CCCCCRCRCC");
        double unconditional = GuidedModel.attended(4, 0);
        close(model.predictions(4).getFirst(), unconditional, GuidedModel.DETAIL * unconditional, "step 4");

        model = new GuidedModel(1, true, 10).generate(new Robbed(builder().build(),
                call -> call.site().kind() == SiteKind.DENOISER && call.step().index() == 5));
        assertThat(model.batches()).containsExactly(2, 2, 2, 2, 1, 2, 2, 1, 1, 2);
        assertThat(model.decisions()).as("a whole batch has no reuse").containsExactly("CCCCPCCPPC", "CCCCCCCRCC");
    }

    @Test
    void computesAttentionsThatAreNotHeld() {
        GuidedModel model = new GuidedModel(2, true, 10).generate(new Robbed(builder().build(),
                call -> call.site().kind() != SiteKind.DENOISER && call.step().index() == 5));
        assertThat(model.batches()).containsExactly(4, 4, 4, 4, 2, 2, 4, 2, 2, 4);
        assertThat(model.decisions()).containsExactly("CCCCPPCPPC", "CCCCCCCRCC");

        model = new GuidedModel(1, true, 10).generate(new Robbed(builder().build(),
                call -> call.site().kind() != SiteKind.DENOISER && call.step().index() == 4));
        assertThat(model.decisions()).containsExactly("CCCCPPCPPC", "CCCCCRCRCC");
        assertThat(model.predictions(5).getLast().mean()).as("of one step's outputs there is no extrapolation")
                .isEqualTo(GuidedModel.attended(4, 1));
    }

    @Test
    void keepsToAMemoryBudget() {
        GuidedModel nothing = generate(MemoryBudget.of(0));
        assertThat(nothing.batches()).containsOnly(2);
        assertThat(nothing.decisions()).containsOnly("CCCCCCCCCC");

        GuidedModel little = generate(MemoryBudget.of(DENOISER));
        assertThat(little.held()).allMatch(bytes -> bytes <= DENOISER);

        GuidedModel rounded = generate(MemoryBudget.narrowing((DENOISER + 2 * ATTENTION) / 2));
        assertThat(rounded.batches()).containsExactly(2, 2, 2, 2, 1, 1, 2, 1, 1, 2);
        assertThat(rounded.decisions()).containsExactly("CCCCPPCPPC", "CCCCCRCRCC");
        assertThat(rounded.held()).allMatch(bytes -> bytes <= (DENOISER + 2 * ATTENTION) / 2);
    }

    private static GuidedModel generate(MemoryBudget budget) {
        return new GuidedModel(1, true, 10)
                .generate(builder().build().with(SessionOptions.DEFAULT.withMemory(budget).withMeasuring()));
    }

    /** Two prompts without guidance are an even batch too, but not of the same latents. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void skipsAttentionsAloneWithoutGuidance(int prompts) {
        GuidedModel model = new GuidedModel(prompts, false, 10).generate(builder().build());

        assertThat(model.batches()).containsOnly(prompts);
        assertThat(model.decisions()).containsExactly("CCCCCCCCCC", "CCCCCRCRCR");
        double extrapolated = GuidedModel.attended(4, 1) + WEIGHT * (GuidedModel.attended(4, 1) - GuidedModel.attended(3, 1));
        assertThat(model.predictions(5).getFirst().mean()).isCloseTo(extrapolated, within(1e-5));

        long each = ATTENTION * prompts;
        assertThat(model.held()).containsExactly(0L, 0L, 0L, each, 2 * each, each, 2 * each, each, 2 * each, 0L);
    }

    @Test
    void callbacksSeeTheSiteAndTheStep() {
        List<String> calls = new ArrayList<>();
        GuidedModel model = new GuidedModel(1, true, 10).generate(builder()
                .attentionWeightCallback((site, step) -> {
                    calls.add(site.name() + " " + step.index());
                    return -1;
                })
                .lowFrequencyWeightCallback(step -> {
                    calls.add("low " + step.timestep());
                    return 1;
                })
                .highFrequencyWeightCallback(_ -> 0)
                .build());
        assertThat(calls).containsExactly("low 599", "low 499", "transformer_blocks.0.attn1 5", "low 299",
                "transformer_blocks.0.attn1 7", "low 199");
        assertThat(model.predictions(5).getLast().mean()).isCloseTo(GuidedModel.attended(3, 1), within(1e-5));
        assertThat(model.predictions(4).getFirst().detail()).as("nothing of the unconditional half's own details")
                .isCloseTo(model.predictions(4).getLast().detail(), within(1e-4));
    }

    @Test
    void refusesAWeightThatIsNoNumber() {
        GuidedModel model = new GuidedModel(1, true, 10);
        assertThatIllegalStateException()
                .isThrownBy(() -> model.generate(builder().attentionWeightCallback((_, _) -> Double.NaN).build()))
                .withMessage("attention weight callback, step 5: expected a finite number, found NaN");
        assertThatIllegalStateException()
                .isThrownBy(() -> model.generate(builder().lowFrequencyWeightCallback(_ -> 1 / 0.).build()))
                .withMessage("low frequency weight callback, step 4: expected a finite number, found Infinity");
    }
}
