package io.panatorch.cogvideox.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("pure")
class ConfigFileTest {

    private static final String JSON = """
            {"_class_name": "Model", "layers": 3, "ratio": 4, "eps": 1e-6, "gated": true, "act": "silu",
             "sizes": [8, 16], "betas": [0.5, 1], "blocks": ["A", "B"], "patch": null, "nested": {"a": 1},
             "huge": 3000000000, "text": "3", "endless": 1e999, "mixed": [1, "two"], "odd": "line\\nbreak \\u001b[31m"}
            """;

    @TempDir
    private static Path temp;

    @Test
    void valuesAreRead() throws IOException {
        ConfigFile config = config(JSON);
        config.requireClass("Model");
        assertThat(config.integer("layers", 9, 1)).isEqualTo(3);
        assertThat(config.size("layers", 9)).isEqualTo(3);
        assertThat(config.number("ratio", 9)).isEqualTo(4);
        assertThat(config.number("eps", 9)).isEqualTo(1e-6);
        assertThat(config.bool("gated", false)).isTrue();
        assertThat(config.string("act", "gelu")).isEqualTo("silu");
        assertThat(config.integers("sizes", List.of(), 1)).containsExactly(8, 16);
        assertThat(config.numbers("betas", List.of())).containsExactly(0.5, 1.0);
        assertThat(config.strings("blocks", List.of())).containsExactly("A", "B");
    }

    @Test
    void absentKeysHaveTheirDefaults() throws IOException {
        ConfigFile config = config("{}");
        assertThat(config.integer("layers", 0, 1)).isZero();
        assertThat(config.number("eps", 0.5)).isEqualTo(0.5);
        assertThat(config.bool("gated", true)).isTrue();
        assertThat(config.string("act", "gelu")).isEqualTo("gelu");
        assertThat(config.integers("sizes", List.of(7), 1)).containsExactly(7);
        assertThat(config.numbers("betas", List.of(7.0))).containsExactly(7.0);
        assertThat(config.strings("blocks", List.of("C"))).containsExactly("C");
    }

    @Test
    void nullIsToldFromValues() throws IOException {
        ConfigFile config = config(JSON);
        assertThat(config.isNull("patch")).isTrue();
        assertThat(config.isNull("absent")).isTrue();
        assertThat(config.isNull("layers")).isFalse();
        refused(() -> config.integer("patch", 2, 1), "patch: expected a whole number of at least 1, found null");
    }

    @Test
    void otherKindsAreRefused() throws IOException {
        ConfigFile config = config(JSON);
        refused(() -> config.integer("eps", 1, Integer.MIN_VALUE), "eps: expected a whole number, found 1.0E-6");
        refused(() -> config.integer("huge", 1, 1), "huge: expected a whole number of at least 1, found 3000000000");
        refused(() -> config.integer("layers", 1, 4), "layers: expected a whole number of at least 4, found 3");
        refused(() -> config.size("huge", 1), "huge: expected a whole number from 1 to 32767, found 3000000000");
        refused(() -> config.number("text", 1), "text: expected a finite number, found \"3\"");
        refused(() -> config.number("endless", 1), "endless: expected a finite number, found \"Infinity\"");
        refused(() -> config.bool("layers", true), "layers: expected true or false, found 3");
        refused(() -> config.string("nested", ""), "nested: expected a string, found an object");
        refused(() -> config.integers("layers", List.of(), 1),
                "layers: expected an array, each a whole number of at least 1, found 3");
        refused(() -> config.integers("sizes", List.of(), 9),
                "sizes: expected an array, each a whole number of at least 9, found [8,16]");
        refused(() -> config.numbers("mixed", List.of()), "mixed: expected an array of finite numbers, found [1,\"two\"]");
        refused(() -> config.strings("mixed", List.of()), "mixed: expected an array of strings, found [1,\"two\"]");
        refused(() -> config.number("odd", 1), "odd: expected a finite number, found \"line\\nbreak \\u001B[31m\"");
    }

    @Test
    void theClassIsChecked() throws IOException {
        ConfigFile config = config(JSON);
        refused(() -> config.requireClass("Other"), "_class_name: expected \"Other\", found \"Model\"");
        config("{}").requireClass("Other");
        ConfigFile odd = config("{\"_class_name\": null}");
        refused(() -> odd.requireClass("Other"), "_class_name: expected \"Other\", found null");
    }

    @Test
    void aPartIsAPairOfALibraryAndItsClass() throws IOException {
        ConfigFile config = config("""
                {"vae": ["diffusers", "Vae"], "odd": ["Vae"], "scheduler": ["diffusers", "CogVideoXDPMScheduler"]}""");
        config.requirePart("vae", "Vae");
        refused(() -> config.requirePart("vae", "Other"), "vae: expected \"Other\", found \"Vae\"");
        refused(() -> config.requirePart("odd", "Vae"), "odd: expected a pair of a library and \"Vae\", found [\"Vae\"]");
        refused(() -> config.requirePart("none", "Vae"), "none: expected a pair of a library and \"Vae\", found nothing");
        refused(() -> config.requirePart("scheduler", "CogVideoXDDIMScheduler"), "scheduler: expected"
                + " \"CogVideoXDDIMScheduler\", found \"CogVideoXDPMScheduler\"");
        refused(() -> config.requirePart("scheduler", "A", "B"), "scheduler: expected \"A\" or \"B\", found"
                + " \"CogVideoXDPMScheduler\"");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "[1, 2]                     | root: expected a JSON object, found [1,2]",
        "{\"a\": 1                  | line 2, column 1: expected JSON, found Unexpected end-of-input",
        "{\"a\": 1} {               | line 1, column 10: expected JSON, found Trailing token",
        "{\"a\": 1, \"a\": 2}       | line 1, column 15: expected JSON, found Duplicate field",
    })
    void damagedFilesAreRefused(String json, String problem) throws IOException {
        Path file = Files.writeString(temp.resolve("damaged.json"), json + "\n");
        assertThatThrownBy(() -> ConfigFile.read(file))
                .isInstanceOf(InvalidFileException.class)
                .hasMessageStartingWith(file + ": " + problem)
                .hasMessageNotContaining("\n");
    }

    @Test
    void otherEncodingsAreNotGuessed() throws IOException {
        Path file = Files.writeString(temp.resolve("utf-32.json"), "{}", Charset.forName("UTF-32BE"));
        assertThat(ConfigFile.read(Files.writeString(temp.resolve("mark.json"), "\uFEFF{\"a\": 1}")).isNull("a")).isFalse();
        assertThatThrownBy(() -> ConfigFile.read(file)).isInstanceOf(InvalidFileException.class)
                .hasMessageStartingWith(file + ": line 1, column 2: expected JSON");
    }

    @Test
    void emptyLargeAndMissingFilesAreRefused() throws IOException {
        refused(() -> config(""), "is empty; the file is damaged, fetch it again");
        refused(() -> config(" ".repeat(1 << 20) + "{}"),
                "content: expected a configuration of at most 1048576 bytes, found more");
        assertThatThrownBy(() -> ConfigFile.read(temp.resolve("absent.json"))).isInstanceOf(NoSuchFileException.class);
    }

    private static ConfigFile config(String json) throws IOException {
        return ConfigFile.read(Files.writeString(temp.resolve("config.json"), json));
    }

    private static void refused(ThrowingCallable call, String problem) {
        assertThatThrownBy(call)
                .isInstanceOf(InvalidFileException.class)
                .hasMessage(temp.resolve("config.json") + ": " + problem);
    }
}
