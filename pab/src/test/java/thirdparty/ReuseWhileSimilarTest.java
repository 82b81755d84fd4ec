package thirdparty;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.CacheSession;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteKind;
import io.panatorch.cache.Step;
import io.panatorch.cache.testing.CacheMethodContract;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A third party's method works through the public API alone; its author tests it like this. */
class ReuseWhileSimilarTest extends CacheMethodContract {

    private static final Site MLP = new Site(SiteKind.FEED_FORWARD, 0, "blocks.0.ff");
    private static final int[] TIMESTEPS = {800, 600, 400, 200, 0};
    private static final int MOST_LINES = 60;

    @Override
    protected List<CacheMethod> methods() {
        return List.of(new ReuseWhileSimilar(0.3), new ReuseWhileSimilar(100));
    }

    @Test
    void reusesAsLongAsTheInputIsNearTheOneThatWasComputed() {
        float[] inputs = {10, 10.9f, 11.1f, 12, 9};
        List<Double> outputs = new ArrayList<>();
        try (CacheSession cache = new ReuseWhileSimilar(0.1).open(new CacheRun(List.of(MLP), TIMESTEPS))) {
            for (int i = 0; i < TIMESTEPS.length; i++) {
                cache.begin(Step.of(i, TIMESTEPS));
                try (TensorScope _ = TensorScope.open()) {
                    outputs.add(cache.through(MLP, Tensor.of(new float[] {inputs[i]}, 1), x -> x.mul(10)).item());
                }
            }
            assertThat(cache.statistics().sites().getFirst().decisions()).isEqualTo("CRCRC");
        }
        assertThat(outputs).containsExactly(100., 100., 111., 111., 90.);
    }

    /** The documentation of the package shows it as it stands. */
    @Test
    void isTheExampleOfTheDocumentation() throws Exception {
        List<String> lines = Files.readAllLines(Path.of("src/test/java/thirdparty/ReuseWhileSimilar.java"));
        assertThat(lines).hasSizeLessThan(MOST_LINES);
        int start = lines.stream().filter(line -> line.startsWith("public record")).mapToInt(lines::indexOf).findFirst().orElseThrow();
        String documentation = Files.readString(Path.of("src/main/java/io/panatorch/cache/package-info.java"));
        assertThat(documentation.replaceAll("(?m)^ \\* ?", ""))
                .contains(String.join("\n", lines.subList(start, lines.size())).stripTrailing());
    }
}
