package thirdparty;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cache.CacheRun;
import io.panatorch.cache.CacheSession;
import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.CacheStatistics.SiteStatistics;
import io.panatorch.cache.HeldBytes;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteKind;
import io.panatorch.cache.Step;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A third party's method works through the public API alone. */
@Tag("cpu")
class EverySecondFeedForwardTest {

    private static final Site ATTENTION = new Site(SiteKind.SPATIAL_ATTENTION, 0, "blocks.0.attn1");
    private static final Site MLP = new Site(SiteKind.FEED_FORWARD, 0, "blocks.0.ff");
    private static final int[] TIMESTEPS = {800, 600, 400, 200, 0};

    @Test
    void reusesEverySecondStep() {
        List<Double> outputs = new ArrayList<>();
        CacheStatistics statistics;
        try (CacheSession cache = new EverySecondFeedForward().open(new CacheRun(List.of(ATTENTION, MLP), TIMESTEPS))) {
            for (int i = 0; i < TIMESTEPS.length; i++) {
                cache.begin(Step.of(i, TIMESTEPS));
                try (TensorScope _ = TensorScope.open()) {
                    Tensor hidden = Tensor.of(new float[] {i}, 1);
                    Tensor attended = cache.through(ATTENTION, hidden, x -> x.mul(100));
                    outputs.add(attended.add(cache.through(MLP, hidden, x -> x.add(1))).item());
                }
            }
            statistics = cache.statistics();
        }
        assertThat(outputs).containsExactly(1., 101., 203., 303., 405.);
        assertThat(statistics.sites()).singleElement()
                .returns(MLP, SiteStatistics::site).returns("CRCRC", SiteStatistics::decisions);
        assertThat(statistics.bytes()).isEqualTo(new HeldBytes(0, 4, 0, 0));
    }
}
