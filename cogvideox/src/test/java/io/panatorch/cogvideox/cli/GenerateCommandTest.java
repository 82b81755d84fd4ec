package io.panatorch.cogvideox.cli;

import static io.panatorch.cogvideox.cli.Run.tiny;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.panatorch.cogvideox.Golden;
import io.panatorch.cogvideox.video.VideoWriter;
import io.panatorch.device.LibtorchInfo;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Generator;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("cpu")
class GenerateCommandTest {

    @TempDir
    Path folder;

    @Test
    void writesEveryOutputAndSaysWhereTheTimeWent() throws IOException {
        Map<String, String> encoders = VideoWriter.encoders();
        Run run = Run.of(tiny("--prompt", "a red circle", "--steps", "12", "--output", at("red.mp4"),
                "--output-latents", at("latents.safetensors"), "--output-frames", at("frames.safetensors"),
                "--stats", at("stats.json")));

        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        assertThat(run.out().lines()).satisfiesExactly(
                line -> assertThat(line).matches("load +\\d+\\.\\d\\d s"),
                line -> assertThat(line).matches("encode +\\d+\\.\\d\\d s"),
                line -> assertThat(line).matches("denoise +\\d+\\.\\d\\d s"),
                line -> assertThat(line).matches("decode +\\d+\\.\\d\\d s"),
                line -> assertThat(line).matches("write +\\d+\\.\\d\\d s"),
                line -> assertThat(line).matches("total +\\d+\\.\\d\\d s"),
                line -> assertThat(line).matches("pab       48 attentions, 32 computed, 16 reused \\(33 %\\),"
                        + " about -?\\d+\\.\\d\\d s saved, 81\\.0 KiB held at the peak"),
                line -> assertThat(line).isEqualTo("video     64 x 48 pixels, 9 frames"),
                line -> assertThat(line).isEqualTo("encoder   " + encoders.get(".mp4")),
                line -> assertThat(line).isEqualTo("output    " + at("latents.safetensors")),
                line -> assertThat(line).isEqualTo("output    " + at("frames.safetensors")),
                line -> assertThat(line).isEqualTo("output    " + at("red.mp4")));
        assertThat(names()).containsExactly("frames.safetensors", "latents.safetensors", "red.mp4", "stats.json");
        assertThat(Files.readString(folder.resolve("red.mp4"), StandardCharsets.ISO_8859_1)).contains("ftyp");
        assertThat(shape("latents.safetensors", "latents")).containsExactly(1, 3, 4, 6, 8);
        assertThat(shape("frames.safetensors", "frames")).containsExactly(1, 9, 3, 48, 64);
        for (float value : values("frames.safetensors", "frames")) {
            assertThat(value).isBetween(0f, 1f);
        }
    }

    /** Nobody would see the frames. */
    @Test
    void latentsAloneAreNotDecoded() throws IOException {
        run("--prompt", "a", "--steps", "1", "--output-latents", at("l.safetensors"), "--stats", at("s.json"));

        assertThat(json("s.json").get("seconds").propertyStream().map(Map.Entry::getKey))
                .containsExactly("load", "encode", "denoise", "write");
    }

    @Test
    void statisticsSayWhatHappenedAtEachSite() throws IOException {
        run("--prompt", "a red circle", "--steps", "12", "--output-frames", at("f.safetensors"), "--stats", at("s.json"));
        JsonNode stats = json("s.json");

        assertThat(stats.get("timesteps").valueStream().map(JsonNode::asInt))
                .containsExactly(999, 916, 832, 749, 666, 582, 499, 416, 332, 249, 166, 82);
        assertThat(stats.get("seconds").propertyStream().map(Map.Entry::getKey))
                .containsExactly("load", "encode", "denoise", "decode", "write");
        assertThat(stats.get("seconds").valueStream()).allMatch(seconds -> seconds.asDouble() > 0);
        assertThat(stats.get("method").asText()).isEqualTo("pab");
        assertThat(stats.get("computed").asInt()).isEqualTo(32);
        assertThat(stats.get("reused").asInt()).isEqualTo(16);
        assertThat(stats.get("sites")).hasSize(4);
        JsonNode site = stats.get("sites").get(2);
        assertThat(site.get("name").asText()).isEqualTo("transformer_blocks.2.attn1");
        assertThat(site.get("kind").asText()).isEqualTo("spatial_attention");
        assertThat(site.get("layer").asInt()).isEqualTo(2);
        assertThat(site.get("decisions").asText()).isEqualTo("CCCRCRCRCRCC");
        assertThat(site.get("seconds")).hasSize(12).allMatch(seconds -> seconds.asDouble() > 0);
        assertThat(site.get("changes")).hasSize(12).allMatch(JsonNode::isNull);
        assertThat(stats.get("kinds").get(0).get("computed").asInt()).isEqualTo(32);
        assertThat(site.get("bytes_peak").asLong()).isPositive();
        assertThat(stats.get("bytes_peak").asLong()).isEqualTo(4 * site.get("bytes_peak").asLong());
        assertThat(stats.get("recipe").get("versions").get("libtorch").asText()).isEqualTo(LibtorchInfo.load().version());
    }

    @Test
    void aReportOfTheCacheMeasuresChanges() throws IOException {
        run("--prompt", "a", "--steps", "12", "--output-latents", at("l.safetensors"), "--cache-report", at("r.html"),
                "--stats", at("s.json"));
        assertThat(json("s.json").get("change_p50").asDouble()).isPositive();
        String page = Files.readString(folder.resolve("r.html"));
        assertThat(page.split("class=\"panatorch-picture\"")).as("decisions and changes, each for two widths").hasSize(5);
        assertThat(page.split("<canvas ")).as("one video").hasSize(2);
        assertThat(page).contains("Method: pab.", "change p50", "transformer_blocks.3.attn1", "data:video/mp4;base64,AAAA",
                "<dt>prompt</dt><dd dir=\"auto\">a</dd>", "<dt>seed</dt><dd dir=\"auto\">42</dd>", "<dt>steps</dt><dd dir=\"auto\">12</dd>",
                "64 × 48 pixels, 9 frames", "<dt>libtorch</dt>", "<dt>denoise</dt>");

        run("--prompt", "a <b>", "--prompt", "two", "--negative-prompt", "no", "--output-latents", at("l.safetensors"), "--cache-report",
                at("two.html"));
        assertThat(folder.resolve("two.html")).content().contains("<dt>prompt 2</dt><dd dir=\"auto\">two</dd>",
                "<b dir=\"auto\">a &lt;b&gt;</b>", "<dt>negative prompt</dt><dd dir=\"auto\">no</dd>");

        run("--prompt", "a", "--output-latents", at("l.safetensors"), "--cache-report", at("r.txt"));
        assertThat(folder.resolve("r.txt")).content().contains("spatial attention", "change p50", "transformer_blocks.3.attn1");
    }

    @Test
    void optionsOfPabTakeThePlaceOfThePreset() throws IOException {
        assertThat(decisions()).isEqualTo("CCCRCRCRCRCC");
        assertThat(decisions("--cache", "pab")).isEqualTo("CCCRCRCRCRCC");
        assertThat(decisions("--pab-spatial-skip", "3")).isEqualTo("CCRCRRCRRCRC");
        assertThat(decisions("--pab-spatial-range", "-1,1000")).isEqualTo("CRCRCRCRCRCR");
        assertThat(decisions("--pab-spatial-range", "416,749", "--pab-spatial-skip", "2")).isEqualTo("CCCCCRCCCCCC");
        Run nothing = Run.of(tiny("--prompt", "a", "--frames", "1", "--steps", "2", "--output-latents", at("l.safetensors"),
                "--pab-spatial-skip", "1"));
        assertThat(nothing.err()).startsWith("panatorch: warning: pab reuses nothing in this run of 2 steps, in which it covers 4 sites: its settings are")
                .hasLineCount(1);
        assertThat(decisions("--cache", "none")).isEqualTo("CCCCCCCCCCCC");
    }

    @Test
    void whatDoesNotFitIntoTheMemoryIsComputed() throws IOException {
        assertThat(decisions("--cache-memory", "0")).isEqualTo("CCCCCCCCCCCC");
        decisions();
        long peak = json("s.json").get("bytes_peak").asLong();
        decisions("--cache-memory", Long.toString(peak / 2));
        assertThat(json("s.json").get("bytes_peak").asLong()).isPositive().isLessThanOrEqualTo(peak / 2);
        assertThat(json("s.json").get("reused").asInt()).isEqualTo(2 * 4); // 2 of the 4 layers, at 4 steps
        assertThat(decisions("--cache-memory", Long.toString(peak / 2), "--cache-overflow", "narrow"))
                .isEqualTo("CCCRCRCRCRCC");
        assertThat(json("s.json").get("bytes_peak").asLong()).isEqualTo(peak / 2);
    }

    @Test
    void otherMethodsTakeTheirSettings() throws IOException {
        assertThat(decisions("--cache", "taylorseer")).isEqualTo("CCCRCRRRRCRR");
        assertThat(decisions("--cache", "taylorseer", "--cache-option", "cache-interval=3", "--cache-option",
                "disable-cache-before-step=2", "--cache-option", "use-lite-mode=true")).isEqualTo("CCRCRRCRRCRR");
        assertThat(decisions("--cache", "magcache", "--cache-option", "ratios=1,1", "--cache-option", "max-skip-steps=2"))
                .isEqualTo("CCRRCRRCRRCR");
        assertThat(decisions("--cache", "magcache", "--cache-option", "calibrate=true")).isEqualTo("CCCCCCCCCCCC");
        assertThat(decisions("--cache", "first-block", "--cache-option", "threshold=0.1")).isEqualTo("CCCCCCCCCCCC");
        assertThat(decisions("--cache", "teacache", "--cache-option", "coefficients=1")).as("the denoiser itself").isEqualTo("CCCCCCCCCCCC");
    }

    @Test
    void calibrationPrintsWhatMagCacheTakes() {
        Run run = Run.of(tiny("--prompt", "a", "--guidance-scale", "1", "--frames", "1", "--steps", "3", "--output-latents",
                at("l.safetensors"), "--cache", "magcache", "--cache-option", "calibrate=true"));
        assertThat(run.status()).isZero();
        assertThat(run.out()).containsPattern("(?m)^--cache-option ratios=1\\.00000,\\d+\\.\\d{5},\\d+\\.\\d{5}$")
                .contains("12 blocks, all computed");
    }

    @Test
    void calibrationPrintsWhatTeaCacheTakes() throws IOException {
        Run run = Run.of(tiny("--prompt", "a", "--frames", "1", "--steps", "8", "--output-latents", at("l.safetensors"),
                "--cache", "teacache", "--cache-option", "calibrate=true"));
        assertThat(run.status()).isZero();
        Matcher line = Pattern.compile("(?m)^--cache-option (coefficients=(?:-?\\d\\.\\d{8}e[-+]\\d\\d,?){5})$").matcher(run.out());
        assertThat(line.find()).as(run.out()).isTrue();
        decisions("--cache", "teacache", "--cache-option", line.group(1), "--cache-option", "threshold=99");
        assertThat(json("s.json").get("sites").get(1).get("decisions").asText()).isEqualTo("CRRRRRRRRRRC");
    }

    @Test
    void fasterCacheTakesItsSettingsAndLeavesTheUnconditionalHalfOut() throws IOException {
        String[] options = {"--prompt", "a", "--frames", "1", "--steps", "12", "--output-latents", at("l.safetensors"),
            "--stats", at("s.json"), "--cache", "faster", "--cache-option", "unconditional-batch-timestep-skip-range=-1,1000",
            "--cache-option", "spatial-attention-block-identifiers=blocks\\.[01]", "--cache-option",
            "spatial-attention-block-skip-range=3", "--cache-option", "alpha-low-frequency=1.2", "--cache-option",
            "alpha-high-frequency=1.3", "--cache-option", "attention-weight=0.3", "--cache-option",
            "low-frequency-weight-update-timestep-range=99,641", "--cache-option",
            "high-frequency-weight-update-timestep-range=-1,301", "--cache-option"};
        Run run = Run.of(tiny(Stream.concat(Stream.of(options), Stream.of("unconditional-batch-skip-range=5"))
                .toArray(String[]::new)));
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).containsPattern("(?m)^faster    60 sites, 43 computed, 9 in part, 8 reused \\(13 %\\),"
                + " about -?\\d+\\.\\d\\d s saved, 23\\.3 KiB held at the peak$");
        JsonNode stats = json("s.json");
        assertThat(stats.get("partial").asInt()).isEqualTo(9);
        assertThat(stats.get("sites").valueStream().map(site -> site.get("decisions").asText())).containsExactly(
                "CPPPPCPPPPCP", "CCCCRCCRRCCR", "CCCCRCCRRCCR", "CCCCCCCCCCCC", "CCCCCCCCCCCC");
    }

    private String decisions(String... options) throws IOException {
        run(Stream.concat(Stream.of(options), Stream.of("--prompt", "a", "--guidance-scale", "1", "--frames", "1",
                "--steps", "12", "--output-latents", at("l.safetensors"), "--stats", at("s.json"))).toArray(String[]::new));
        return json("s.json").get("sites").get(0).get("decisions").asText();
    }

    @Test
    void settingsForKindsThatTheModelHasNotAreAllowedWithAWarning() {
        Run run = Run.of(tiny("--prompt", "a", "--frames", "1", "--output-latents", at("l.safetensors"),
                "--pab-temporal-skip", "4", "--pab-temporal-range", "100,700", "--pab-cross-skip", "6"));
        assertThat(run.status()).isZero();
        assertThat(run.err()).isEqualTo("""
                panatorch: warning: --pab-temporal-skip changes nothing: CogVideoX has no temporal attention
                panatorch: warning: --pab-cross-skip changes nothing: CogVideoX has no cross attention
                """);
    }

    @Test
    void noiseOfTheSeedGivenAsAFileGivesTheSameVideo() throws IOException {
        try (var _ = TensorScope.open()) {
            Tensor noise = Generator.seeded(7).randn(Shape.of(1, 3, 4, 6, 8), DType.FLOAT32);
            Safetensors.save(folder.resolve("noise.safetensors"), Map.of("latents", noise), Map.of());
        }
        run("--prompt", "a", "--seed", "7", "--output-frames", at("seed.safetensors"));
        run("--prompt", "a", "--latents", at("noise.safetensors"), "--output-frames", at("noise-frames.safetensors"));
        run("--prompt", "a", "--output-frames", at("42.safetensors"));

        float[] fromSeed = values("seed.safetensors", "frames");
        assertThat(values("noise-frames.safetensors", "frames")).isEqualTo(fromSeed);
        assertThat(values("42.safetensors", "frames")).isNotEqualTo(fromSeed);
    }

    @Test
    void sizesGuidanceAndNegativePromptTakePart() throws IOException {
        run("--prompt", "a", "--height", "32", "--width", "80", "--frames", "8", "--output-frames", at("f.safetensors"));
        assertThat(shape("f.safetensors", "frames")).containsExactly(1, 8, 3, 32, 80);

        run("--prompt", "a", "--output-latents", at("1.safetensors"));
        run("--prompt", "a", "--guidance-scale", "2.5", "--output-latents", at("2.safetensors"));
        run("--prompt", "a", "--negative-prompt", "a blue square", "--output-latents", at("3.safetensors"));
        float[] plain = values("1.safetensors", "latents");
        assertThat(values("2.safetensors", "latents")).isNotEqualTo(plain);
        assertThat(values("3.safetensors", "latents")).isNotEqualTo(plain);
    }

    @Test
    void severalPromptsGiveNumberedVideos() throws IOException {
        run("--prompt", "a red circle", "--prompt", "@home", "--frames", "8", "--output", at("my.red.gif"),
                "--output-latents", at("l.safetensors"));
        assertThat(names()).containsExactly("l.safetensors", "my.red-1.gif", "my.red-2.gif");
        assertThat(shape("l.safetensors", "latents")).containsExactly(2, 2, 4, 6, 8);

        run("--prompt", "a red circle", "--prompt", "a blue circle", "--frames", "1", "--output", at("frames"));
        assertThat(folder.resolve("frames-1")).isDirectoryContaining("glob:**/frame_0000.png");
        assertThat(folder.resolve("frames-2")).isDirectoryContaining("glob:**/frame_0000.png");
    }

    /** Each from the noise that it would have alone. */
    @Test
    void promptsOfAFileAreMadeOneAfterAnother() throws IOException {
        Files.writeString(folder.resolve("prompts.txt"), "\ufeffa blue circle\r\n\r\n  a green square \r\n");
        Run run = Run.of(tiny("--prompt", "a red circle", "--prompts", at("prompts.txt"), "--frames", "1", "--output", at("v"),
                "--output-latents", at("l.safetensors"), "--stats", at("s.json")));
        assertThat(run.err()).isEmpty();
        assertThat(run.out().lines().filter(line -> line.startsWith("prompt"))).containsExactly(
                "prompt    a red circle", "prompt    a blue circle", "prompt    a green square");
        assertThat(names()).containsExactly("l-1.safetensors", "l-2.safetensors", "l-3.safetensors", "prompts.txt", "s-1.json",
                "s-2.json", "s-3.json", "v-1", "v-2", "v-3");
        for (int i = 1; i <= 3; i++) {
            String prompt = List.of("a red circle", "a blue circle", "a green square").get(i - 1);
            run("--prompt", prompt, "--frames", "1", "--output-latents", at("alone-" + i));
            assertThat(values("l-" + i + ".safetensors", "latents")).isEqualTo(values("alone-" + i, "latents"));
        }
    }

    @Test
    void eachPromptOfAFileHasItsNegativePrompt() throws IOException {
        Files.writeString(folder.resolve("prompts.txt"), "a\nb\n");
        run("--prompts", at("prompts.txt"), "--frames", "1", "--negative-prompt", "x", "--negative-prompt", "y",
                "--output-latents", at("l"));
        run("--prompt", "b", "--frames", "1", "--negative-prompt", "y", "--output-latents", at("alone"));
        assertThat(values("l-2", "latents")).isEqualTo(values("alone", "latents"));
    }

    @Test
    void theLastOfSeveralValuesIsTaken() throws IOException {
        run("--prompt", "a", "--steps", "2", "--frames", "1", "--steps", "3", "--output-latents", at("l"), "--stats", at("s.json"));
        assertThat(json("s.json").get("timesteps")).hasSize(3);
    }

    @Test
    void whatIsThereIsReplacedAndLinksAreFollowed() throws IOException {
        Files.writeString(folder.resolve("old.json"), "old");
        Files.createSymbolicLink(folder.resolve("link.json"), Path.of("old.json"));
        Path frames = Files.createDirectories(folder.resolve("elsewhere/frames"));
        Files.createFile(frames.resolve("frame_0007.png")); // by somebody else
        Files.writeString(frames.resolve("notes.txt"), "kept");
        Files.createSymbolicLink(folder.resolve("frames"), Path.of("elsewhere/frames"));
        run("--prompt", "a", "--frames", "1", "--stats", at("link.json"), "--output", at("frames"));
        assertThat(json("old.json").get("timesteps")).isNotEmpty();
        assertThat(List.of(folder.resolve("link.json"), folder.resolve("frames"))).allMatch(Files::isSymbolicLink);
        assertThat(frames.toFile().list()).containsExactlyInAnyOrder("frame_0000.png", "frame_0007.png", "notes.txt");
    }

    /** What is read is not what is written, also through links; and nothing is written into the model. */
    @Test
    void anInputIsNoOutput() throws IOException {
        Path rules = Files.writeString(folder.resolve("rules.json"), "{\"method\": \"pab\"}");
        Files.createSymbolicLink(folder.resolve("link.json"), Path.of("rules.json"));
        Run file = Run.of("generate", "--prompt", "a", "--cache-config", rules.toString(), "--output", at("v.gif"), "--stats", at("link.json"));
        assertThat(file).isEqualTo(new Run(2, "", "panatorch: " + at("link.json") + ": expected another place than --cache-config " + rules
                + ", which is read\n"));
        assertThat(rules).hasContent("{\"method\": \"pab\"}");
        Path model = Golden.folder("t2v-2b").resolve("pipeline");
        Run inside = Run.of("generate", "--model", model.toString(), "--prompt", "a", "--output-latents", model.resolve("vae/x.st").toString());
        assertThat(inside.status()).isEqualTo(2);
        assertThat(inside.err()).contains("expected another place than --model ");
        assertThat(model.resolve("vae/x.st")).doesNotExist();
    }

    @Test
    void quietShowsNothing() {
        Run run = Run.onTerminal(tiny("--quiet", "--prompt", "word ".repeat(40), "--pab-cross-skip", "2", "--frames", "1",
                "--output", at("frames")));
        assertThat(run).isEqualTo(new Run(0, "", ""));
        assertThat(folder.resolve("frames")).isNotEmptyDirectory();
    }

    @Test
    void aPromptThatIsCutIsToldInOneLine() {
        Run run = Run.of(tiny("--prompt", "word ".repeat(40), "--frames", "1", "--output", at("frames")));
        assertThat(run.err()).matches("panatorch: warning: prompt of \\d+ tokens: the model reads 18, the rest is ignored\n");
    }

    @Test
    void wordsThatTheModelDoesNotKnowAreToldOnce() {
        String prompt = "a dog \u706B \uD83D\uDE80 in Paris";
        Run run = Run.of(tiny("--prompt", prompt, "--prompt", prompt, "--frames", "1", "--output", at("frames")));
        assertThat(run.err()).isEqualTo("panatorch: warning: prompt with words that the model cannot spell, and reads as unknown:"
                + " \u706B, \uD83D\uDE80\n");
    }

    @Test
    void progressIsDrawnOnATerminalAndClearedAtTheEnd() {
        Run run = Run.onTerminal(tiny("--prompt", "a", "--frames", "1", "--output", at("frames")));
        assertThat(run.drawn()).satisfiesExactly(
                text -> assertThat(text).isEmpty(),
                text -> assertThat(text).isEqualTo("loading"),
                text -> assertThat(text).isEqualTo("encoding"),
                text -> assertThat(text).isEqualTo("denoising [#######.......................] 1/4"),
                text -> assertThat(text).matches("denoising \\[#{15}\\.{15}] 2/4, \\d+ s left"),
                text -> assertThat(text).matches("denoising \\[#{22}\\.{8}] 3/4, \\d+ s left"),
                text -> assertThat(text).isEqualTo("decoding"),
                text -> assertThat(text).isEqualTo("writing"));
        assertThat(run.err()).endsWith("\r\u001b[K");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void threadsAreSet(int threads) {
        int before = LibtorchInfo.threads();
        try {
            run("--prompt", "a", "--frames", "1", "--threads", Integer.toString(threads), "--output", at("frames"));
            assertThat(LibtorchInfo.threads()).isEqualTo(threads);
        } finally {
            LibtorchInfo.setThreads(before);
        }
    }

    private void run(String... options) {
        Run run = Run.of(tiny(options));
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
    }

    private String at(String name) {
        return folder.resolve(name).toString();
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private JsonNode json(String name) throws IOException {
        return new JsonMapper().readTree(folder.resolve(name).toFile());
    }

    private long[] shape(String file, String tensor) throws IOException {
        try (Safetensors tensors = Safetensors.open(folder.resolve(file))) {
            assertThat(tensors.names()).containsExactly(tensor);
            return tensors.info(tensor).shape();
        }
    }

    private float[] values(String file, String tensor) throws IOException {
        try (Safetensors tensors = Safetensors.open(folder.resolve(file)); var _ = TensorScope.open()) {
            return tensors.load(tensor).toFloatArray();
        }
    }
}
