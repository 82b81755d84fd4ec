package io.panatorch.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** One method object, several generations at once. */
@Tag("cpu")
class ConcurrentSessionsTest {

    private static final List<Site> SITES = FakeModel.sites(SiteKind.SPATIAL_ATTENTION, 3);

    private record Generation(List<Float> latents, List<Account> sites) {}

    /** A loop in which every output goes into the next input, so that a wrong reuse anywhere changes the end. */
    private static Generation generate(CacheMethod method, int[] timesteps, float start, CyclicBarrier pace)
            throws Exception {
        try (CacheSession cache = method.open(new CacheRun(SITES, timesteps)); TensorScope _ = TensorScope.open()) {
            Tensor latents = FakeModel.filled(start, 3);
            for (int i = 0; i < timesteps.length; i++) {
                int index = i;
                pace.await();
                cache.begin(Step.of(i, timesteps));
                for (Site site : SITES) {
                    latents = latents.mul(0.5).add(cache.through(site, latents,
                            x -> x.mul(x).add(index + 10 * site.layer()).sin()));
                }
            }
            float[] end = latents.toFloatArray();
            return new Generation(IntStream.range(0, end.length).mapToObj(i -> end[i]).toList(), Account.of(cache.statistics()));
        }
    }

    @Test
    void giveWhatTheyGiveAlone() throws Exception {
        CacheMethod method = PyramidAttentionBroadcast.builder().spatialAttentionBlockSkipRange(3)
                .spatialAttentionTimestepSkipRange(150, 900).build();
        int[] falling = IntStream.range(0, 20).map(i -> 999 - 50 * i).toArray();
        int[] slower = IntStream.range(0, 20).map(i -> 800 - 20 * i).toArray();
        Generation first = generate(method, falling, 0.25f, new CyclicBarrier(1));
        Generation second = generate(method, slower, 0.75f, new CyclicBarrier(1));
        assertThat(first).isNotEqualTo(second);

        CyclicBarrier pace = new CyclicBarrier(2);
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            List<Callable<Generation>> both = List.of(
                    () -> generate(method, falling, 0.25f, pace), () -> generate(method, slower, 0.75f, pace));
            List<Future<Generation>> results = threads.invokeAll(both);
            assertThat(results.getFirst().get()).isEqualTo(first);
            assertThat(results.getLast().get()).isEqualTo(second);
        }
    }
}
