package io.panatorch.cogvideox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("cpu")
class QuantizeCommandTest {

    @TempDir
    private Path folder;

    private String at(String name) {
        return folder.resolve(name).toString();
    }

    @Test
    void writesAModelThatGenerateTakes() throws IOException {
        Run run = Run.of("quantize", "--output", at("int8"), "--stats", at("errors.json"));

        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        assertThat(run.out()).containsPattern("text_encoder: \\d+ matrices, changed by 0\\.\\d\\d % of their L2 norm on average, most:\n"
                        + "  \\d\\.\\d\\d %  encoder\\.\\S+\n").containsPattern("transformer: \\d+ matrices, changed by 0\\.\\d\\d %")
                .endsWith("model: " + at("int8") + "\n");
        JsonNode errors = new JsonMapper().readTree(Files.readAllBytes(folder.resolve("errors.json")));
        assertThat(errors.at("/transformer/proj_out.weight").asDouble()).isBetween(0.001, 0.02);
        Run generated = Run.of("generate", "--model", at("int8"), "--prompt", "a red circle", "--steps", "1", "--offload", "blocks",
                "--output-latents", at("latents.safetensors"));
        assertThat(generated.err()).isEmpty();
        assertThat(generated.status()).isZero();
    }

    /** What makes the video another one, and not what only takes time. */
    @Test
    void statisticsSayWhatWasQuantised() throws IOException {
        Run run = Run.of("generate", "--prompt", "a red circle", "--steps", "1", "--quantize", "int8", "--offload", "model", "--output-latents",
                at("latents.safetensors"), "--stats", at("stats.json"));

        assertThat(run.err()).isEmpty();
        JsonNode model = new JsonMapper().readTree(Files.readAllBytes(folder.resolve("stats.json"))).at("/recipe/model");
        assertThat(model.get("quantize").asText()).isEqualTo("int8");
        assertThat(model.has("offload")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "errors.json", "no/such/folder"})
    void outputsThatDoNotWork(String output) throws IOException {
        Files.writeString(folder.resolve("errors.json"), "of value");
        Run run = Run.of("quantize", "--output", at(output), "--stats", at("errors.json"));

        assertThat(run.status()).isPositive();
        assertThat(run.err()).startsWith("panatorch: " + at(output)).hasLineCount(1);
        assertThat(folder.resolve("errors.json")).hasContent("of value");
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).containsExactly(folder.resolve("errors.json"));
        }
    }
}
