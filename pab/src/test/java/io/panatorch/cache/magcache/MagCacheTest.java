package io.panatorch.cache.magcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.panatorch.cache.BlockModel;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.CacheSession;
import io.panatorch.cache.MemoryBudget;
import io.panatorch.cache.SessionOptions;
import io.panatorch.cache.Step;
import io.panatorch.testing.Logged;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("cpu")
class MagCacheTest {

    private static final Offset<Double> ROUNDING = within(1e-5);

    private static MagCache atMostTwoInARow(double... ratios) {
        List<Double> list = new ArrayList<>();
        for (double ratio : ratios) {
            list.add(ratio);
        }
        return MagCache.builder(list).threshold(0.1).maxSkipSteps(2).retentionRatio(0.2).build();
    }

    @Test
    void addsTheResidualToTheVideoAndLeavesTheTextAsItCame() {
        BlockModel model = new BlockModel(3, 1, 2, 3, 4, 5).generate(atMostTwoInARow(1));

        assertThat(model.decisions()).containsExactly("CRRCR", "CRRCR", "CRRCR");
        assertThat(model.videos()).containsExactly(7., 7., 7., 25., 25.);
        assertThat(model.texts()).containsExactly(62., 2., 2., 242., 2.);
    }

    @Test
    void holdsAResidualOnlyWhereTheNextStepAddsIt() {
        long residual = BlockModel.VIDEO_BYTES;
        BlockModel model = new BlockModel(3, 1, 1, 1, 1, 1, 1).generate(atMostTwoInARow(1, 1, 1, 1, 9, 9));

        assertThat(model.decisions()).containsOnly("CRRCCC");
        assertThat(model.held()).containsExactly(residual, residual, 0L, 0L, 0L, 0L);
        assertThat(model.statistics().bytes().peak()).isEqualTo(residual);
    }

    @Test
    void worksWithOneBlock() {
        BlockModel model = new BlockModel(1, 1, 2, 3).generate(atMostTwoInARow(1));
        assertThat(model.decisions()).containsExactly("CRR");
        assertThat(model.videos()).containsExactly(2., 2., 2.);
    }

    @Test
    void calibrates() {
        for (int blocks : new int[] {1, 3}) {
            List<Double> ratios = new ArrayList<>();
            BlockModel model = new BlockModel(blocks, 1, 2, 3, -1.5).generate(MagCache.calibration(ratios::addAll));

            assertThat(model.decisions()).hasSize(blocks).containsOnly("CCCC");
            assertThat(ratios).hasSize(4);
            assertThat(ratios.getFirst()).isEqualTo(1);
            assertThat(ratios.get(1)).isCloseTo(2, ROUNDING);
            assertThat(ratios.get(2)).isCloseTo(1.5, ROUNDING);
            assertThat(ratios.get(3)).as("a magnitude has no sign").isCloseTo(0.5, ROUNDING);
            assertThat(model.held().getLast()).isZero();
        }
    }

    @Test
    void givesNoRatiosWhereABudgetTookWhatTheyAreMadeOf() {
        List<Double> ratios = new ArrayList<>();
        SessionOptions nothing = SessionOptions.DEFAULT.withMemory(MemoryBudget.of(0));
        try (Logged warnings = new Logged(MagCache.class)) {
            BlockModel model = new BlockModel(2, 1, 2, 3).generate(MagCache.calibration(ratios::addAll).with(nothing));
            assertThat(model.decisions()).containsOnly("CCC");
            assertThat(warnings.messages()).containsExactly("WARNING: MagCache calibration gives no ratios: what it compares was"
                    + " not held, because the memory budget of its session is too small");
        }
        assertThat(ratios).isEmpty();
    }

    @Test
    void givesNoRatiosWhereAGenerationEndsBefore() {
        List<Double> ratios = new ArrayList<>();
        CacheRun run = new BlockModel(2, 1, 1).run();
        try (CacheSession cache = MagCache.calibration(ratios::addAll).open(run)) {
            cache.begin(Step.of(0, run.timesteps()));
        }
        assertThat(ratios).isEmpty();
    }

    @Test
    void isNotCalibratedWhereAModelHasNoBlocks() {
        CacheRun none = new CacheRun(List.of(), new int[] {999});
        assertThatIllegalArgumentException().isThrownBy(() -> MagCache.calibration(_ -> {}).policy(none))
                .withMessage("MagCache calibration: this model has no blocks");
    }
}
