package io.panatorch.cogvideox.cli;

import static io.panatorch.cogvideox.cli.Run.tiny;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.panatorch.cache.settings.CacheConfig;
import io.panatorch.cogvideox.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("cpu")
class CalibrateCommandTest {

    private static final String RULES = """
            {"format": "panatorch-cache", "version": 1, "method": "pab", "settings": {"rules": [
             {"kind": "spatial_attention", "layers": [1, 2], "skip_range": 2, "timesteps": [0, 900]},
             {"kind": "feed_forward", "skip_range": 3, "timesteps": [300, 1000]}]},
             "calibrated_for": {"model": "4 layers of 24", "steps": "50", "other": "x"}}
            """;

    @TempDir
    Path folder;

    private String at(String name) {
        return folder.resolve(name).toString();
    }

    /** A model of random weights, few steps and few parts. */
    private static String[] calibrate(String... more) {
        List<String> arguments = new ArrayList<>(List.of("calibrate", "--model",
                Golden.folder("t2v-2b").resolve("pipeline").toString()));
        arguments.addAll(List.of(more));
        Map.of("--steps", "6", "--bands", "2", "--layer-groups", "1").forEach((option, value) -> {
            if (!arguments.contains(option)) {
                arguments.addAll(List.of(option, value));
            }
        });
        return arguments.toArray(String[]::new);
    }

    @Test
    void findsRulesThatGenerateTakes() throws IOException {
        Files.writeString(folder.resolve("prompts.txt"), "a red circle\n\na blue square \na red circle\na star\n");

        Run run = Run.of(calibrate("--prompts", at("prompts.txt"), "--target-psnr", "20", "--output", at("rules.json"),
                "--report", at("page.html")));

        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        assertThat(run.out()).containsPattern("what +layers +computed at +timesteps between\n")
                .containsPattern("expected, from 2 prompts +\\d\\.\\d\\d × +\\d+\\.\\d dB +\\d+\\.\\d dB +\\d+\n")
                .containsPattern("measured on 1 unseen prompt +\\d").containsPattern("the authors' preset on those +\\d")
                .endsWith("settings: " + at("rules.json") + "\npage: " + at("page.html") + "\n");
        CacheConfig rules = CacheConfig.read(folder.resolve("rules.json"));
        assertThat(rules.calibratedFor()).containsEntry("steps", "6").containsEntry("frames", "9").containsKeys("model", "scheduler");
        assertThat(rules.expected()).containsEntry("target_psnr", 20.0).containsKeys("psnr", "speed_up", "unseen_psnr");
        assertThat(Files.readString(folder.resolve("page.html"))).contains("Pyramid Attention Broadcast, calibrated", "<svg",
                "polyline", "1 of ", "--cache-config " + at("rules.json"), "seed").doesNotContain("NaN");

        Run generate = Run.of(tiny("--prompt", "a", "--steps", "6", "--cache-config", at("rules.json"), "--output-latents", at("l")));
        assertThat(generate.err()).isEmpty();
        assertThat(generate.out()).containsPattern("pab +\\d+ (sites|attentions), \\d+ computed, [1-9]\\d* reused");
    }

    /** Settings of any method are found, and taken by generate; here of those that save so much that a busy machine does not hide it. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        --method first-block                                        | first-block, threshold=\\d.*
        --method magcache                                           | magcache, threshold=\\d[.\\d]*, ratios=6 numbers or rules
        --method first-block --vary threshold=0.1,100               | first-block, threshold=100
        """)
    void findsSettingsOfAMethod(String options, String label) throws IOException {
        Run run = Run.of(calibrate(Stream.concat(Stream.of("--prompt", "a red circle", "--prompt", "a star", "--target-psnr", "5",
                "--output", at("cache.json"), "--report", at("page.html")), Stream.of(options.split(" +"))).toArray(String[]::new)));
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        assertThat(run.out()).containsPattern("(?m)^" + label + ", on 1 unseen prompt +\\d\\.\\d\\d × +\\d+\\.\\d dB")
                .contains("note: a speed-up of fewer than 4 videos may be noise")
                .endsWith("settings: " + at("cache.json") + "\npage: " + at("page.html") + "\n");
        CacheConfig config = CacheConfig.read(folder.resolve("cache.json"));
        assertThat(MethodReport.label(config)).matches(label);
        assertThat(config.calibratedFor()).containsEntry("steps", "6");
        assertThat(config.expected()).containsEntry("target_psnr", 5.0).containsKeys("psnr", "unseen_psnr");
        assertThat(Files.readString(folder.resolve("page.html"))).contains(config.name() + ", calibrated", "What was tried", "<circle",
                "--cache-config " + at("cache.json")).doesNotContain("NaN");

        Run generate = Run.of(tiny("--prompt", "a", "--steps", "6", "--cache-config", at("cache.json"), "--output-latents", at("l")));
        assertThat(generate.err()).isEmpty();
        assertThat(generate.out()).containsPattern(config.method().name() + " +\\d+ \\w+, \\d+ computed, [1-9]\\d* reused");
    }

    @Test
    void findsTheFastestOfAll() throws IOException {
        Run run = Run.of(calibrate("--prompt", "a red circle", "--prompt", "a star", "--target-psnr", "15", "--method", "all",
                "--output", at("cache.json"), "--report", at("page.html")));
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        List<String> lines = run.out().lines().filter(line -> line.contains("unseen prompt") || line.startsWith("note: ")).toList();
        for (String method : List.of("pab", "first-block", "magcache", "taylorseer", "teacache")) {
            assertThat(lines).as("found, or a note why not").anyMatch(line -> line.startsWith(method) || line.startsWith("note: " + method));
        }
        CacheConfig config = CacheConfig.read(folder.resolve("cache.json"));
        assertThat(lines.getFirst()).as("the choice comes first").startsWith(MethodReport.label(config));
        assertThat(Files.readString(folder.resolve("page.html"))).contains("The fastest cache for a quality");
    }

    @Test
    void rulesHoldForLayersAndMlps() throws IOException {
        Files.writeString(folder.resolve("rules.json"), RULES);
        Run run = Run.of(tiny("--prompt", "a", "--steps", "5", "--cache-config", at("rules.json"), "--output-latents", at("l"),
                "--stats", at("s.json")));

        assertThat(run.err()).startsWith("panatorch: warning: " + at("rules.json") + ": its settings were found for model 4 layers of"
                + " 24, here 4 layers of ").endsWith(at("rules.json") + ": its settings were found for steps 50, here 5\n").hasLineCount(2);
        JsonNode sites = new JsonMapper().readTree(folder.resolve("s.json").toFile()).findValue("sites");
        assertThat(sites.valueStream().map(site -> site.get("name").asText().replace("transformer_blocks.", "") + " "
                + site.get("decisions").asText())).containsExactly(
                "0.attn1 CCCCC", "0.ff CRRCC", "1.attn1 CRCRC", "1.ff CRRCC", "2.attn1 CRCRC", "2.ff CRRCC", "3.attn1 CCCCC",
                "3.ff CRRCC");
    }

    @Test
    void presetsAndMlpsAreOptionsToo() throws IOException {
        Run run = Run.of(tiny("--prompt", "a", "--steps", "5", "--pab-preset", "cogvideox", "--pab-mlp-blocks", "0,2",
                "--pab-mlp-timesteps", "799,199", "--pab-mlp-skip", "1", "--output-latents", at("l"), "--stats", at("s.json")));
        assertThat(run.err()).isEmpty();
        JsonNode sites = new JsonMapper().readTree(folder.resolve("s.json").toFile()).findValue("sites");
        assertThat(sites.valueStream().filter(site -> site.get("name").asText().endsWith("ff"))
                .map(site -> site.get("decisions").asText())).containsExactly("CCRCC", "CCCCC", "CCRCC", "CCCCC");
    }

    @Test
    void anUnreachableTargetWritesNothing() throws IOException {
        Run run = Run.of(calibrate("--prompt", "a", "--prompt", "b", "--target-psnr", "300", "--output", at("rules.json")));
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).matches("panatorch: no choice of what to skip keeps a PSNR of 300\\.0 dB; the nearest has about"
                + " \\d+\\.\\d dB; choose a lower target\n");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void anInterruptLeavesNothing() throws Exception {
        AtomicReference<Run> run = new AtomicReference<>();
        Thread thread = new Thread(() -> run.set(Run.of(calibrate("--prompt", "a", "--prompt", "b", "--steps", "400",
                "--output", at("rules.json"), "--report", at("page.html")))));
        thread.start();
        Thread.sleep(1500); // before the end of the first of its videos
        thread.interrupt();
        thread.join(30_000);
        assertThat(run.get().status()).isEqualTo(1);
        assertThat(run.get().err()).startsWith("panatorch: generation cancelled").hasLineCount(1);
        assertThat(folder).isEmptyDirectory();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
        --target-psnr 30                          | expected --prompt or --prompts with a text, found none
        --prompt a                                | --prompts: expected two different prompts or more, one of them \
        to check the result on, found 1
        --prompt a --prompt a                     | --prompts: expected two different prompts or more, one of them \
        to check the result on, found 1
        --prompt a --prompt b --target-psnr 0     | --target-psnr: expected a number above 0, found 0.0
        --prompt a --prompt b --bands 0           | --bands: expected 1 or more, found 0
        --prompt a --prompt b --layer-groups 0    | --layer-groups: expected 1 or more, found 0
        --prompt a --prompt b --steps 2           | calibration: expected 4 steps or more, found 2
        --prompt a --prompt b --method fasted     | --method: expected pab, first-block, magcache, teacache, taylorseer or all, or \
        another one with --vary, found fasted
        --prompt a --prompt b --vary threshold    | --vary: expected KEY=VALUE,VALUE,..., found 'threshold'
        --prompt a --prompt b --method first-block --vary threshold=0.1,-1 | --method first-block --vary threshold=0.1,-1: \
        settings.threshold: expected a number of 0 or more, found -1.0
        --prompt a --prompt b --report page.txt   | --report: expected a file that ends with .html, found page.txt
        """)
    void wrongUse(String options, String message) {
        assertThat(Run.of(calibrate(options.split(" +")))).isEqualTo(new Run(2, "", "panatorch: " + message + "\n"));
    }

    @Test
    void filesThatCannotBe() throws IOException {
        Path rules = Files.writeString(folder.resolve("rules.json"), RULES.replace("\"version\": 1", "\"version\": 7"));
        assertThat(Run.of(tiny("--prompt", "a", "--cache-config", at("rules.json"), "--output-latents", at("l"))))
                .isEqualTo(new Run(1, "", "panatorch: " + rules + ": version: expected 1, which this program reads, found 7\n"));
        assertThat(Run.of(tiny("--prompt", "a", "--cache-config", at("none.json"), "--output-latents", at("l"))))
                .isEqualTo(new Run(1, "", "panatorch: " + at("none.json") + ": does not exist\n"));
        assertThat(Run.of(calibrate("--prompt", "a", "--prompt", "b", "--output", at("x/r.json")))).isEqualTo(new Run(1, "",
                "panatorch: " + at("x/r.json") + ": the folder " + at("x") + " does not exist; create it or choose another path\n"));
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(rules);
        }
    }
}
