package io.panatorch.cache.pab;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cache.Account;
import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CacheSession;
import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.FakeModel;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteKind;
import io.panatorch.cache.Step;
import io.panatorch.testing.Logged;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the method makes a session do, with tensors: where outputs come from, and bytes held after every step. */
@Tag("cpu")
class BroadcastSessionTest {

    private static final int[] TEN_TRAILING = {999, 899, 799, 699, 599, 499, 399, 299, 199, 99};
    private static final int LAYERS = 4;

    private static CacheMethod spatial(int n, int low, int high) {
        return PyramidAttentionBroadcast.builder().spatialAttentionBlockSkipRange(n)
                .spatialAttentionTimestepSkipRange(low, high).build();
    }

    /** Which attentions diffusers computed in a small CogVideoX of four layers, all layers alike. */
    @ParameterizedTest(name = "N {0} in ({1}, {2})")
    @CsvSource({
        "2, 100,  800, CCCRCRCRCC",
        "3,  50,  950, CRRCRRCRRC",
        "2,   0, 1000, CRCRCRCRCR",
        "2,  99,  899, CCCRCRCRCC", // both bounds are timesteps of the run at odd steps: they are exclusive
    })
    void computesWhatDiffusersComputed(int n, int low, int high, String expected) {
        List<Site> sites = FakeModel.sites(SiteKind.SPATIAL_ATTENTION, LAYERS);
        FakeModel model = new FakeModel(sites, TEN_TRAILING).generate(spatial(n, low, high));

        assertThat(sites).allSatisfy(site -> assertThat(model.decisions(site)).isEqualTo(expected));
        assertFollows(model, sites, expected);
    }

    /** Outputs are those of the last computation, and bytes are held after a step exactly where the next one reuses them. */
    private static void assertFollows(FakeModel model, List<Site> sites, String decisions) {
        long peak = 0;
        List<Integer> sources = new ArrayList<>();
        for (int i = 0; i < decisions.length(); i++) {
            sources.add(decisions.charAt(i) == 'C' ? Integer.valueOf(i) : sources.getLast());
            boolean held = i + 1 < decisions.length() && decisions.charAt(i + 1) == 'R';
            long bytes = held ? FakeModel.BYTES : 0;
            peak = Math.max(peak, bytes);
            long peakNow = peak;
            String soFar = decisions.substring(0, i + 1);
            CacheStatistics statistics = model.afterStep().get(i);
            assertThat(Account.of(statistics)).containsExactlyElementsOf(sites.stream()
                    .map(site -> new Account(site, soFar, bytes, peakNow)).toList());
            assertThat(statistics.bytes().now()).isEqualTo(bytes * sites.size());
            assertThat(statistics.bytes().peak()).isEqualTo(peak * sites.size());
        }
        assertThat(sites).allSatisfy(site -> assertThat(model.sources(site)).isEqualTo(sources));
    }

    /** As Latte is built: attention among places, to the text and among frames, each with a range of its own. */
    @Test
    void givesEachKindItsOwnRange() {
        Site spatial = new Site(SiteKind.SPATIAL_ATTENTION, 0, "transformer_blocks.0.attn1");
        Site cross = new Site(SiteKind.CROSS_ATTENTION, 0, "transformer_blocks.0.attn2");
        Site mlp = new Site(SiteKind.FEED_FORWARD, 0, "transformer_blocks.0.ff");
        Site temporal = new Site(SiteKind.TEMPORAL_ATTENTION, 0, "temporal_transformer_blocks.0.attn1");
        int[] timesteps = IntStream.iterate(950, t -> t >= 0, t -> t - 50).toArray();
        CacheMethod latte = PyramidAttentionBroadcast.builder()
                .spatialAttentionBlockSkipRange(2).spatialAttentionTimestepSkipRange(100, 800)
                .temporalAttentionBlockSkipRange(3).temporalAttentionTimestepSkipRange(200, 900)
                .crossAttentionBlockSkipRange(6).crossAttentionTimestepSkipRange(100, 850)
                .build();

        FakeModel model = new FakeModel(List.of(spatial, cross, mlp, temporal), timesteps).generate(latte);

        assertThat(model.decisions(spatial)).isEqualTo(DiffusersHook.decisions(2, 100, 800, timesteps)).contains("R");
        assertThat(model.decisions(temporal)).isEqualTo(DiffusersHook.decisions(3, 200, 900, timesteps)).contains("RR");
        assertThat(model.decisions(cross)).isEqualTo(DiffusersHook.decisions(6, 100, 850, timesteps)).contains("RRRRR");
        assertThat(model.decisions(mlp)).isEqualTo("C".repeat(timesteps.length));
    }

    /** Blocks 1 and 3 of four; the second listed timestep comes while the first is still reused. */
    @Test
    void skipsTheMlpOfListedBlocksAfterListedTimesteps() {
        List<Site> sites = FakeModel.sites(SiteKind.FEED_FORWARD, LAYERS);
        CacheMethod method = PyramidAttentionBroadcast.builder()
                .mlpBroadcast(List.of(1, 3), List.of(799, 699, 199), 2).build();

        FakeModel model = new FakeModel(sites, TEN_TRAILING).generate(method);

        assertThat(sites).extracting(model::decisions)
                .containsExactly("CCCCCCCCCC", "CCCCRRCCCR", "CCCCCCCCCC", "CCCCRRCCCR");
        assertThat(model.sources(sites.get(1))).containsExactly(0, 1, 2, 3, 3, 3, 6, 7, 8, 8);
        assertThat(model.afterStep()).extracting(statistics -> statistics.bytes().now())
                .containsExactly(0L, 0L, 0L, 2 * FakeModel.BYTES, 2 * FakeModel.BYTES, 0L, 0L, 0L, 2 * FakeModel.BYTES, 0L);
    }

    /** Two rules for layer 1, one of them and none for its neighbours; bytes only while a later step reuses. */
    @Test
    void rulesAddToEachOtherLayerByLayer() {
        List<Site> sites = FakeModel.sites(SiteKind.FEED_FORWARD, 3);
        CacheMethod method = PyramidAttentionBroadcast.builder()
                .rule(new BroadcastRule(SiteKind.FEED_FORWARD, List.of(0, 1), 2, 500, 1000))
                .rule(new BroadcastRule(SiteKind.FEED_FORWARD, List.of(1), 3, 150, 650))
                .build();
        int[] timesteps = {900, 800, 700, 600, 500, 400, 300, 200, 100, 0};

        FakeModel model = new FakeModel(sites, timesteps).generate(method);

        assertThat(method).hasToString("PyramidAttentionBroadcast[MLP of layers 0-1 skip range 2 in (500, 1000),"
                + " MLP of layer 1 skip range 3 in (150, 650)]");
        assertThat(sites).extracting(model::decisions).containsExactly("CRCRCCCCCC", "CRCRRRCRCC", "CCCCCCCCCC");
        assertFollows(new FakeModel(sites.subList(1, 2), timesteps).generate(method), sites.subList(1, 2), "CRCRRRCRCC");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "'transformer_blocks',       RRR",
        "'blocks\\.[02]\\.',         RCR",
        "'^blocks',                  CCC",
        "'\\.1\\.attn1$',            CRC",
    })
    void narrowsToSitesInWhoseNameAnIdentifierIsFound(String identifier, String secondStep) {
        List<Site> sites = FakeModel.sites(SiteKind.SPATIAL_ATTENTION, 3);
        CacheMethod method = PyramidAttentionBroadcast.builder().spatialAttentionBlockSkipRange(2)
                .spatialAttentionTimestepSkipRange(0, 1000)
                .spatialAttentionBlockIdentifiers(identifier, "never found").build();

        try (Logged warnings = new Logged(CacheSession.class)) {
            FakeModel model = new FakeModel(sites, 600, 500).generate(method);
            assertThat(sites).extracting(model::decisions)
                    .containsExactlyElementsOf(secondStep.chars().mapToObj(c -> "C" + (char) c).toList());
            assertThat(warnings.messages()).hasSize(secondStep.contains("R") ? 0 : 1);
        }
    }

    @Test
    void computesWhereTheStepBeforeDidNotVisitTheSite() {
        List<Site> sites = FakeModel.sites(SiteKind.SPATIAL_ATTENTION, 1);
        FakeModel model = new FakeModel(sites, 600, 500, 400, 300);
        try (var cache = spatial(4, 0, 1000).open(model.run())) {
            cache.begin(Step.of(0, model.run().timesteps()));
            for (int i = 1; i < 4; i++) {
                model.step(cache, i);
            }
            assertThat(cache.statistics().sites().getFirst().decisions()).isEqualTo("-CRR");
            assertThat(cache.statistics().bytes().now()).isZero();
        }
    }
}
