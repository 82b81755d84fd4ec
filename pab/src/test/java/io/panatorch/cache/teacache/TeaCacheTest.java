package io.panatorch.cache.teacache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.panatorch.cache.BlockModel;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.CacheSession;
import io.panatorch.cache.FakeModel;
import io.panatorch.cache.MemoryBudget;
import io.panatorch.cache.SessionOptions;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteKind;
import io.panatorch.cache.Step;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.Logged;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The model's embedding is the step's change, which is what its blocks add too. */
@Tag("cpu")
class TeaCacheTest {

    private static final List<Double> AS_IT_IS = List.of(1., 0.);

    @Test
    void addsTheResidualsOfVideoAndText() {
        BlockModel model = new BlockModel(3, 4, 5, 5, 5, 8, 9, 9).generate(TeaCache.of(0.5, AS_IT_IS));

        assertThat(model.decisions()).containsExactly("CCCCCCC", "CRRRCRC", "CRRRCRC", "CRRRCRC");
        assertThat(model.videos()).containsExactly(25., 25., 25., 25., 49., 49., 55.);
        assertThat(model.texts()).containsExactly(242., 242., 242., 242., 482., 482., 542.);
    }

    /** From 4 to 5 is a quarter, from 16 to 25 more than a half. */
    @Test
    void goesByTheModulatedInput() {
        BlockModel model = new BlockModel(3, 4, 5, 5, 5, 8, 9, 9).generate(TeaCache.of(0.6, AS_IT_IS, TeaInput.MODULATED));

        assertThat(model.decisions()).containsExactly("CCCCCCC", "CRRRCRC", "CRRRCRC", "CRRRCRC");
        assertThat(new BlockModel(3, 4, 5, 5, 5, 8, 9, 9).generate(TeaCache.of(0.5, AS_IT_IS, TeaInput.MODULATED)).decisions())
                .containsExactly("CCCCCCC", "CCRRCRC", "CCRRCRC", "CCRRCRC");
        assertThat(model.statistics().sites().get(1).compared().subList(1, 3)).as("the sum").containsExactly(0.5625, 0.5625);
        assertThat(model.held().getLast()).isZero();
    }

    @Test
    void needsWhatItGoesBy() {
        CacheRun run = new CacheRun(List.of(new Site(SiteKind.DENOISER, 0, "transformer"), new Site(SiteKind.BLOCK, 0, "blocks.0")),
                new int[] {999, 500});
        try (CacheSession cache = TeaCache.of(1, AS_IT_IS, TeaInput.MODULATED).open(run); TensorScope _ = TensorScope.open()) {
            cache.begin(Step.of(0, run.timesteps()));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> cache.through(run.sites().getLast(), FakeModel.filled(1, 2), x -> x))
                    .withMessage("TeaCache: blocks.0: expected a model that offers its value \"modulated\", found none");
        }
        try (CacheSession cache = TeaCache.of(1, AS_IT_IS).open(run); TensorScope _ = TensorScope.open()) {
            cache.begin(Step.of(0, run.timesteps()));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> cache.through(run.sites().getFirst(), FakeModel.filled(1, 2), x -> x))
                    .withMessage("TeaCache: transformer: expected the timestep's embedding as the last of its conditions, found none");
        }
    }

    @Test
    void calibratesForTheModulatedInput() {
        List<Double> coefficients = new ArrayList<>();
        BlockModel model = new BlockModel(1, 1, 2, 3, 5).generate(TeaCache.calibration(TeaInput.MODULATED, coefficients::addAll));

        assertThat(model.decisions()).containsOnly("CCCC");
        assertThat(model.held().getLast()).isZero();
        Polynomial polynomial = new Polynomial(coefficients);
        assertThat(polynomial.at(3)).isCloseTo(1 / 2., within(1e-6));
        assertThat(polynomial.at(5 / 4.)).isCloseTo(1 / 3., within(1e-6));
        assertThat(polynomial.at(16 / 9.)).isCloseTo(2 / 4., within(1e-6));
    }

    /** From step to step a quarter: below the threshold, but twice in a row it is not. */
    @Test
    void sumsUp() {
        assertThat(new BlockModel(1, 64, 80, 100, 125, 125, 125).generate(TeaCache.of(0.4, AS_IT_IS)).decisions())
                .containsExactly("CCCCCC", "CRCRRC");
    }

    @Test
    void computesWhereTheChangeIsNoNumber() {
        assertThat(new BlockModel(1, 0, 0, 0, 1, Double.NaN, Double.NaN, 1, 1, 1).generate(TeaCache.of(0.5, AS_IT_IS)).decisions())
                .containsExactly("CCCCCCCCC", "CCCCCCCRC");
    }

    /** With room for the embedding alone every step is computed, and the sum begins anew after each. */
    @Test
    void computesWhereABudgetTookTheResidual() {
        SessionOptions small = SessionOptions.DEFAULT.withMemory(MemoryBudget.of(BlockModel.EMBEDDING_BYTES));
        BlockModel model = new BlockModel(2, 4, 5, 5, 5, 8, 9).generate(TeaCache.of(0.5, AS_IT_IS).with(small));

        assertThat(model.decisions()).containsOnly("CCCCCC");
        assertThat(model.videos()).containsExactly(13., 16., 16., 16., 25., 28.);
    }

    @Test
    void holdsNothingThatNoLaterStepCanUse() {
        long held = BlockModel.VIDEO_BYTES + BlockModel.TEXT_BYTES + BlockModel.EMBEDDING_BYTES;
        assertThat(new BlockModel(2, 1, 1, 1, 1).generate(TeaCache.of(1, AS_IT_IS)).held())
                .containsExactly(held, held, 0L, 0L);
        assertThat(new BlockModel(2, 1, 1).generate(TeaCache.of(1, AS_IT_IS)).held()).containsExactly(0L, 0L);
        assertThat(new BlockModel(2, 1).generate(TeaCache.of(1, AS_IT_IS)).decisions()).containsOnly("C");
    }

    /** From step to step the embedding changes by 1, a half and two thirds of what it was; the video, which has one more, by less. */
    @Test
    void calibrates() {
        List<Double> coefficients = new ArrayList<>();
        BlockModel model = new BlockModel(1, 1, 2, 3, 5).generate(TeaCache.calibration(coefficients::addAll));

        assertThat(model.decisions()).as("the denoiser").containsExactly("CCCC");
        assertThat(model.held().getLast()).isZero();
        assertThat(coefficients).as("through three points").hasSize(3);
        Polynomial polynomial = new Polynomial(coefficients);
        assertThat(polynomial.at(1)).isCloseTo(1 / 2., within(1e-6));
        assertThat(polynomial.at(1 / 2.)).isCloseTo(1 / 3., within(1e-6));
        assertThat(polynomial.at(2 / 3.)).isCloseTo(2 / 4., within(1e-6));
    }

    @Test
    void givesNoCoefficientsWhereThereIsNothingToCompare() {
        List<Double> coefficients = new ArrayList<>();
        SessionOptions nothing = SessionOptions.DEFAULT.withMemory(MemoryBudget.of(0));
        try (Logged warnings = new Logged(TeaCache.class)) {
            new BlockModel(1, 1, 2, 3).generate(TeaCache.calibration(coefficients::addAll).with(nothing));
            new BlockModel(1, 1).generate(TeaCache.calibration(coefficients::addAll));
            assertThat(warnings.messages()).containsExactly(
                    "WARNING: TeaCache calibration gives no coefficients: of 3 steps, 0 could be compared with the one before",
                    "WARNING: TeaCache calibration gives no coefficients: of 1 steps, 0 could be compared with the one before");
        }
        assertThat(coefficients).isEmpty();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TeaCache.calibration(_ -> {}).policy(new CacheRun(List.of(), new int[] {999})))
                .withMessage("TeaCache calibration: this model names no denoiser");
    }
}
