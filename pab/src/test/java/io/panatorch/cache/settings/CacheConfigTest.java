package io.panatorch.cache.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.cache.ComputedSteps;
import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("pure")
class CacheConfigTest {

    private static final String HEAD = "{'format': 'panatorch-cache', 'version': 1, ";
    private static final Map<String, Object> RULE =
            Map.of("kind", "spatial_attention", "layers", List.of(1, 2), "skip_range", 3, "timesteps", List.of(-1, 850));

    @TempDir
    Path folder;

    private Path written(String json) throws IOException {
        return Files.writeString(folder.resolve("cache.json"), json.replace('\'', '"'));
    }

    /** Every method of the module, with every setting that it has. */
    static Stream<Arguments> methods() {
        return Stream.of(
                Arguments.of("none", Map.of(), "none"),
                Arguments.of("pab", Map.of("preset", "vchitect", "spatial-attention-block-skip-range", 3,
                        "spatial-attention-timestep-skip-range", List.of(1, 2), "temporal-attention-block-skip-range", 5,
                        "temporal-attention-timestep-skip-range", List.of(3, 4), "cross-attention-block-skip-range", 7,
                        "cross-attention-timestep-skip-range", List.of(5, 6)),
                        "PyramidAttentionBroadcast[spatial attention skip range 3 in (1, 2), temporal attention skip range 5 in (3, 4),"
                                + " cross attention skip range 7 in (5, 6)]"),
                Arguments.of("pab", Map.of("mlp-blocks", List.of(0, 2), "mlp-timesteps", List.of(700, 500), "mlp-skip-count", 1, "rules",
                        List.of(RULE, Map.of("kind", "feed_forward", "skip_range", 2, "timesteps", List.of(0, 9)))),
                        "PyramidAttentionBroadcast[MLP of blocks [0, 2] for 1 step after timesteps [700, 500], spatial attention of layers"
                                + " 1-2 skip range 3 in (-1, 850), MLP skip range 2 in (0, 9)]"),
                Arguments.of("faster", Map.of("spatial-attention-block-skip-range", 3, "spatial-attention-timestep-skip-range",
                        List.of(1, 2), "spatial-attention-block-identifiers", "blocks\\.[01]", "unconditional-batch-skip-range", 4,
                        "unconditional-batch-timestep-skip-range", List.of(3, 4), "alpha-low-frequency", 1.5,
                        "low-frequency-weight-update-timestep-range", List.of(5, 6), "alpha-high-frequency", 2,
                        "high-frequency-weight-update-timestep-range", List.of(7, 8), "attention-weight", 0.25),
                        "FasterCache[spatial attention skip range 3 in (1, 2) named [blocks\\.[01]], attention weight of a callback,"
                                + " unconditional batch skip range 4 in (3, 4), low frequency weight 1.5 in (5, 6), high frequency"
                                + " weight 2.0 in (7, 8)]"),
                Arguments.of("first-block", Map.of("threshold", 0.5, "first-blocks", 2, "last-blocks", 3, "forecast-order", 1),
                        "FirstBlockCache[threshold 0.5, computing the first 2 and the last 3 blocks, forecast of order 1]"),
                Arguments.of("magcache", Map.of("ratios", List.of(1, 0.5), "threshold", 0, "max-skip-steps", 4, "retention-ratio", 0.5,
                        "forecast-order", 2), "MagCache[threshold 0.0, at most 4 in a row, retention ratio 0.5, 2 ratios, forecast of order 2]"),
                Arguments.of("taylorseer", Map.of("cache-interval", 2, "disable-cache-before-step", 4, "disable-cache-after-step", 9,
                        "max-order", 3, "taylor-factors-dtype", "float32", "cache-identifiers", ".*", "use-lite-mode", true),
                        "TaylorSeer[order 3 in float32, interval 2 from step 4 to step 9, [DENOISER] named [.*]]"),
                Arguments.of("teacache", Map.of("threshold", 0.25, "coefficients", List.of(1.5, -2), "forecast-order", 3),
                        "TeaCache[threshold 0.25, coefficients [1.5, -2.0], forecast of order 3]"),
                Arguments.of("taylorseer+first-block", Map.of("threshold", 0.25, "max-order", 2),
                        "TaylorSeer[order 2 in bfloat16, interval 5 from step 3, [SPATIAL_ATTENTION, TEMPORAL_ATTENTION, CROSS_ATTENTION]]"
                                + " + FirstBlockCache[threshold 0.25]"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("methods")
    void comesBackAsItWasWritten(String name, Map<String, Object> settings, String method) throws IOException {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("steps", "50");
        facts.put("model", "6 layers \"of\" 160 ×");
        CacheConfig config = new CacheConfig(name, settings, new ComputedSteps(2, 3, Set.of(9, 5)), facts, Map.of("psnr", 31.25));
        Path file = folder.resolve("cache.json");
        config.write(file);
        CacheConfig read = CacheConfig.read(file);

        assertThat(read).isEqualTo(config);
        assertThat(read.calibratedFor().keySet()).containsExactly("steps", "model");
        assertThat(read.method()).hasToString(method);
        assertThat(read.method().name()).isEqualTo(name);
    }

    @Test
    void everyMethodComesBack() {
        assertThat(methods().map(method -> method.get()[0])).containsAll(BuiltInMethod.ALL.stream().map(BuiltInMethod::name).toList());
        for (BuiltInMethod method : BuiltInMethod.ALL) {
            Set<Object> written = new HashSet<>();
            methods().filter(each -> each.get()[0].equals(method.name()))
                    .forEach(each -> written.addAll(((Map<?, ?>) each.get()[1]).keySet()));
            assertThat(written).as(method.name()).isEqualTo(
                    MethodChoice.of(method.name()).keys().stream().map(MethodSettings.Key::name).collect(Collectors.toSet()));
        }
    }

    @Test
    void needsNothingButAMethod() throws IOException {
        CacheConfig read = CacheConfig.read(written("\ufeff" + HEAD + "'method': 'first-block'}"));
        assertThat(read).isEqualTo(new CacheConfig("first-block", Map.of()));
        assertThat(read.method()).hasToString("FirstBlockCache[threshold 0.05]");
    }

    @Test
    void stepsAreComputedWhateverTheMethodSays() throws IOException {
        CacheConfig read = CacheConfig.read(written(HEAD + "'method': 'none', 'computed_steps': {'at': [3, 1]}}"));
        assertThat(read.computedSteps()).isEqualTo(new ComputedSteps(0, Integer.MAX_VALUE, Set.of(1, 3)));
        assertThat(read.method()).isNotEqualTo(new CacheConfig("none", Map.of()).method());
    }

    @Test
    void isImmutable() {
        Map<String, Object> settings = new LinkedHashMap<>(Map.of("rules", new ArrayList<>(List.of(RULE))));
        CacheConfig config = new CacheConfig("pab", settings);
        ((List<?>) settings.get("rules")).clear();
        settings.clear();
        assertThat(config).isEqualTo(new CacheConfig("pab", Map.of("rules", List.of(RULE))));
    }

    /** What stands after the head, and the message without the file. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        'settings': {}}                               | method: expected a string, found none
        'method': 'pab', 'x': 1} \
        | x: expected one of format, version, method, settings, computed_steps, calibrated_for, expected, found this key
        'method': 3}                                  | method: expected a string, found 3
        'method': null}                               | method: expected a value, found null
        'method': 'pab', 'settings': []}              | settings: expected an object, found []
        'method': 'pab', 'settings': {'a': [{'b': null}]}} | settings.a[0].b: expected a value, found null
        'method': 'pab', 'settings': {'a': 1e999}}    | settings.a: expected a finite number, found Infinity
        'method': 'pab', 'expected': {'psnr': '3'}}   | expected.psnr: expected a finite number, found "3"
        'method': 'pab', 'calibrated_for': {'steps': 5}} | calibrated_for.steps: expected a string, found 5
        'method': 'pab', 'calibrated_for': []}        | calibrated_for: expected an object, found []
        'method': 'pab', 'computed_steps': {'warmup': -1}} | computed_steps.warmup: expected a warm-up of 0 or more, found -1
        'method': 'pab', 'computed_steps': {'max_continuous': 1.5}} | computed_steps.max_continuous: expected a whole number, found 1.5
        'method': 'pab', 'computed_steps': {'warm-up': 1}} \
        | computed_steps.warm-up: expected one of warmup, max_continuous, at, found this key
        'method': 'pab', 'computed_steps': {'at': 3}} | computed_steps.at: expected whole numbers, found 3
        'method': 'pab'} 5                            | line 1, column 62: expected JSON, found *
        """)
    void refusesWhatItDoesNotKnow(String rest, String message) throws IOException {
        Path file = written(HEAD + rest);
        assertThatThrownBy(() -> CacheConfig.read(file)).isInstanceOf(InvalidFileException.class)
                .extracting(e -> e.getMessage().replaceFirst("(expected JSON, found ).*", "$1*")).isEqualTo(file + ": " + message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        []                                            | root: expected a JSON object, found []
        {'version': 1}                                | format: expected panatorch-cache, found none
        {'format': 'panatorch-cache'}                 | version: expected 1, found none
        {'format': 'panatorch-pab', 'version': 1, 'rules': []} | format: expected panatorch-cache, found "panatorch-pab"
        {'format': 'panatorch-cache', 'version': 2, 'new': 1}  | version: expected 1, which this program reads, found 2
        """)
    void refusesOtherFiles(String json, String message) throws IOException {
        Path file = written(json);
        assertThatThrownBy(() -> CacheConfig.read(file)).isInstanceOf(InvalidFileException.class).hasMessage(file + ": " + message);
    }

    @Test
    void refusesWhatIsNoJson() throws IOException {
        Path broken = written(HEAD + "'method': [");
        assertThatThrownBy(() -> CacheConfig.read(broken)).isInstanceOf(InvalidFileException.class)
                .hasMessageStartingWith(broken + ": line 1, column 56: expected JSON, found Unexpected end-of-input");
        Path twice = written("{'format': 'panatorch-cache', 'format': 'panatorch-cache'}");
        assertThatThrownBy(() -> CacheConfig.read(twice)).isInstanceOf(InvalidFileException.class)
                .hasMessageContaining("expected JSON, found Duplicate field 'format'");
        Path utf16 = Files.writeString(folder.resolve("utf-16"), "{}", StandardCharsets.UTF_16);
        assertThatThrownBy(() -> CacheConfig.read(utf16)).isInstanceOf(InvalidFileException.class)
                .hasMessage(utf16 + ": byte 0: expected text in UTF-8, found other bytes; save it in UTF-8");
        Path large = Files.write(folder.resolve("large"), new byte[(1 << 20) + 1]);
        assertThatThrownBy(() -> CacheConfig.read(large)).isInstanceOf(InvalidFileException.class)
                .hasMessage(large + ": content: expected a cache configuration of at most 1048576 bytes, found more");
    }

    /** What is read but makes no method: its settings are the method's matter. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        peb | {} \
        | method: expected none, pab, faster, first-block, magcache, taylorseer, teacache or class:NAME, found 'peb'
        first-block | {'treshold': 1} \
        | settings.treshold: expected one of threshold, first-blocks, last-blocks, forecast-order of first-block, found this key
        first-block | {'threshold': '0.1'} | settings.threshold: expected a finite number, found "0.1"
        first-block | {'threshold': -1} | settings.threshold: expected a number of 0 or more, found -1.0
        none | {'threshold': 1}    | settings.threshold: expected no setting of none, found this key
        magcache | {}              | settings.ratios: expected the numbers that a calibration of MagCache gives, found none
        teacache | {'threshold': 1} | settings.coefficients: expected the numbers that a calibration of TeaCache gives, found none
        first-block+teacache | {'coefficients': [1]} | both first-block and teacache: expected methods of different kinds of sites, found \
        that both cover [BLOCK]
        pab | {'rules': []}        | settings.rules: expected an array of one object or more, found []
        pab | {'rules': {}}        | settings.rules: expected an array of one object or more, found an object
        pab | {'rules': [@, 3]} | settings.rules: expected an array of one object or more, found \
        [{"kind":"spatial_attention","skip_range":2,"timesteps":[100...
        pab | {'rules': [{'kind': 'block'}]} | settings.rules[0].kind: expected one of spatial_attention, temporal_attention, \
        cross_attention, feed_forward, found "block"
        pab | {'rules': [@, {'skip_range': 2, 'timesteps': [1, 2]}]} | settings.rules[1].kind: expected one of spatial_attention, \
        temporal_attention, cross_attention, feed_forward, found none
        pab | {'rules': [{'kind': 'feed_forward', 'timesteps': [1, 2]}]} \
        | settings.rules[0].skip_range: expected a whole number, found none
        pab | {'rules': [{'kind': 'feed_forward', 'skip_range': 2}]} \
        | settings.rules[0].timesteps: expected two whole numbers LO,HI, found none
        pab | {'rules': [{'kind': 'feed_forward', 'skip_range': 0, 'timesteps': [1, 2]}]} \
        | settings.rules[0]: MLP skip range: expected 1 or more, found 0
        pab | {'rules': [{'kind': 'feed_forward', 'skip_range': 99999999999}]} | settings.rules[0].skip_range: expected a whole number, \
        found 9.9999999999E10
        pab | {'rules': [{'timesteps': [9]}]} | settings.rules[0].timesteps: expected two whole numbers LO,HI, found [9]
        pab | {'rules': [{'timesteps': [9, 'a']}]} | settings.rules[0].timesteps: expected two whole numbers LO,HI, found [9,"a"]
        pab | {'rules': [{'layers': [], 'kind': 'feed_forward', 'skip_range': 2, 'timesteps': [1, 2]}]} \
        | settings.rules[0].layers: expected at least one, or no such key for all, found none
        pab | {'rules': [{'window': 1}]} | settings.rules[0].window: expected one of kind, layers, skip_range, timesteps, found this key
        pab | {'preset': 'cogvideo'} | settings.preset: expected one of cogvideox, open-sora, open-sora-plan-v110, open-sora-plan-v120, \
        latte, vchitect, found "cogvideo"
        pab | {'temporal-attention-timestep-skip-range': [1, 2]} | settings.temporal-attention-timestep-skip-range: expected together with \
        settings.temporal-attention-block-skip-range, found alone
        pab | {'spatial-attention-timestep-skip-range': [2, 1]} \
        | settings.spatial-attention-timestep-skip-range: expected low < high, found 2, 1
        pab | {'mlp-blocks': [1]}  | settings.mlp-blocks, settings.mlp-timesteps: expected together, found one
        pab | {'mlp-skip-count': 1} | settings.mlp-blocks, settings.mlp-timesteps: expected together, found neither
        pab | {'mlp-blocks': [-1], 'mlp-timesteps': [1]} | settings.mlp-blocks: expected at least one, each 0 or more, found [-1]
        pab | {'mlp-blocks': [1], 'mlp-timesteps': []} | settings.mlp-timesteps: expected at least one, each 0 or more, found []
        pab | {'mlp-blocks': [1], 'mlp-timesteps': [1], 'mlp-skip-count': 0} | settings.mlp-skip-count: expected 1 or more, found 0
        """)
    void itsMethodRefusesOtherSettings(String name, String settings, String message) throws IOException {
        CacheConfig config = CacheConfig.read(written(HEAD + "'method': '" + name + "', 'settings': "
                + settings.replace("@", "{'kind': 'spatial_attention', 'skip_range': 2, 'timesteps': [100, 850]}") + "}"));
        assertThatIllegalArgumentException().isThrownBy(config::method).withMessage(message);
    }

    @Test
    void numbersThatAreNoneAreNoSettings() {
        assertThatIllegalArgumentException().isThrownBy(() -> new CacheConfig("m", Map.of("a", List.of(Double.NaN)))).withMessage(
                "settings.a[0]: expected a boolean, a string, an Integer, a finite Double, or a list or map of these, found NaN");
        assertThatIllegalArgumentException().isThrownBy(() -> new CacheConfig("m", Map.of("a", Map.of(1, 2))))
                .withMessage("settings.a: expected strings as keys, found 1");
    }
}
