package io.panatorch.cogvideox.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.cache.calibration.CalibratedMethod;
import io.panatorch.cogvideox.compare.Setting;
import io.panatorch.cogvideox.ModelDescription;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("pure")
class SettingParserTest {

    private static final Terminal TERMINAL = new Terminal(System.out, System.err);
    private static final ModelDescription MODEL = CacheOptionsTest.model("t2v-2b");

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "--cache pab; pab",
        "--cache=teacache --cache-option threshold=0.2; teacache --cache-option threshold=0.2",
        "  every third:   --cache pab --pab-spatial-skip   3 ; every third",
        "--pab-spatial-skip 3; --pab-spatial-skip 3",
        "fast pab: ; fast pab"
    })
    void theNameIsGivenOrTheOptions(String text, String name) {
        assertThat(SettingParser.parse(List.of(text)).getFirst().name()).isEqualTo(name);
    }

    @Test
    void optionsAreThoseOfGenerate() throws Exception {
        Setting setting = SettingParser.parse(List.of("x: --cache pab --pab-spatial-skip 5 --pab-spatial-range 10,20"))
                .getFirst().setting(MODEL, TERMINAL);
        assertThat(setting.options()).isEqualTo("--cache pab --pab-spatial-skip 5 --pab-spatial-range 10,20");
        assertThat(setting.method().toString()).contains("5", "10", "20");
    }

    @Test
    void everyMethodIsASetting() throws Exception {
        List<SettingParser.Parsed> all = SettingParser.parse(CacheOptions.methods());
        assertThat(all).extracting(SettingParser.Parsed::name)
                .contains("pab", "faster", "first-block", "magcache", "taylorseer", "teacache").doesNotContain("none");
        List<String> uncalibrated = new ArrayList<>();
        for (SettingParser.Parsed setting : all) {
            if (setting.options().uncalibrated(MODEL).isPresent()) {
                uncalibrated.add(setting.name());
            }
        }
        assertThat(uncalibrated).containsExactly("magcache", "teacache");
    }

    @Test
    void ratiosOfACalibrationAreTaken() throws Exception {
        SettingParser.Parsed magCache = SettingParser.parse(List.of("--cache magcache --cache-option threshold=0.5")).getFirst();
        magCache.options().calibrate(CalibratedMethod.MAGCACHE, List.of(1.0, 0.9, 0.8));
        assertThat(magCache.options().uncalibrated(MODEL)).isEmpty();
        assertThat(magCache.setting(MODEL, TERMINAL).method().toString()).contains("threshold 0.5", "3 ratios");
        assertThat(SettingParser.parse(List.of("--cache magcache --cache-option ratios=1,1")).getFirst().options().uncalibrated(MODEL))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "--cache none; --setting '--cache none': expected a cache, found none, with which all are compared anyway",
        "--cache peb; --setting '--cache peb': Invalid value for option '--cache': expected none, pab,",
        "' '; --setting ' ': expected options or a name, found none",
        "pab; --setting 'pab': Unmatched argument at index 0: 'pab'",
        "none: --cache pab; --setting 'none: --cache pab': expected a name of its own, found a second none"
    })
    void saysWhatIsWrong(String text, String message) {
        assertThatThrownBy(() -> SettingParser.parse(List.of(text))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message);
    }

    @Test
    void namesAreUnique() {
        assertThatThrownBy(() -> SettingParser.parse(List.of("--cache pab", "--cache pab")))
                .hasMessage("--setting '--cache pab': expected a name of its own, found a second pab");
    }
}
