package io.panatorch.cache.settings;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import io.panatorch.cache.settings.MethodSettings.Key;
import io.panatorch.testing.Logged;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("pure")
class BuiltInMethodTest {

    /** Whose help has words in place of a value, or which need others with them. */
    private static final Set<String> WITHOUT_A_VALUE = Set.of("ratios", "coefficients", "disable-cache-after-step", "cache-identifiers",
            "spatial-attention-block-identifiers", "mlp-skip-count");

    static Stream<Arguments> keys() {
        return BuiltInMethod.ALL.stream().flatMap(method -> MethodChoice.of(method.name()).keys().stream()
                .filter(key -> !WITHOUT_A_VALUE.contains(key.name()))
                .filter(key -> !method.name().equals("pab") || key.name().equals("spatial-attention-block-skip-range"))
                .map(key -> Arguments.of(method, key)));
    }

    /** The weight of a callback has no number, so it is told from the others by name. */
    @ParameterizedTest
    @MethodSource("keys")
    void whatHelpSaysOfADefaultIsTheMethods(BuiltInMethod method, Key key) {
        Map<String, SettingText> needed = switch (method.name()) {
            case "magcache" -> Map.of("ratios", new SettingText("1,1"));
            case "teacache" -> Map.of("coefficients", new SettingText("1,1"));
            default -> Map.of();
        };
        Map<String, SettingText> set = new HashMap<>(needed);
        set.put(key.name(), new SettingText(key.standard()));
        String standard = method.make(new MethodSettings(needed, name -> name)).toString();
        String withDefault = method.make(new MethodSettings(set, name -> name)).toString();
        assertThat(withDefault.replace("of a callback", key.standard())).isEqualTo(standard);
    }

    /** Help asks what keys there are. */
    @Test
    void askingForKeysWarnsOfNothing() {
        try (Logged logged = new Logged(PyramidAttentionBroadcast.class)) {
            assertThat(MethodChoice.of("pab").keys()).extracting(Key::toString).contains(
                    "mlp-skip-count=N (default: 2)", "rules=[{...},...] (default: none)");
            assertThat(logged.messages()).isEmpty();
        }
    }
}
