package io.panatorch.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import io.panatorch.testing.TensorTest;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@TensorTest
class MemoryBudgetTest {

    private static final int COUNT = 4;
    private static final List<Site> SITES = FakeModel.sites(SiteKind.SPATIAL_ATTENTION, COUNT);
    private static final int[] TIMESTEPS = IntStream.range(0, 12).map(i -> 900 - 60 * i).toArray();
    private static final CacheMethod PAB = PyramidAttentionBroadcast.builder()
            .spatialAttentionBlockSkipRange(2).spatialAttentionTimestepSkipRange(300, 800).build();

    private static FakeModel generate(MemoryBudget budget) {
        return new FakeModel(SITES, TIMESTEPS).generate(PAB.with(SessionOptions.DEFAULT.withMemory(budget)));
    }

    /** At every step and with room for any number of sites, that many are reused, and never more is held than allowed. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4})
    void reusesWhatFits(int room) {
        long budget = room * FakeModel.BYTES + FakeModel.BYTES / 2; // half a site is no use
        FakeModel model = generate(MemoryBudget.of(budget));
        String unlimited = generate(MemoryBudget.UNLIMITED).decisions(SITES.getFirst());

        for (int i = 0; i < TIMESTEPS.length; i++) {
            int step = i;
            long reused = SITES.stream().filter(site -> model.decisions(site).charAt(step) == 'R').count();
            assertThat(reused).as("step " + i).isEqualTo(unlimited.charAt(i) == 'R' ? room : 0);
            CacheStatistics statistics = model.afterStep().get(i);
            assertThat(statistics.bytes().now()).isEqualTo(
                    i + 1 < TIMESTEPS.length && unlimited.charAt(i + 1) == 'R' ? room * FakeModel.BYTES : 0);
            assertThat(statistics.bytes().peak()).isLessThanOrEqualTo(budget);
        }
        int evictions = model.afterStep().getLast().sites().stream().mapToInt(CacheStatistics.SiteStatistics::evictions).sum();
        assertThat(evictions).isEqualTo((COUNT - room) * unlimited.chars().filter(letter -> letter == 'R').count());
    }

    /** Half the room is enough for all of them in bfloat16, which has whole numbers up to 256. */
    @Test
    void reusesAsMuchInHalfTheRoom() {
        FakeModel narrow = generate(MemoryBudget.narrowing(COUNT * FakeModel.BYTES / 2));
        FakeModel unlimited = generate(MemoryBudget.UNLIMITED);

        assertThat(SITES).allSatisfy(site -> {
            assertThat(narrow.decisions(site)).isEqualTo(unlimited.decisions(site));
            assertThat(narrow.sources(site)).isEqualTo(unlimited.sources(site));
        });
        assertThat(narrow.afterStep().getLast().bytes().peak()).isEqualTo(COUNT * FakeModel.BYTES / 2);
    }
}
