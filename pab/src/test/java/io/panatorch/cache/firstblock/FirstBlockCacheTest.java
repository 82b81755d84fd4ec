package io.panatorch.cache.firstblock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.panatorch.cache.BlockModel;
import io.panatorch.cache.CacheSession;
import io.panatorch.testing.Logged;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("cpu")
class FirstBlockCacheTest {

    private static final Offset<Double> ROUNDING = within(1e-5);
    private static final long WHILE_HELD = 2 * BlockModel.VIDEO_BYTES + BlockModel.TEXT_BYTES;

    @Test
    void addsWhatTheOtherBlocksAddedBefore() {
        BlockModel model = new BlockModel(3, 1, 1.05, 2, 2.1).generate(FirstBlockCache.of(0.1));

        assertThat(model.decisions()).containsExactly("CCCC", "CRCR", "CRCR");
        assertThat(model.videos().get(0)).isEqualTo(1 + 6);
        assertThat(model.videos().get(1)).as("the first block's of now, the others' of step 0").isCloseTo(1 + 1.05 + 5, ROUNDING);
        assertThat(model.texts().get(1)).isCloseTo(2 + 10.5 + 50, ROUNDING);
        assertThat(model.videos().get(2)).isEqualTo(1 + 12);
        assertThat(model.videos().get(3)).isCloseTo(1 + 2.1 + 10, ROUNDING);
        assertThat(model.texts().get(3)).isCloseTo(2 + 21 + 100, ROUNDING);
    }

    /** From step to step the change is below the threshold; from step 0 to step 2 it is not. */
    @Test
    void comparesWithTheLastStepThatWasComputed() {
        assertThat(new BlockModel(2, 1, 1.08, 1.16, 1.2).generate(FirstBlockCache.of(0.1)).decisions())
                .containsExactly("CCCC", "CRCR");
    }

    /** 0 / 0 says nothing about the other blocks, and neither does a change from nothing. */
    @Test
    void computesWhereTheFirstBlockAddsNothing() {
        BlockModel model = new BlockModel(3, 0, 0, 0, 1, 1).generate(FirstBlockCache.of(0.1));

        assertThat(model.decisions()).containsExactly("CCCCC", "CCCCR", "CCCCR");
        assertThat(model.videos()).containsExactly(1., 1., 1., 7., 7.);
    }

    @Test
    void computesWhereNumbersAreNone() {
        assertThat(new BlockModel(2, 1, Double.NaN, Double.NaN, 1, 1).generate(FirstBlockCache.of(0.1)).decisions())
                .containsExactly("CCCCC", "CCCCR");
    }

    @Test
    void holdsNothingAfterTheLastStep() {
        assertThat(new BlockModel(3, 1, 1, 2, 3).generate(FirstBlockCache.of(0.1)).held())
                .containsExactly(WHILE_HELD, WHILE_HELD, WHILE_HELD, 0L);
        BlockModel skippedLast = new BlockModel(3, 1, 1).generate(FirstBlockCache.of(0.1));
        assertThat(skippedLast.held()).containsExactly(WHILE_HELD, 0L);
        assertThat(skippedLast.statistics().bytes().peak()).isEqualTo(WHILE_HELD);
    }

    @Test
    void computesEverythingWhereThereIsOneBlock() {
        try (Logged warnings = new Logged(CacheSession.class)) {
            BlockModel model = new BlockModel(1, 1, 1).generate(FirstBlockCache.of(0.1));
            assertThat(model.decisions()).isEqualTo(List.of("CC"));
            assertThat(warnings.messages()).singleElement().asString()
                    .startsWith("WARNING: first-block reuses nothing in this run of 2 steps, in which it covers 1 site: its settings are ");
        }
    }
}
