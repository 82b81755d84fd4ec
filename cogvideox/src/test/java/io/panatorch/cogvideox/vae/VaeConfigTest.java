package io.panatorch.cogvideox.vae;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.io.InvalidFileException;
import io.panatorch.nn.Activation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("pure")
class VaeConfigTest {

    @TempDir
    private static Path temp;

    @Test
    void aFileIsRead() throws IOException {
        assertThat(VaeConfig.read(VaeFixtures.folder("gelu").resolve("config.json")))
                .isEqualTo(new VaeConfig(3, 3, 6, List.of(8, 8, 16), 1, Activation.GELU, 1e-6, 4, 2, 64, 64,
                        1.3, false, false, false));
    }

    @Test
    void anotherFileIsRead() throws IOException {
        assertThat(VaeConfig.read(VaeFixtures.model("post-quant").resolve("config.json")))
                .isEqualTo(new VaeConfig(3, 3, 3, List.of(6, 8, 10, 12), 2, Activation.SILU, 0.01, 2, 4, 64, 96,
                        0.7, true, true, true));
    }

    @Test
    void absentKeysAreThoseOfDiffusers() throws IOException {
        assertThat(read("")).isEqualTo(
                new VaeConfig(3, 3, 16, List.of(128, 256, 256, 512), 3, Activation.SILU, 1e-6, 32, 4, 480, 720, 1.15258426,
                        false, false, false));
    }

    @ParameterizedTest
    @CsvSource({"silu, SILU", "swish, SILU", "SiLU, SILU", "gelu, GELU", "relu, RELU"})
    void activations(String name, Activation expected) throws IOException {
        assertThat(read(", \"act_fn\": \"" + name + '"').actFn()).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "4, 1, 1", "4, 2, 8", "4, 3, 9", "4, 12, 48", "4, 13, 49", "4.0, 3, 9",
        "2, 1, 1", "2, 2, 4", "2, 3, 5", "1, 3, 3", "8, 3, 17", "64, 3, 17", "5, 3, 9",
    })
    void framesFollowTheRatioUpToTheBlocks(String ratio, long latentFrames, long frames) throws IOException {
        VaeConfig config = read(", \"temporal_compression_ratio\": " + ratio);
        assertThat(config.decodedFrames(latentFrames)).isEqualTo(frames);
        assertThat(config.spatialScale()).isEqualTo(8);
    }

    /** What diffusers' encoder gives: a frame more or less moves the first batch only. */
    @ParameterizedTest
    @CsvSource({
        "4, 1, 1", "4, 2, 1", "4, 5, 2", "4, 8, 2", "4, 9, 3", "4, 10, 3", "4, 13, 4", "4, 15, 4", "4, 16, 4", "4, 17, 5",
        "4, 18, 5", "4, 48, 12", "4, 49, 13", "4, 51, 13", "4, 55, 14", "4, 81, 21",
        "2, 1, 1", "2, 3, 2", "2, 8, 4", "2, 17, 9", "1, 17, 17", "8, 17, 3",
    })
    void framesAreHalvedBatchByBatch(String ratio, long frames, long latentFrames) throws IOException {
        assertThat(read(", \"temporal_compression_ratio\": " + ratio).encodedFrames(frames)).isEqualTo(latentFrames);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "\"up_block_types\": [\"UpBlock2D\"] | up_block_types: expected \"CogVideoXUpBlock3D\" for each of the 4"
                + " block_out_channels, found [\"UpBlock2D\"]",
        "\"down_block_types\": [\"DownBlock2D\"] | down_block_types: expected \"CogVideoXDownBlock3D\" for each of the 4"
                + " block_out_channels, found [\"DownBlock2D\"]",
        "\"block_out_channels\": [32] | down_block_types: expected \"CogVideoXDownBlock3D\" for each of the 1"
                + " block_out_channels, found nothing",
        "\"block_out_channels\": [] | block_out_channels: expected 1 to 16 numbers, found []",
        "\"block_out_channels\": [0] | block_out_channels: expected an array, each a whole number of at least 1, found [0]",
        "\"act_fn\": \"mish\" | act_fn: expected \"silu\", \"swish\", \"gelu\" or \"relu\", found \"mish\"",
        "\"act_fn\": null | act_fn: expected a string, found null",
        "\"norm_num_groups\": 5 | norm_num_groups: expected a divisor of all block_out_channels [128, 256, 256, 512], found 5",
        "\"norm_num_groups\": 0 | norm_num_groups: expected a whole number of at least 1, found 0",
        "\"temporal_compression_ratio\": 2.5 | temporal_compression_ratio: expected a whole number from 1 to 65536, found 2.5",
        "\"temporal_compression_ratio\": 0 | temporal_compression_ratio: expected a whole number from 1 to 65536, found 0",
        "\"scaling_factor\": 0.0 | scaling_factor: expected a number other than 0, found 0.0",
        "\"layers_per_block\": -1 | layers_per_block: expected a whole number of at least 0, found -1",
        "\"norm_eps\": -1 | norm_eps: expected 0 or more, found -1",
        "\"sample_height\": 0 | sample_height: expected a whole number from 1 to 32767, found 0",
        "\"sample_width\": null | sample_width: expected a whole number from 1 to 32767, found null",
        "\"in_channels\": 0 | in_channels: expected a whole number from 1 to 32767, found 0",
        "\"invert_scale_latents\": 1 | invert_scale_latents: expected true or false, found 1",
        "\"use_quant_conv\": true | use_quant_conv: expected false where latent_channels (16) and"
                + " out_channels (3) differ, found true",
        "\"latent_channels\": \"16\" | latent_channels: expected a whole number from 1 to 32767, found \"16\"",
        "\"out_channels\": 0 | out_channels: expected a whole number from 1 to 32767, found 0",
        "\"use_post_quant_conv\": true | use_post_quant_conv: expected false where latent_channels (16) and"
                + " out_channels (3) differ, found true",
    })
    void otherConfigurationsAreRefused(String json, String problem) {
        assertThatThrownBy(() -> read(", " + json))
                .isInstanceOf(InvalidFileException.class)
                .hasMessage(temp.resolve("config.json") + ": " + problem);
    }

    @Test
    void otherModelsAreRefused() throws IOException {
        Path file = Files.writeString(temp.resolve("other.json"), "{\"_class_name\": \"AutoencoderKL\"}");
        assertThatThrownBy(() -> VaeConfig.read(file))
                .isInstanceOf(InvalidFileException.class)
                .hasMessage(file + ": _class_name: expected \"AutoencoderKLCogVideoX\", found \"AutoencoderKL\"");
    }

    private static VaeConfig read(String keys) throws IOException {
        String json = "{\"_class_name\": \"AutoencoderKLCogVideoX\"" + keys + "}";
        return VaeConfig.read(Files.writeString(temp.resolve("config.json"), json));
    }
}
