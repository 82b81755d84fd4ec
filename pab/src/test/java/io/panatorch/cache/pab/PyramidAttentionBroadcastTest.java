package io.panatorch.cache.pab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.panatorch.cache.CacheRun;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteKind;
import io.panatorch.cache.pab.PyramidAttentionBroadcast.Builder;
import io.panatorch.testing.Logged;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The settings: values, defaults, warnings and refusals. What they make a session do is in {@code BroadcastSessionTest}. */
@Tag("pure")
class PyramidAttentionBroadcastTest {

    private static final String UNSET = "WARNING: Pyramid Attention Broadcast without a skip range for spatial, temporal or"
            + " cross attention: using a spatial skip range of 2";

    private static Builder builder() {
        return PyramidAttentionBroadcast.builder();
    }

    private static String described(PyramidAttentionBroadcast method) {
        String text = method.toString();
        assertThat(text).startsWith("PyramidAttentionBroadcast[").endsWith("]");
        return text.substring(text.indexOf('[') + 1, text.length() - 1);
    }

    static Stream<Arguments> settings() {
        return Stream.of(
                Arguments.of("spatial attention skip range 2 in (100, 800)",
                        builder().spatialAttentionBlockSkipRange(2)),
                Arguments.of("temporal attention skip range 4 in (100, 800)",
                        builder().temporalAttentionBlockSkipRange(4)),
                Arguments.of("cross attention skip range 6 in (100, 800)",
                        builder().crossAttentionBlockSkipRange(6)),
                Arguments.of("spatial attention skip range 2 in (450, 930)",
                        builder().spatialAttentionTimestepSkipRange(450, 930).spatialAttentionBlockSkipRange(2)),
                Arguments.of("temporal attention skip range 4 in (450, 930)",
                        builder().temporalAttentionBlockSkipRange(4).temporalAttentionTimestepSkipRange(450, 930)),
                Arguments.of("cross attention skip range 6 in (-1, 1000)",
                        builder().crossAttentionBlockSkipRange(6).crossAttentionTimestepSkipRange(-1, 1000)),
                Arguments.of("spatial attention skip range 2 in (100, 800) named [blocks, layers]",
                        builder().spatialAttentionBlockSkipRange(2).spatialAttentionBlockIdentifiers("blocks", "layers")),
                Arguments.of("temporal attention skip range 2 in (100, 800) named [temporal_transformer_blocks]",
                        builder().temporalAttentionBlockSkipRange(2)
                                .temporalAttentionBlockIdentifiers("temporal_transformer_blocks")),
                Arguments.of("cross attention skip range 2 in (100, 800) named [attn2]",
                        builder().crossAttentionBlockSkipRange(2).crossAttentionBlockIdentifiers("attn2")),
                Arguments.of("MLP of blocks [0, 3] for 1 step after timesteps [500]",
                        builder().mlpBroadcast(List.of(0, 3), List.of(500), 1)),
                Arguments.of("spatial attention skip range 2 in (100, 800),"
                                + " MLP of blocks [1] for 2 steps after timesteps [500, 400] named [^transformer_blocks]",
                        builder().mlpBroadcast(List.of(1), List.of(500, 400), 2).mlpBlockIdentifiers("^transformer_blocks")
                                .spatialAttentionBlockSkipRange(2)),
                Arguments.of("spatial attention skip range 3 in (1, 2)",
                        builder().spatialAttentionBlockSkipRange(2).spatialAttentionTimestepSkipRange(5, 6)
                                .spatialAttentionBlockIdentifiers("x")
                                .spatialAttentionBlockSkipRange(3).spatialAttentionTimestepSkipRange(1, 2)
                                .spatialAttentionBlockIdentifiers()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("settings")
    void takesEachSettingOfDiffusers(String expected, Builder builder) {
        try (Logged warnings = new Logged(PyramidAttentionBroadcast.class)) {
            assertThat(described(builder.build())).isEqualTo(expected);
            assertThat(warnings.messages()).isEmpty();
        }
    }

    @Test
    void ignoresTheWindowOfAKindWithoutASkipRange() {
        assertThat(described(builder().spatialAttentionBlockSkipRange(2).crossAttentionTimestepSkipRange(1, 9).build()))
                .isEqualTo("spatial attention skip range 2 in (100, 800)");
    }

    @Test
    void warnsWithoutAnySkipRangeAndBroadcastsSpatialAttention() {
        Builder builder = builder().spatialAttentionTimestepSkipRange(100, 850);
        try (Logged warnings = new Logged(PyramidAttentionBroadcast.class)) {
            assertThat(described(builder.build())).isEqualTo("spatial attention skip range 2 in (100, 850)");
            assertThat(warnings.messages()).containsExactly(UNSET);
            assertThat(described(builder().build())).isEqualTo("spatial attention skip range 2 in (100, 800)");
            assertThat(warnings.messages()).containsExactly(UNSET, UNSET);
        }
    }

    @Test
    void doesNotKeepTheFallbackInTheBuilder() {
        Builder builder = builder();
        try (Logged warnings = new Logged(PyramidAttentionBroadcast.class)) {
            builder.build();
            builder.build();
            assertThat(warnings.messages()).containsExactly(UNSET, UNSET);
        }
        assertThat(described(builder.temporalAttentionBlockSkipRange(4).build()))
                .isEqualTo("temporal attention skip range 4 in (100, 800)");
    }

    @Test
    void leavesAMethodAsItIsWhenItsBuilderGoesOn() {
        Builder builder = builder().spatialAttentionBlockSkipRange(2);
        PyramidAttentionBroadcast method = builder.build();
        builder.spatialAttentionBlockSkipRange(5).crossAttentionBlockSkipRange(3);

        assertThat(described(method)).isEqualTo("spatial attention skip range 2 in (100, 800)");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            cogvideox      | spatial attention skip range 2 in (100, 850)
            open-sora      | spatial attention skip range 2 in (450, 930), temporal attention skip range 4 in (450, 930), \
            cross attention skip range 6 in (450, 930), MLP of blocks [0, 1, 2, 3, 4] for 2 steps after timesteps [864, 788, 676]
            open-sora-plan-v110 | spatial attention skip range 2 in (100, 850), temporal attention skip range 4 in (100, 850), \
            cross attention skip range 6 in (100, 850), MLP of blocks [0, 1, 2, 3, 4, 5, 6] for 2 steps after timesteps \
            [738, 714, 690, 666, 642, 618, 594, 570, 546, 522, 498, 474, 450, 426]
            open-sora-plan-v120 | spatial attention skip range 2 in (100, 850), cross attention skip range 6 in (100, 850)
            latte          | spatial attention skip range 2 in (100, 800), temporal attention skip range 3 in (100, 800), \
            cross attention skip range 6 in (100, 800), \
            MLP of blocks [0, 1, 2, 3, 4] for 2 steps after timesteps [720, 640, 560, 480, 400]
            vchitect       | spatial attention skip range 2 in (100, 800), temporal attention skip range 4 in (100, 800), \
            cross attention skip range 6 in (100, 800)
            """)
    void knowsTheSettingsOfItsAuthors(String name, String expected) {
        try (Logged warnings = new Logged(PyramidAttentionBroadcast.class)) {
            assertThat(described(PyramidAttentionBroadcast.preset(name))).isEqualTo(expected);
            assertThat(PyramidAttentionBroadcast.preset(name).name()).isEqualTo("pab");
            assertThat(warnings.messages()).isEmpty();
        }
    }

    @Test
    void namesItsPresets() {
        assertThat(PyramidAttentionBroadcast.presets())
                .containsExactly("cogvideox", "open-sora", "open-sora-plan-v110", "open-sora-plan-v120", "latte", "vchitect");
        assertThat(described(PyramidAttentionBroadcast.cogVideoX()))
                .isEqualTo(described(PyramidAttentionBroadcast.preset("cogvideox")));
        assertThatIllegalArgumentException().isThrownBy(() -> PyramidAttentionBroadcast.preset("CogVideoX"))
                .withMessage("no Pyramid Attention Broadcast preset \"CogVideoX\": expected one of cogvideox, open-sora,"
                        + " open-sora-plan-v110, open-sora-plan-v120, latte, vchitect");
    }

    @Test
    void coversMlpsOnlyWhereTheyAreBroadcast() {
        assertThat(builder().crossAttentionBlockSkipRange(6).build().kinds()).isEqualTo(SiteKind.ATTENTIONS);
        assertThat(builder().mlpBroadcast(List.of(0), List.of(500), 2).build().kinds()).containsExactlyInAnyOrder(
                SiteKind.SPATIAL_ATTENTION, SiteKind.TEMPORAL_ATTENTION, SiteKind.CROSS_ATTENTION, SiteKind.FEED_FORWARD);
    }

    @Test
    void warnsWhereARunHasNoneOfTheMlpsTimesteps() {
        List<Site> mlp = List.of(new Site(SiteKind.FEED_FORWARD, 0, "transformer_blocks.0.ff"));
        PyramidAttentionBroadcast method = builder().mlpBroadcast(List.of(0), List.of(720, 640), 2).build();
        try (Logged warnings = new Logged(PyramidAttentionBroadcast.class)) {
            method.policy(new CacheRun(mlp, new int[] {999, 640, 333}));
            assertThat(warnings.messages()).isEmpty();
            method.policy(new CacheRun(mlp, new int[] {999, 666, 333}));
            assertThat(warnings.messages()).containsExactly("WARNING: Pyramid Attention Broadcast skips no MLP in this run:"
                    + " none of its 3 timesteps is one of [720, 640]");
        }
    }

    static Stream<Arguments> refusals() {
        return Stream.of(
                refusal(b -> b.spatialAttentionBlockSkipRange(0),
                        "spatial attention skip range: expected 1 or more, found 0"),
                refusal(b -> b.temporalAttentionBlockSkipRange(-1),
                        "temporal attention skip range: expected 1 or more, found -1"),
                refusal(b -> b.crossAttentionBlockSkipRange(Integer.MIN_VALUE),
                        "cross attention skip range: expected 1 or more, found -2147483648"),
                refusal(b -> b.spatialAttentionTimestepSkipRange(800, 100),
                        "spatial attention timestep skip range: expected low < high, found 800, 100"),
                refusal(b -> b.temporalAttentionTimestepSkipRange(5, 5),
                        "temporal attention timestep skip range: expected low < high, found 5, 5"),
                refusal(b -> b.crossAttentionTimestepSkipRange(1, 0),
                        "cross attention timestep skip range: expected low < high, found 1, 0"),
                refusal(b -> b.mlpBroadcast(List.of(0, -1), List.of(500), 2),
                        "MLP broadcast blocks: expected at least one, each 0 or more, found [0, -1]"),
                refusal(b -> b.mlpBlockIdentifiers("+"),
                        "MLP block identifier \"+\" is not a regular expression: Dangling meta character '+' at index 0"),
                refusal(b -> b.spatialAttentionBlockIdentifiers("blocks", "attn("),
                        "spatial attention block identifier \"attn(\" is not a regular expression:"
                                + " Unclosed group at index 5"),
                refusal(b -> b.temporalAttentionBlockIdentifiers("*"),
                        "temporal attention block identifier \"*\" is not a regular expression:"
                                + " Dangling meta character '*' at index 0"),
                refusal(b -> b.crossAttentionBlockIdentifiers("[a"),
                        "cross attention block identifier \"[a\" is not a regular expression:"
                                + " Unclosed character class at index 1"));
    }

    private static Arguments refusal(Consumer<Builder> setting, String message) {
        return Arguments.of(message, setting);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refusals")
    void refusesAtOnceWhatMakesNoSense(String message, Consumer<Builder> setting) {
        Builder builder = builder().spatialAttentionBlockSkipRange(3);

        assertThatIllegalArgumentException().isThrownBy(() -> setting.accept(builder)).withMessage(message);
        assertThat(described(builder.build())).as("the builder is as before")
                .isEqualTo("spatial attention skip range 3 in (100, 800)");
    }

    static Stream<Arguments> misses() {
        return Stream.of(
                Arguments.of("cross attention skip range 6 in (100, 800)", builder().crossAttentionBlockSkipRange(6)),
                Arguments.of("spatial attention skip range 2 in (100, 800) named [^blocks]",
                        builder().spatialAttentionBlockSkipRange(2).spatialAttentionBlockIdentifiers("^blocks")),
                Arguments.of("temporal attention skip range 4 in (100, 800), cross attention skip range 6 in (100, 800)",
                        builder().temporalAttentionBlockSkipRange(4).crossAttentionBlockSkipRange(6)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("misses")
    void reusesNothingWhereNothingOfTheModelMatches(String settings, Builder builder) {
        CacheRun run = new CacheRun(List.of(
                new Site(SiteKind.SPATIAL_ATTENTION, 0, "transformer_blocks.0.attn1"),
                new Site(SiteKind.FEED_FORWARD, 0, "transformer_blocks.0.ff")), new int[] {999, 499});
        PyramidAttentionBroadcast method = builder.build();
        assertThat(method.canReuse(run)).isFalse();
        assertThat(method).asString().contains(settings);
    }

    @Test
    void doesNotWarnWhereSomethingMatches() {
        CacheRun run = new CacheRun(
                List.of(new Site(SiteKind.SPATIAL_ATTENTION, 0, "transformer_blocks.0.attn1")), new int[] {999, 499});
        Builder builder = builder().spatialAttentionBlockSkipRange(2).spatialAttentionBlockIdentifiers("blocks")
                .crossAttentionBlockSkipRange(6);
        try (Logged warnings = new Logged(PyramidAttentionBroadcast.class)) {
            assertThatCode(() -> builder.build().policy(run)).doesNotThrowAnyException();
            assertThat(warnings.messages()).isEmpty();
        }
    }
}
