package io.panatorch.cache.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("pure")
class MethodSettingsTest {

    /** What a method with a setting of every kind got. */
    private static Object got(Map<String, ?> values) {
        List<Object> got = new ArrayList<>();
        MethodSettings settings = new MethodSettings(values, key -> "--" + key);
        boolean any = settings.whole("whole", "1", got::add);
        any |= settings.number("number", "1", got::add);
        any |= settings.flag("flag", "false", got::add);
        any |= settings.text("text", "TEXT", "none", got::add);
        any |= settings.choice("choice", List.of("red", "green"), "red", got::add);
        any |= settings.wholes("wholes", "none", got::add);
        any |= settings.numbers("numbers", "none", got::add);
        any |= settings.range("range", "0,9", (low, high) -> got.add(low + ".." + high));
        any |= settings.objects("objects", "none", object -> object.wholes("at", "none", got::add));
        settings.checkKeys();
        assertThat(any).isEqualTo(!got.isEmpty());
        return got;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "whole | -3 | -3 | [-3]",
        "number | 2 | 2 | [2.0]",
        "number | -1e-3 | -0.001 | [-0.001]",
        "flag | true | true | [true]",
        "flag | false | false | [false]",
        "text | true, 1 | 'true, 1' | [true, 1]",
        "choice | green | 'green' | [green]",
        "wholes | 3,-1 | [3, -1] | [[3, -1]]",
        "wholes | 3 | [3] | [[3]]",
        "numbers | 1,0.5 | [1, 0.5] | [[1.0, 0.5]]",
        "range | -1,850 | [-1, 850] | [-1..850]",
        "objects | [{\"at\": [1]}, {\"at\": [2]}] | [{'at': [1]}, {'at': [2]}] | [[1], [2]]"})
    void aValueIsATextOrJson(String key, String text, String json, String got) throws Exception {
        assertThat(got(Map.of(key, new SettingText(text)))).hasToString(got);
        assertThat(got(Map.of(key, value(json)))).hasToString(got);
    }

    private static Object value(String json) throws Exception {
        return SettingValues.of("", new JsonMapper().readTree(json.replace('\'', '"')));
    }

    @Test
    void whatIsNotSetIsLeftAlone() {
        assertThat(got(Map.of())).isEqualTo(List.of());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "whole | 2.5 | a whole number", "whole | `` | a whole number", "whole | 2147483648 | a whole number",
        "number | half | a finite number", "number | NaN | a finite number", "number | -Infinity | a finite number",
        "number | 1,2 | a finite number",
        "flag | yes | true or false", "flag | True | true or false",
        "choice | blue | one of red, green",
        "wholes | 1,,2 | whole numbers", "wholes | 1.5 | whole numbers", "wholes | 1, 2 | whole numbers",
        "numbers | 1,x | finite numbers", "numbers | 1, | finite numbers",
        "range | 5 | two whole numbers LO,HI", "range | 1,2,3 | two whole numbers LO,HI", "range | a,b | two whole numbers LO,HI",
        "objects | [] | an array of one object or more", "objects | [3] | an array of one object or more",
        "objects | [{ | an array of one object or more", "objects | {\"at\": [1]} | an array of one object or more",
        "objects | [{\"at\": null}] | an array of one object or more"})
    void aTextOfAnotherKindIsRefused(String key, String text, String expected) {
        assertThatIllegalArgumentException().isThrownBy(() -> got(Map.of(key, new SettingText(text))))
                .withMessage("--" + key + ": expected " + expected + ", found '" + text + "'");
    }

    /** JSON says of what kind a value is: a number in quotes is none. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "whole | '3' | a whole number | '3'", "whole | 3.0 | a whole number | 3.0", "whole | [3] | a whole number | [3]",
        "number | '3' | a finite number | '3'", "number | true | a finite number | true",
        "flag | 'true' | true or false | 'true'", "flag | 1 | true or false | 1",
        "text | 3 | a string | 3",
        "choice | 'blue' | one of red, green | 'blue'", "choice | 3 | one of red, green | 3",
        "wholes | 3 | whole numbers | 3", "wholes | '1,2' | whole numbers | '1,2'", "wholes | [1, 2.5] | whole numbers | [1,2.5]",
        "numbers | [1, '2'] | finite numbers | [1,'2']",
        "range | [1] | two whole numbers LO,HI | [1]", "range | '1,2' | two whole numbers LO,HI | '1,2'",
        "objects | {'at': [1]} | an array of one object or more | an object", "objects | [1] | an array of one object or more | [1]"})
    void jsonOfAnotherKindIsRefused(String key, String json, String expected, String found) throws Exception {
        Object value = value(json);
        assertThatIllegalArgumentException().isThrownBy(() -> got(Map.of(key, value)))
                .withMessage("--" + key + ": expected " + expected + ", found " + found.replace('\'', '"'));
    }

    @Test
    void keysThatNobodyAsksForAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> got(Map.of("hole", 3))).withMessage("--hole: expected one of whole, number,"
                + " flag, text, choice, wholes, numbers, range, objects, found this key");
        assertThatIllegalArgumentException().isThrownBy(() -> got(Map.of("objects", List.of(Map.of("at", List.of(1)), Map.of("to", 1)))))
                .withMessage("--objects[1].to: expected one of at, found this key");
    }

    /** A method says what is wrong in its own words; the name is that of who set it. */
    @Test
    void whatAMethodRefusesHasTheNameOfTheSetting() {
        MethodSettings settings = new MethodSettings(Map.of("a", 1, "b", List.of(Map.of())), key -> "--" + key);
        assertThatIllegalArgumentException().isThrownBy(() -> settings.whole("a", "2", n -> {
            throw new IllegalArgumentException("my number: expected 2 or more, found " + n);
        })).withMessage("--a: expected 2 or more, found 1");
        assertThatIllegalArgumentException().isThrownBy(() -> settings.whole("a", "2", n -> {
            throw new IllegalArgumentException("not so");
        })).withMessage("--a: not so");
        assertThatIllegalArgumentException().isThrownBy(() -> settings.objects("b", "2", object -> {
            throw new IllegalArgumentException("mine: expected more, found less");
        })).withMessage("--b[0]: mine: expected more, found less");
        assertThatIllegalArgumentException().isThrownBy(() -> settings.objects("b", "2", object -> {
            object.whole("n", "none", _ -> {});
            throw object.missing("n", "a whole number");
        })).withMessage("--b[0].n: expected a whole number, found none");
    }
}
