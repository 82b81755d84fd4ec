package io.panatorch.cogvideox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cogvideox.cli.CacheSettings.Key;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("pure")
class CacheSettingsTest {

    /** Whose help has words in place of a value. */
    private static final Set<String> WITHOUT_A_VALUE =
            Set.of("ratios", "coefficients", "disable-cache-after-step", "cache-identifiers", "spatial-attention-block-identifiers");

    static Stream<Arguments> keys() {
        Stream<Function<CacheSettings, CacheMethod>> methods = Stream.of(CacheSettings::faster, CacheSettings::firstBlock,
                settings -> settings.magCache(_ -> {}), CacheSettings::taylorSeer, settings -> settings.teaCache(_ -> {}));
        return methods.flatMap(method -> CacheSettings.keys(method).stream().filter(key -> !WITHOUT_A_VALUE.contains(key.name()))
                .map(key -> Arguments.of(key, method)));
    }

    /** The weight of a callback has no number, so it is told from the others by name. */
    @ParameterizedTest
    @MethodSource("keys")
    void whatHelpSaysOfADefaultIsTheMethods(Key key, Function<CacheSettings, CacheMethod> method) {
        boolean needsRatios = CacheSettings.keys(method).stream().anyMatch(other -> other.name().equals(CacheSettings.RATIOS));
        Map<String, String> needed = needsRatios ? Map.of(CacheSettings.RATIOS, "1,1") : Map.of();
        Map<String, String> set = new HashMap<>(needed);
        set.put(key.name(), key.standard());
        String standard = method.apply(new CacheSettings("m", needed, List.of(1.0))).toString();
        String withDefault = method.apply(new CacheSettings("m", set, List.of(1.0))).toString();
        assertThat(withDefault.replace("of a callback", key.standard())).isEqualTo(standard);
    }
}
