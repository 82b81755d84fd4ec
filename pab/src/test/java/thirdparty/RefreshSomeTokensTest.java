package thirdparty;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.CacheSession;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteInputs;
import io.panatorch.cache.SiteKind;
import io.panatorch.cache.Step;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.TensorTest;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A method that looks inside a site, at a value that the model offers there. */
@TensorTest
class RefreshSomeTokensTest {

    private static final Site MLP = new Site(SiteKind.FEED_FORWARD, 0, "blocks.0.ff");
    private static final int[] TIMESTEPS = {800, 600, 400};
    private static final float[] SCORES = {0.1f, 0.9f, 0.2f, 0.8f};

    private static List<float[]> run(CacheMethod method, StringBuilder decisions, boolean offers) {
        List<float[]> outputs = new ArrayList<>();
        try (CacheSession cache = method.open(new CacheRun(List.of(MLP), TIMESTEPS)); TensorScope _ = TensorScope.open()) {
            for (int i = 0; i < TIMESTEPS.length; i++) {
                cache.begin(Step.of(i, TIMESTEPS));
                SiteInputs inputs = SiteInputs.of(Tensor.of(new float[] {i, i, i, i}, 1, 4, 1));
                inputs = offers ? inputs.offering(RefreshSomeTokens.SCORES, () -> Tensor.of(SCORES, 4)) : inputs;
                outputs.add(cache.through(MLP, inputs, x -> List.of(x.getFirst().mul(10))).getFirst().toFloatArray());
            }
            decisions.append(cache.statistics().sites().getFirst().decisions());
        }
        return outputs;
    }

    @Test
    void computesTheTokensThatMatter() {
        StringBuilder decisions = new StringBuilder();
        List<float[]> outputs = run(new RefreshSomeTokens(2), decisions, true);
        assertThat(decisions).hasToString("CPC");
        assertThat(outputs.get(1)).containsExactly(0, 10, 0, 10);
        assertThat(outputs.get(2)).containsOnly(20);
    }

    @Test
    void computesAllWhereTheModelOffersNothing() {
        StringBuilder decisions = new StringBuilder();
        List<float[]> outputs = run(new RefreshSomeTokens(2), decisions, false);
        assertThat(decisions).hasToString("CCC");
        assertThat(outputs.get(1)).containsOnly(10);
    }
}
