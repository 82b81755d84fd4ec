package io.panatorch.cogvideox.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.panatorch.cogvideox.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("cpu")
class CompareCommandTest {

    @TempDir
    Path folder;

    /** Of a step's work, with 54 tokens, the attentions are 44 %. */
    @Test
    void comparesEverySettingWithNone() throws IOException {
        Files.writeString(folder.resolve("prompts.txt"), "\n  a blue square \n\n");
        Run run = compare("--prompt", "a <red> circle", "--prompts", at("prompts.txt"), "--steps", "8", "--setting", "--cache pab",
                "--setting", "all: --cache pab --pab-spatial-range -1,1000 --pab-spatial-skip 4",
                "--output", at("c.html"), "--stats", at("c.json"));
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        assertThat(run.out().lines()).satisfiesExactly(
                line -> assertThat(line).isEqualTo(
                        "setting  denoising  speed-up  PSNR mean  PSNR least    SSIM  held at the peak  computed  reused  computed work"),
                line -> assertThat(line).matches("none +\\d+\\.\\d\\d s +1\\.00 × +32 +0 +100 %"),
                line -> assertThat(line).matches("pab +\\d+\\.\\d\\d s +\\d+\\.\\d\\d × +\\d+\\.\\d dB +\\d+\\.\\d dB"
                        + " +\\d\\.\\d{4} +\\d+\\.\\d KiB +20 +12 +84 %"),
                line -> assertThat(line).matches("all +.* dB .* KiB +8 +24 +67 %"),
                line -> assertThat(line).isEqualTo("note: a speed-up of fewer than 4 videos may be noise; what was computed is not"),
                line -> assertThat(line).isEmpty(),
                line -> assertThat(line).isEqualTo("page: " + at("c.html")));
        checkPage();
        checkJson();
    }

    private void checkPage() throws IOException {
        String page = Files.readString(folder.resolve("c.html"));
        assertThat(page.split("<video ")).as("one for each prompt").hasSize(3);
        assertThat(page.split("<canvas ")).as("one for each setting and prompt").hasSize(7);
        assertThat(page.split("class=\"panatorch-picture\"")).as("decisions of two settings, and changes, for two widths").hasSize(7);
        assertThat(page).contains("dir=\"auto\">a &lt;red&gt; circle</h3>", "dir=\"auto\">a blue square</h3>", "<svg ",
                "data:video/mp4;base64,AAAA", "--pab-spatial-range -1,1000 --pab-spatial-skip 4", "panatorch compare --model ", "64 × 48 pixels, 9 frames");
        assertThat(page).as("nothing is loaded").doesNotContainPattern(
                "(?i)https?:(?!//www\\.w3\\.org/2000/svg)|url\\(|<script [^>]*src|<link|@import");
    }

    private void checkJson() throws IOException {
        JsonNode json = new JsonMapper().readTree(folder.resolve("c.json").toFile());
        assertThat(json.get("prompts")).hasToString("[\"a <red> circle\",\"a blue square\"]");
        assertThat(json.get("conditions").propertyStream().map(Map.Entry::getKey)).contains("command", "model", "size", "steps",
                "guidance scale", "seed", "processor", "threads", "libtorch", "Java", "date");
        assertThat(json.get("settings")).hasSize(3);
        JsonNode none = json.get("settings").get(0);
        assertThat(none.get("name").asText()).isEqualTo("none");
        assertThat(none.get("psnr_mean").isNull()).as("infinite").isTrue();
        assertThat(none.get("ssim_mean").asDouble()).isEqualTo(1);
        JsonNode all = json.get("settings").get(2);
        assertThat(all.get("name").asText()).isEqualTo("all");
        assertThat(all.get("options").asText()).isEqualTo("--cache pab --pab-spatial-range -1,1000 --pab-spatial-skip 4");
        assertThat(all.get("speed_up").asDouble()).isCloseTo(
                (seconds(none, 0) / seconds(all, 0) + seconds(none, 1) / seconds(all, 1)) / 2, within(1e-9));
        assertThat(all.get("psnr_mean").asDouble()).isGreaterThanOrEqualTo(all.get("psnr_least").asDouble());
        assertThat(all.get("bytes_peak").asLong()).isPositive();
        assertThat(all.get("videos")).hasSize(2);
        assertThat(all.get("videos").get(1).get("cache").get("sites").get(0).get("decisions").asText()).isEqualTo("CRRRCRRR");
    }

    /**
     * Four pairs of one prompt are enough to tell a spread; a setting's twin computes all and so gives the same video as none. With 30
     * tokens the attentions are 40 % of the work.
     */
    @Test
    void repeatsAndWhatLookingCosts() throws IOException {
        Run run = compare("--prompt", "a", "--frames", "1", "--steps", "4", "--repeats", "4", "--never-reusing", "--setting",
                "mine: --cache pab --pab-spatial-range -1,1000", "--stats", at("c.json"), "--output", at("c.html"));
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        assertThat(run.out()).containsPattern("(?m)^none +\\d+\\.\\d\\d s +1\\.00 × +16 +0 +100 %$")
                .containsPattern("(?m)^mine +.* × \\(\\d+\\.\\d\\d–\\d+\\.\\d\\d\\) +\\d+\\.\\d dB .* 8 +8 +80 %$")
                .containsPattern("(?m)^mine, never reusing +.* × \\(.*–.*\\) +equal +equal +1\\.0000 .* 16 +0 +100 %$")
                .contains("note: mine, never reusing: nothing was reused").doesNotContain("fewer than");
        JsonNode settings = new JsonMapper().readTree(folder.resolve("c.json").toFile()).get("settings");
        assertThat(settings.valueStream().map(setting -> setting.get("options").asText())).containsExactly("--cache none",
                "--cache pab --pab-spatial-range -1,1000", "--cache pab --pab-spatial-range -1,1000 --cache-warmup-steps 4");
        assertThat(settings).allSatisfy(setting -> {
            assertThat(setting.get("videos")).hasSize(1);
            assertThat(setting.get("videos").get(0).get("seconds")).hasSize(4);
        });
        assertThat(settings.get(1).get("computed_work").asDouble()).isCloseTo(1 - 0.5 * 362_880 / (362_880 + 552_960), within(1e-9));
        assertThat(Files.readString(folder.resolve("c.html")).split("<video ")).as("of the first time alone").hasSize(2);
    }

    private static double seconds(JsonNode setting, int video) {
        return setting.get("videos").get(video).get("seconds").get(0).asDouble();
    }

    @Test
    void magCacheIsCalibratedWhereItHasNoRatios() {
        Run run = compare("--prompt", "a", "--frames", "1", "--steps", "10", "--setting",
                "--cache magcache --cache-option threshold=9", "--setting", "--cache magcache --cache-option ratios=1");
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        assertThat(run.out()).containsPattern("(?m)^magcache --cache-option threshold=9 .* 16 +24 +40 %$").contains("note: a speed-up of fewer than 4 videos may be noise");
    }

    @Test
    void whatIsWrongOrWithoutEffectIsToldBeforeTheWorkAndOnce() {
        Run wrong = compare("--prompt", "a", "--setting", "--cache magcache --cache-option treshold=1");
        assertThat(wrong.status()).isEqualTo(2);
        assertThat(wrong.err()).startsWith("panatorch: --setting '--cache magcache --cache-option treshold=1': --cache-option"
                + " treshold: expected one of ratios, threshold,").hasLineCount(1);

        Run nothing = compare("--prompt", "a", "--frames", "1", "--steps", "2", "--setting", "--cache first-block --cache-option threshold=0");
        assertThat(nothing.out()).contains("note: first-block --cache-option threshold=0: nothing was reused, so its speed-up is what looking"
                + " costs, and noise\n");

        Run useless = compare("--prompt", "a", "--frames", "1", "--steps", "1", "--setting", "--cache pab --pab-cross-skip 2");
        assertThat(useless.status()).isZero();
        assertThat(useless.err()).isEqualTo(
                "panatorch: warning: --pab-cross-skip changes nothing: CogVideoX has no cross attention\n");
    }

    @Test
    void progressNamesTheVideoAndItsSetting() {
        List<String> arguments = new ArrayList<>(List.of("--prompt", "a", "--frames", "1", "--steps", "2", "--setting", "--cache pab"));
        Run run = Run.onTerminal(arguments(arguments));
        assertThat(run.drawn()).containsExactly("", "loading", "warm-up, step 1/2", "warm-up, step 2/2",
                "video 1/2: none, step 1/2", "video 1/2: none, step 2/2", "video 2/2: pab, step 1/2", "video 2/2: pab, step 2/2");
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "--setting --cache=pab; expected --prompt or --prompts with a text, found none",
        "--prompts nowhere.txt; nowhere.txt: does not exist",
        "--prompt a --output page.htm; --output: expected a file that ends with .html, found page.htm",
        "--prompt a --output page.html --stats ./page.html; page.html: expected a file for each output, found it named twice",
        "--prompt a --output nowhere/page.html; nowhere/page.html: the folder",
        "--prompt a --setting --pab-spatial-skip=0; --setting '--pab-spatial-skip=0': --pab-spatial-skip: expected 1 or more, found 0",
        "--prompt a --repeats 0; --repeats: expected 1 or more, found 0",
        "--prompt a --threads 0; --threads: expected 1 to 1024, found 0"
    })
    void saysWhatIsWrong(String options, String message) {
        Run run = compare(options.split(" "));
        assertThat(run.status()).isNotZero();
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).startsWith("panatorch: " + message).hasLineCount(1);
    }

    private static Run compare(String... options) {
        return Run.of(arguments(List.of(options)));
    }

    /** With a tiny model of random weights. */
    private static String[] arguments(List<String> options) {
        List<String> arguments = new ArrayList<>(List.of("compare", "--model", Golden.folder("t2v-2b").resolve("pipeline").toString()));
        arguments.addAll(options);
        return arguments.toArray(String[]::new);
    }

    private String at(String name) {
        return folder.resolve(name).toString();
    }
}
