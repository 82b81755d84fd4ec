package io.panatorch.cogvideox.transformer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("pure")
class TransformerConfigTest {

    @TempDir
    private Path folder;

    @Test
    void hasTheDefaultsOfTheClass() throws IOException {
        TransformerConfig config = read("");

        assertThat(config.innerDim()).isEqualTo(1920);
        assertThat(config.numLayers()).isEqualTo(30);
        assertThat(config.maxTextSeqLength()).isEqualTo(226);
        assertThat(config.spatialInterpolationScale()).isEqualTo(1.875);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "\"use_learned_positional_embeddings\": true | "
                + "use_learned_positional_embeddings: expected false without use_rotary_positional_embeddings, found true",
        "\"patch_size_t\": 2 | patch_size_t: expected null without rotary positions, and with learned ones, which are those of "
                + "single frames, found 2",
        "\"ofs_embed_dim\": 256 | ofs_embed_dim: expected null or 512, which is time_embed_dim, found 256",
        "\"use_rotary_positional_embeddings\": true, \"attention_head_dim\": 24 | "
                + "attention_head_dim: expected a multiple of 16 for rotary positions, found 24",
        "\"activation_fn\": \"geglu\" | activation_fn: expected \"gelu-approximate\" or \"gelu\", found \"geglu\"",
        "\"timestep_activation_fn\": \"mish\" | timestep_activation_fn: expected \"silu\", found \"mish\"",
        "\"num_layers\": 0 | num_layers: expected a whole number of at least 1, found 0",
        "\"attention_head_dim\": 65 | "
                + "attention_head_dim: expected num_attention_heads times attention_head_dim to be a multiple of 16 "
                + "for sincos positions, found 65",
        "\"spatial_interpolation_scale\": 0 | spatial_interpolation_scale: expected a number above 0, found 0"
    })
    void refusesInOneLine(String key, String problem) {
        assertThatExceptionOfType(InvalidFileException.class)
                .isThrownBy(() -> read(", " + key))
                .withMessageEndingWith("config.json: " + problem);
    }

    @Test
    void refusesAnotherClass() throws IOException {
        Path file = Files.writeString(folder.resolve("config.json"), "{\"_class_name\": \"UNet2DConditionModel\"}");

        assertThatExceptionOfType(InvalidFileException.class)
                .isThrownBy(() -> TransformerConfig.read(file))
                .withMessageEndingWith("_class_name: expected \"CogVideoXTransformer3DModel\", found \"UNet2DConditionModel\"");
    }

    private TransformerConfig read(String keys) throws IOException {
        String json = "{\"_class_name\": \"CogVideoXTransformer3DModel\"" + keys + "}";
        return TransformerConfig.read(Files.writeString(folder.resolve("config.json"), json));
    }
}
