package io.panatorch.cache.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.HeldBytes;
import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
class SpeedUpTest {

    @Test
    void halfOfThePairsLieBetweenTheQuartiles() {
        assertThat(SpeedUp.of(List.of(5., 1., 2.5, 4., 2.))).isEqualTo(new SpeedUp(2.5, 2, 4, 5));
    }

    @Test
    void theSpreadIsToldWhereThereAreEnoughPairs() {
        assertThat(SpeedUp.of(List.of(1., 2., 4.))).hasToString("2.00 ×");
        assertThat(SpeedUp.of(List.of(1., 2., 3., 4.))).hasToString("2.50 × (1.75–3.25)");
    }

    @Test
    void aSpreadAcrossOneTellsNothing() {
        Map<String, SpeedUp> named = new LinkedHashMap<>();
        named.put("faster", new SpeedUp(1.5, 1.01, 2, 4));
        named.put("same", new SpeedUp(1.2, 0.94, 1.304, 4));
        named.put("at the edge", new SpeedUp(1.1, 1, 1.2, 4));
        named.put("slower", new SpeedUp(0.8, 0.7, 0.99, 4));
        assertThat(SpeedUp.doubts(named)).containsExactly(
                "note: same: half of its videos were 0.94 to 1.30 times as fast, which tells nothing",
                "note: at the edge: half of its videos were 1.00 to 1.20 times as fast, which tells nothing");
    }

    @Test
    void fewPairsAreDoubtedTogether() {
        assertThat(SpeedUp.doubts(Map.of("a", new SpeedUp(2, 2, 2, 3), "b", new SpeedUp(1, 1, 1, 3)))).containsExactly(
                "note: a speed-up of fewer than 4 videos may be noise; what was computed is not");
        assertThat(SpeedUp.doubts(Map.of())).isEmpty();
    }

    /** 40 and 30 dB, and one that is equal: the standard error is that of the two. */
    @Test
    void equalVideosAreNoPartOfTheMean() {
        double[] errors = {1e-4, 0, 1e-3};
        List<Evaluator.Trial> trials = new ArrayList<>();
        for (double error : errors) {
            trials.add(new Evaluator.Trial(error, new float[1], 1, new CacheStatistics("m", List.of(), Map.of(), HeldBytes.NONE, 1)));
        }
        Figures figures = Figures.of(trials, trials);
        assertThat(figures.psnr()).isCloseTo(35, within(1e-9));
        assertThat(figures.worstPsnr()).isCloseTo(30, within(1e-9));
        assertThat(figures.psnrError()).isCloseTo(5, within(1e-9));
    }

    /** A machine that becomes ten times as slow with each prompt; the second method is twice as fast as none all the time. */
    @Test
    void whatIsComparedIsMadeOneAfterTheOther() {
        List<String> runs = new ArrayList<>();
        CacheMethod same = PyramidAttentionBroadcast.builder().spatialAttentionBlockSkipRange(2).build();
        CacheMethod faster = PyramidAttentionBroadcast.builder().spatialAttentionBlockSkipRange(3).build();
        List<Figures> figures = Figures.measure(List.of("a", "b", "c", "d"), (prompt, method) -> {
            runs.add(prompt);
            double slowness = Math.pow(10, (runs.size() - 1) / 3);
            return new Evaluator.Trial(0.1, new float[1], slowness / (method == faster ? 2 : 1),
                    new CacheStatistics("m", List.of(), Map.of(), HeldBytes.NONE, 1));
        }, List.of(same, faster));
        assertThat(String.join("", runs)).isEqualTo("aaabbbcccddd");
        assertThat(figures).extracting(Figures::speedUp).containsExactly(new SpeedUp(1, 1, 1, 4), new SpeedUp(2, 2, 2, 4));
    }
}
