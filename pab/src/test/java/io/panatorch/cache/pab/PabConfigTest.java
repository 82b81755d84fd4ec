package io.panatorch.cache.pab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.cache.SiteKind;
import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("pure")
class PabConfigTest {

    private static final String HEAD = "{'format': 'panatorch-pab', 'version': 1, ";
    private static final String RULE = "{'kind': 'spatial_attention', 'skip_range': 2, 'timesteps': [100, 850]}";

    @TempDir
    Path folder;

    private Path written(String json) throws IOException {
        return Files.writeString(folder.resolve("rules.json"), json.replace('\'', '"'));
    }

    @Test
    void comesBackAsItWasWritten() throws IOException {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("steps", "50");
        facts.put("model", "6 layers \"of\" 160 ×");
        PabConfig config = new PabConfig(List.of(
                new BroadcastRule(SiteKind.SPATIAL_ATTENTION, 2, 100, 850),
                new BroadcastRule(SiteKind.TEMPORAL_ATTENTION, List.of(0), 6, -1, 1000),
                new BroadcastRule(SiteKind.CROSS_ATTENTION, 3, 100, 200),
                new BroadcastRule(SiteKind.FEED_FORWARD, List.of(4, 2, 7), 4, 69, 289)), facts, Map.of("psnr", 31.25));
        Path file = folder.resolve("rules.json");
        config.write(file);
        PabConfig read = PabConfig.read(file);

        assertThat(read).isEqualTo(config);
        assertThat(read.calibratedFor().keySet()).containsExactly("steps", "model");
        assertThat(read.method()).hasToString("PyramidAttentionBroadcast[spatial attention skip range 2 in (100, 850),"
                + " temporal attention of layer 0 skip range 6 in (-1, 1000), cross attention skip range 3 in (100, 200),"
                + " MLP of layers 2, 4, 7 skip range 4 in (69, 289)]");
    }

    @Test
    void needsNothingButRules() throws IOException {
        PabConfig read = PabConfig.read(written(HEAD + "'rules': [" + RULE + "]}"));
        assertThat(read.rules()).containsExactly(new BroadcastRule(SiteKind.SPATIAL_ATTENTION, 2, 100, 850));
        assertThat(read.calibratedFor()).isEmpty();
        assertThat(read.expected()).isEmpty();
        assertThatIllegalArgumentException().isThrownBy(() -> new PabConfig(List.of(), Map.of(), Map.of()))
                .withMessage("rules: expected at least one, found none");
    }

    /** What stands after the head, and the message without the file. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        'rules': []}                                  | rules: expected an array with at least one rule, found none
        'rules': {}}                                  | rules: expected an array, found an object
        'x': 1}                                       | x: expected one of format, version, rules, calibrated_for, expected, found this key
        'expected': {}}                               | rules: expected an array with at least one rule, found none
        'rules': [@], 'expected': {'psnr': '3'}}      | expected.psnr: expected a finite number, found "3"
        'rules': [@], 'expected': {'psnr': 1e999}}    | expected.psnr: expected a finite number, found 1e999
        'rules': [@], 'calibrated_for': {'steps': 5}} | calibrated_for.steps: expected a string, found 5
        'rules': [@], 'calibrated_for': []}           | calibrated_for: expected an object, found an array
        'rules': [@, 3]}                              | rules[1]: expected an object, found 3
        'rules': [{'kind': 'block'}]} \
        | rules[0].kind: expected one of spatial_attention, temporal_attention, cross_attention, feed_forward, found "block"
        'rules': [{'kind': null}]}                    | rules[0].kind: expected a string, found null
        'rules': [{'skip_range': 2, 'timesteps': [1, 2]}]} | rules[0].kind: expected a value, found nothing
        'rules': [{'kind': 'feed_forward', 'timesteps': [1, 2]}]} | rules[0].skip_range: expected a value, found nothing
        'rules': [{'kind': 'feed_forward', 'skip_range': 2}]} | rules[0].timesteps: expected a value, found nothing
        'rules': [{'kind': 'feed_forward', 'skip_range': 0, 'timesteps': [1, 2]}]} | rules[0]: MLP skip range: expected 1 or more, found 0
        'rules': [{'kind': 'feed_forward', 'skip_range': 2.5}]} | rules[0].skip_range: expected a whole number, found 2.5
        'rules': [{'kind': 'feed_forward', 'skip_range': 99999999999}]} | rules[0].skip_range: expected a whole number, found 99999999999
        'rules': [{'timesteps': [9, 2], 'kind': 'feed_forward', 'skip_range': 2}]} \
        | rules[0]: MLP timestep skip range: expected low < high, found 9, 2
        'rules': [{'timesteps': [9]}]}                | rules[0].timesteps: expected two whole numbers, found an array of 1
        'rules': [{'timesteps': [9, 'a']}]}           | rules[0].timesteps[1]: expected a whole number, found "a"
        'rules': [{'layers': [-1], 'kind': 'feed_forward', 'skip_range': 2, 'timesteps': [1, 2]}]} \
        | rules[0]: MLP layers: expected each 0 or more, found -1
        'rules': [{'layers': [], 'kind': 'feed_forward', 'skip_range': 2, 'timesteps': [1, 2]}]} \
        | rules[0].layers: expected at least one, or no such key for all, found none
        'rules': [{'window': 1}]}                     | rules[0].window: expected one of kind, layers, skip_range, timesteps, found this key
        'rules': [@]} 5                               | content: expected one JSON object, found more after it
        """)
    void refusesWhatItDoesNotKnow(String rest, String message) throws IOException {
        Path file = written(HEAD + rest.replace("@", RULE));
        assertThatThrownBy(() -> PabConfig.read(file)).isInstanceOf(InvalidFileException.class).hasMessage(file + ": " + message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        []                              | root: expected an object, found an array
        {'version': 1}                  | format: expected a value, found nothing
        {'format': 'panatorch-pab'}     | version: expected a value, found nothing
        {'format': 'other'}             | format: expected "panatorch-pab", found "other"
        {'version': 2}                  | version: expected 1, which this program reads, found 2
        """)
    void refusesOtherFiles(String json, String message) throws IOException {
        Path file = written(json);
        assertThatThrownBy(() -> PabConfig.read(file)).isInstanceOf(InvalidFileException.class).hasMessage(file + ": " + message);
    }

    @Test
    void refusesWhatIsNoJson() throws IOException {
        Path broken = written(HEAD + "'rules': [");
        assertThatThrownBy(() -> PabConfig.read(broken)).isInstanceOf(InvalidFileException.class)
                .hasMessageStartingWith(broken + ": line 1, column 53: expected JSON, found Unexpected end-of-input");
        Path twice = written("{'format': 'panatorch-pab', 'format': 'panatorch-pab'}");
        assertThatThrownBy(() -> PabConfig.read(twice)).isInstanceOf(InvalidFileException.class)
                .hasMessage(twice + ": line 1, column 37: expected JSON, found Duplicate field 'format'");
        Path utf16 = Files.writeString(folder.resolve("utf-16"), "{}", StandardCharsets.UTF_16);
        assertThatThrownBy(() -> PabConfig.read(utf16)).isInstanceOf(InvalidFileException.class)
                .hasMessage(utf16 + ": byte 0: expected text in UTF-8, found other bytes; save it in UTF-8");
        Path large = Files.write(folder.resolve("large"), new byte[(1 << 20) + 1]);
        assertThatThrownBy(() -> PabConfig.read(large)).isInstanceOf(InvalidFileException.class)
                .hasMessage(large + ": content: expected a PAB configuration of at most 1048576 bytes, found more");
    }
}
