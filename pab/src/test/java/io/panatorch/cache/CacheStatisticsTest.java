package io.panatorch.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.panatorch.cache.Branch;
import io.panatorch.cache.CacheStatistics.KindStatistics;
import io.panatorch.cache.CacheStatistics.SiteStatistics;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
class CacheStatisticsTest {

    private static final double NONE = Double.NaN;
    private static final Site ATTENTION = new Site(SiteKind.SPATIAL_ATTENTION, 0, "attn1");
    private static final Site MLP = new Site(SiteKind.FEED_FORWARD, 0, "ff");

    private final SiteStatistics attention = new SiteStatistics(Branch.CONDITIONAL, ATTENTION, "CRCRPC-", List.of(9., 0.5, 1., 0.25, 0.75, 2., NONE),
            List.of(NONE, NONE, 0.1, NONE, NONE, 0.3, NONE), List.of(), new HeldBytes(3, 7, 0, 0), 1);
    private final SiteStatistics mlp = new SiteStatistics(Branch.CONDITIONAL, MLP, "CCRCRRC", List.of(4., 4., 1., 4., 5., NONE, 4.),
            List.of(NONE, 0.2, NONE, 0.4, NONE, NONE, 0.5), List.of(), HeldBytes.NONE, 0);
    private final CacheStatistics all = new CacheStatistics("m", List.of(attention, mlp),
            Map.of(SiteKind.FEED_FORWARD, HeldBytes.NONE, SiteKind.SPATIAL_ATTENTION, new HeldBytes(3, 7, 0, 0)),
            new HeldBytes(3, 7, 0, 0), 0.5);

    @Test
    void countsDecisions() {
        assertThat(Stream.of(attention, mlp, all).map(VisitCounts::computed)).containsExactly(3, 4, 7);
        assertThat(Stream.of(attention, mlp, all).map(VisitCounts::partial)).containsExactly(1, 0, 1);
        assertThat(Stream.of(attention, mlp, all).map(VisitCounts::reused)).containsExactly(2, 3, 5);
    }

    /** The median of 9, 1 and 2 is not moved by a slow first step; a visit that took longer than computing saves less than nothing. */
    @Test
    void setsTimesAgainstTheMedianOfComputing() {
        assertThat(attention.secondsSaved()).isEqualTo(1.5 + 1.75 + 1.25, within(1e-12));
        assertThat(mlp.secondsSaved()).isEqualTo(3 - 1, within(1e-12));
        assertThat(all.secondsSaved()).isEqualTo(6.5, within(1e-12));
        assertThat(all.totalSeconds()).isEqualTo(13.5 + 22, within(1e-12));
    }

    @Test
    void savesNothingThatWasNotMeasured() {
        SiteStatistics unknown = new SiteStatistics(Branch.CONDITIONAL, MLP, "RC", List.of(NONE, NONE), List.of(NONE, NONE), List.of(), HeldBytes.NONE, 0);
        assertThat(unknown.secondsSaved()).isZero();
        assertThat(unknown.totalSeconds()).isZero();
        assertThat(unknown.changePercentile(50)).isNaN();
    }

    @Test
    void interpolatesPercentiles() {
        assertThat(mlp.changePercentile(0)).isEqualTo(0.2);
        assertThat(mlp.changePercentile(50)).isEqualTo(0.4);
        assertThat(mlp.changePercentile(75)).isEqualTo(0.45, within(1e-12));
        assertThat(all.changePercentile(100)).isEqualTo(0.5);
        assertThat(attention.changePercentile(90)).isEqualTo(0.28, within(1e-12));
        assertThatIllegalArgumentException().isThrownBy(() -> mlp.changePercentile(101))
                .withMessage("percentile: expected a number in [0, 100], found 101.0");
    }

    @Test
    void groupsByKind() {
        assertThat(all.kinds()).containsExactly(
                new KindStatistics(SiteKind.SPATIAL_ATTENTION, List.of(attention), new HeldBytes(3, 7, 0, 0)),
                new KindStatistics(SiteKind.FEED_FORWARD, List.of(mlp), HeldBytes.NONE));
    }
}
