package io.panatorch.cogvideox.t5;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.io.InvalidFileException;
import io.panatorch.nn.Activation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("pure")
class T5ConfigTest {

    @TempDir
    Path folder;

    @Test
    void readsEveryValue() throws IOException {
        assertThat(T5Config.read(T5Fixtures.path("relu/config.json")))
                .isEqualTo(new T5Config(448, 40, 6, 52, 3, 8, 16, 20, 1e-5, Activation.RELU, false));
        assertThat(T5Config.read(T5Fixtures.path("gated-gelu/config.json")))
                .isEqualTo(new T5Config(448, 24, 8, 40, 2, 3, 32, 128, 1e-6, Activation.GELU_TANH, true));
    }

    @Test
    void absentValuesAreThoseOfTransformers() throws IOException {
        assertThat(read("'model_type': 't5'"))
                .isEqualTo(new T5Config(32128, 512, 64, 2048, 6, 8, 32, 128, 1e-6, Activation.RELU, false));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "'feed_forward_proj': 'relu'                                             | RELU      | false",
        "'feed_forward_proj': 'gelu'                                             | GELU      | false",
        "'feed_forward_proj': 'gelu_new'                                         | GELU_TANH | false",
        "'feed_forward_proj': 'gated-gelu'                                       | GELU_TANH | true",
        "'feed_forward_proj': 'gated-silu'                                       | SILU      | true",
        "'feed_forward_proj': 'gated-gelu', 'dense_act_fn': 'gelu'               | GELU      | true",
        "'feed_forward_proj': 'gated-gelu', 'is_gated_act': false                | GELU_TANH | false",
        "'dense_act_fn': 'silu', 'is_gated_act': true                            | SILU      | true",
        "'feed_forward_proj': 'gated-swiglu', 'dense_act_fn': 'relu'             | RELU      | true",
    }, quoteCharacter = '"')
    void feedForwardLayer(String members, Activation activation, boolean gated) throws IOException {
        T5Config config = read("'model_type': 't5', " + members);
        assertThat(config.activation()).isEqualTo(activation);
        assertThat(config.gated()).isEqualTo(gated);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "'dense_act_fn': 'tanh'                     | dense_act_fn: expected relu, gelu, gelu_new or silu, found \"tanh\"",
        "'dense_act_fn': null                       | dense_act_fn: expected a string, found null",
        "'feed_forward_proj': 'gated-swiglu'        | feed_forward_proj: expected relu, gelu, gelu_new or silu, with or without"
                + " gated- before it, found \"gated-swiglu\"",
        "'feed_forward_proj': 'double-gated-gelu'   | feed_forward_proj: expected relu, gelu, gelu_new or silu, with or without"
                + " gated- before it, found \"double-gated-gelu\"",
        "'d_model': 0                               | d_model: expected a whole number from 1 to 32767, found 0",
        "'num_heads': 'many'                        | num_heads: expected a whole number from 1 to 32767, found \"many\"",
        "'is_decoder': true                         | is_decoder: expected false, found true",
        "'relative_attention_num_buckets': 3        | relative_attention_num_buckets: expected a whole number of at least 4,"
                + " found 3",
        "'relative_attention_max_distance': 8       | relative_attention_max_distance: expected a whole number of at least 9,"
                + " found 8",
    }, quoteCharacter = '`')
    void refusesWithOneLine(String members, String message) {
        assertThatThrownBy(() -> read("'model_type': 't5', " + members))
                .isInstanceOf(InvalidFileException.class)
                .hasMessage(folder.resolve("config.json") + ": " + message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "'model_type': 'umt5'                                           | nothing",
        "'architectures': ['CLIPTextModel'], 'model_type': 'clip'       | [\"CLIPTextModel\"]",
    })
    void refusesOtherModels(String members, String found) {
        assertThatThrownBy(() -> read(members))
                .isInstanceOf(InvalidFileException.class)
                .hasMessage(folder.resolve("config.json")
                        + ": architectures: expected [\"T5EncoderModel\"], or model_type \"t5\", found " + found);
    }

    @Test
    void eitherNameOfTheModelIsEnoughAndSoIsNone() throws IOException {
        assertThat(read("'architectures': ['T5EncoderModel']")).isEqualTo(read("'model_type': 't5'"));
        assertThat(read("'num_layers': 6")).isEqualTo(read("'model_type': 't5'"));
    }

    private T5Config read(String members) throws IOException {
        Path file = folder.resolve("config.json");
        Files.writeString(file, ("{" + members + "}").replace('\'', '"'));
        return T5Config.read(file);
    }
}
