package io.panatorch.cogvideox.cli;

import static io.panatorch.cogvideox.cli.Run.tiny;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.panatorch.cogvideox.Golden;
import io.panatorch.cogvideox.config.Fingerprint;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a video and its statistics say is enough to make the video again, bit for bit. */
@Tag("cpu")
class RecipeTest {

    private static final String PROMPT = "a \"red\" 'circle'\n= ; # \\ é 火 🚀";

    @TempDir
    Path folder;

    @Test
    void statisticsMakeTheVideosAgain() throws IOException {
        run(tiny("--prompt", PROMPT, "--prompt", "a blue square", "--negative-prompt", "nothing 🚀", "--seed", "7", "--steps", "6",
                "--guidance-scale", "2.5", "--height", "32", "--width", "80", "--frames", "8", "--pab-spatial-skip", "3",
                "--pab-spatial-range=-1,900", "--output-latents", at("1.safetensors"), "--stats", at("1.json")));
        JsonNode recipe = new JsonMapper().readTree(folder.resolve("1.json").toFile()).get("recipe");

        assertThat(recipe.get("model").get("class").asText()).isEqualTo("CogVideoXPipeline");
        assertThat(recipe.get("model").get("scheduler").asText()).isEqualTo("CogVideoXDDIMScheduler");
        assertThat(recipe.get("initial_latents").isNull()).isTrue();
        assertThat(recipe.get("command").asText()).contains("--seed 7");
        assertThat(recipe.get("date").asText()).matches("\\d{4}-\\d\\d-\\d\\dT.*");
        assertThat(recipe.get("versions").propertyStream().map(Map.Entry::getKey)).containsExactly("panatorch", "libtorch", "java");
        run(again(recipe, at("2.safetensors")));
        assertThat(Arrays.equals(Files.readAllBytes(folder.resolve("1.safetensors")),
                Files.readAllBytes(folder.resolve("2.safetensors")))).as("the same latents").isTrue();
    }

    /** With a file that the video is made from, and most of what a request can have. */
    @Test
    void anImageIsNamedWithItsFingerprint() throws IOException {
        try (Golden golden = Golden.open("i2v-5b"); var _ = TensorScope.open()) {
            Safetensors.save(folder.resolve("i.safetensors"), Map.of("image", golden.tensor("input/image").squeeze(0)), Map.of());
            run(new String[] {"generate", "--model", golden.pipeline().toString(), "--prompt", "a", "--image", at("i.safetensors"),
                "--scheduler", "ddim", "--timesteps", "900,500,20", "--eta", "0.5", "--dynamic-cfg", "--max-sequence-length", "20",
                "--num-videos", "2", "--vae-slicing", "--cache", "none", "--output-latents", at("1"), "--stats", at("1.json")});
        }
        JsonNode recipe = new JsonMapper().readTree(folder.resolve("1.json").toFile()).get("recipe");

        assertThat(recipe.get("prompts")).hasSize(1);
        assertThat(recipe.get("inputs").get(at("i.safetensors")).asText()).matches("sha256:[0-9a-f]{64}");
        run(again(recipe, at("2")));
        assertThat(Arrays.equals(Files.readAllBytes(folder.resolve("1")), Files.readAllBytes(folder.resolve("2")))).isTrue();
    }

    /** Adapters make a model another one. */
    @Test
    void adaptersAreNamedWithTheirScalesAndFingerprints() throws IOException {
        String attention = Golden.folder("lora/t2v-2b").resolve("attention.safetensors").toString();
        Path named = Files.copy(Path.of(attention), folder.resolve("a=b.safetensors"));
        run(tiny("--prompt", "a panda", "--frames", "1", "--lora", attention, "--lora", named + "=-0.5", "--output-latents", at("1"),
                "--stats", at("1.json"), "--cache-report", at("1.html")));
        run(tiny("--prompt", "a panda", "--frames", "1", "--output-latents", at("without")));
        JsonNode recipe = new JsonMapper().readTree(folder.resolve("1.json").toFile()).get("recipe");

        JsonNode loras = recipe.get("model").get("loras");
        assertThat(loras).hasSize(2);
        assertThat(loras.get(0).get("file").asText()).isEqualTo(attention);
        assertThat(loras.get(0).get("scale").asDouble()).isEqualTo(1);
        assertThat(loras.get(1).get("file").asText()).isEqualTo(named.toString());
        assertThat(loras.get(1).get("scale").asDouble()).isEqualTo(-0.5);
        assertThat(loras.get(1).get("fingerprint").asText()).matches("sha256:[0-9a-f]{64}");
        assertThat(Files.readString(folder.resolve("1.html"))).contains(" with " + attention + "=1.0 and " + named + "=-0.5");
        run(again(recipe, at("2")));
        assertThat(Files.readAllBytes(folder.resolve("2"))).isEqualTo(Files.readAllBytes(folder.resolve("1")))
                .isNotEqualTo(Files.readAllBytes(folder.resolve("without")));
    }

    /** As a program would: from nothing but the object. */
    private static String[] again(JsonNode recipe, String latents) {
        List<String> options = new ArrayList<>(List.of("generate", "--model", recipe.get("model").get("name").asText(),
                "--output-latents", latents));
        recipe.get("prompts").forEach(prompt -> options.addAll(List.of("--prompt", prompt.asText())));
        options.addAll(List.of("--num-videos", recipe.get("videos_per_prompt").asText()));
        recipe.get("negative_prompts").forEach(prompt -> options.addAll(List.of("--negative-prompt", prompt.asText())));
        recipe.get("model").get("loras").forEach(lora -> options.addAll(
                List.of("--lora", lora.get("file").asText() + "=" + lora.get("scale").asText())));
        recipe.get("options").forEach(option -> options.add(option.asText()));
        recipe.get("cache").get("options").forEach(option -> options.add(option.asText()));
        return options.toArray(String[]::new);
    }

    @Test
    void aVideoCarriesItsPromptAndTheRecipe() throws IOException {
        run(tiny("--prompt", PROMPT, "--prompt", "b", "--frames", "1", "--output", at("v.mp4"), "--stats", at("s.json")));
        String file = new String(Files.readAllBytes(folder.resolve("v-1.mp4")), StandardCharsets.UTF_8);
        assertThat(file).as("its title").contains(PROMPT);
        int start = file.indexOf("{\"prompts\"");
        JsonNode carried = new JsonMapper().readTree(file.substring(start)); // reads one object, whatever follows
        assertThat(carried.get("prompts").get(0).asText()).isEqualTo(PROMPT);
        assertThat(carried.get("video").asInt()).isOne();
        assertThat(carried.get("cache").get("options").get(0).asText()).isEqualTo("--cache=pab");
        JsonNode stated = new JsonMapper().readTree(folder.resolve("s.json").toFile()).get("recipe");
        assertThat(carried.get("model")).isEqualTo(stated.get("model"));
        assertThat(carried.get("date")).isEqualTo(stated.get("date"));
    }

    @Test
    void aFileOfRulesIsTakenIn() throws IOException {
        Path rules = folder.resolve("rules.json");
        Files.writeString(rules, """
                {"format": "panatorch-cache", "version": 1, "method": "pab", "settings": {"rules": [
                    {"kind": "spatial_attention", "layers": [1], "skip_range": 2, "timesteps": [99, 900]}]}}
                """);
        run(tiny("--prompt", "a", "--frames", "1", "--cache-config", rules.toString(), "--output-latents", at("l"), "--stats",
                at("s.json")));
        JsonNode cache = new JsonMapper().readTree(folder.resolve("s.json").toFile()).get("recipe").get("cache");
        assertThat(cache.get("options").valueStream().map(JsonNode::asText)).as("what generate takes").containsExactly("--cache-config=" + rules);
        assertThat(cache.get("config")).isEqualTo(new JsonMapper().readTree(rules.toFile()));
    }

    @Test
    void aFingerprintTellsModelsApart() throws IOException {
        Path model = Golden.folder("t2v-2b").resolve("pipeline");
        Path copy = folder.resolve("copy");
        try (Stream<Path> files = Files.walk(model)) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(model.relativize(file).toString()));
            }
        }
        String fingerprint = Fingerprint.of(model);
        assertThat(fingerprint).matches("sha256:[0-9a-f]{64}").isEqualTo(Fingerprint.of(copy));
        Path weights = copy.resolve("transformer/diffusion_pytorch_model.safetensors");
        byte[] bytes = Files.readAllBytes(weights);
        bytes[bytes.length - 1] ^= 1;
        Files.write(weights, bytes);
        assertThat(Fingerprint.of(copy)).isNotEqualTo(fingerprint);
    }

    /** With warnings of words that the model does not know. */
    private static void run(String[] arguments) {
        Run run = Run.of(arguments);
        assertThat(run.err().lines()).allMatch(line -> line.startsWith("panatorch: warning: "));
        assertThat(run.status()).isZero();
    }

    private String at(String name) {
        return folder.resolve(name).toString();
    }
}
