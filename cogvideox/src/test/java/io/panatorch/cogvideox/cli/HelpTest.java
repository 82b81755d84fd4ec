package io.panatorch.cogvideox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.device.CudaInfo;
import io.panatorch.device.LibtorchInfo;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.ParseResult;

@Tag("cpu")
class HelpTest {

    @Test
    void helpNamesTheCommandsAndEveryOption() {
        assertThat(Run.of("--help").out()).contains("generate", "compare", "calibrate", "models", "download", "info",
                "--version", "HF_HOME");
        Run run = Run.of("generate", "--help");
        assertThat(run.status()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("--model=", "--prompt=", "--negative-prompt=", "--height=", "--width=", "--frames=",
                "--steps=", "--guidance-scale=", "--fps=", "--seed=", "--latents=", "--output=", "--output-latents=",
                "--output-frames=", "--prompts=", "--cache=none|pab|METHOD", "--cache-option=", "--cache-memory=", "--cache-overflow=",
                "--cache-config=", "--pab-preset=", "--pab-mlp-blocks=", "--pab-spatial-skip=", "--pab-spatial-range=",
                "--pab-temporal-skip=", "--pab-temporal-range=", "--pab-cross-skip=", "--pab-cross-range=", "--stats=", "--cache-report=",
                "--device=", "--dtype=", "--lora=FILE[=SCALE]", "--threads=", "--quiet", "red-1.mp4", "2   wrong use of the command");
    }

    @Test
    void helpOfACommandNamesItsOptions() {
        Run run = Run.of("compare", "--help");
        assertThat(run.status()).isZero();
        assertThat(run.out()).contains("--model=", "--prompt=", "--prompts=", "--height=", "--width=", "--frames=", "--steps=",
                "--guidance-scale=", "--seed=", "--setting=[NAME: ]OPTIONS", "--never-reusing", "--repeats=", "--output=FILE.html",
                "--stats=", "--lora=", "--threads=",
                "--quiet", "2   wrong use of the command");
    }

    @Test
    void helpListsTheKeysOfCacheOptions() {
        assertThat(Run.of("generate", "--help").out()).contains("--cache first-block\n      threshold=X (default: 0.05)\n",
                "--cache magcache\n", "max-skip-steps=N (default: 3)", "--cache teacache\n", "calibrate=true (computes everything",
                "--cache pab\n      preset=NAME (default: the model's, if there are no rules)\n", "rules=[{...},...] (default: none)");
    }

    /** An example has one command, over several lines. */
    @ParameterizedTest
    @ValueSource(strings = {"generate", "compare", "calibrate", "download"})
    void examplesOfHelpCanBeUsed(String command) {
        List<String> examples = Pattern.compile("(?m)^  panatorch (.*(?:(?<=\\\\)\n.*)*)$").matcher(Run.of(command, "--help").out())
                .results().map(example -> example.group(1).replace("\\\n", " ")).toList();
        assertThat(examples).hasSizeGreaterThan(1);
        for (String example : examples) {
            String[] words = Pattern.compile("\"([^\"]*)\"|(\\S+)").matcher(example).results()
                    .map(word -> word.group(1) == null ? word.group(2) : word.group(1)).toArray(String[]::new);
            ParseResult parsed = Main.commandLine(new Terminal(System.out, System.err)).parseArgs(words).subcommand();
            if (parsed.hasMatchedOption("--prompt")) {
                List<String> prompts = parsed.matchedOption("--prompt").getValue();
                assertThat(prompts).as("what the demo model draws").allMatch(prompt -> prompt.matches(
                        "a (red|green) (circle|square) moving (right|up) on a (blue|black) background"));
            }
        }
    }

    @Test
    void versionIsThatOfTheModule() {
        assertThat(Run.of("--version").out()).matches("panatorch \\d+\\.\\d+\\.\\d+\\S*\n");
    }

    @Test
    void infoSaysWhatIsUsed() {
        LibtorchInfo libtorch = LibtorchInfo.load();
        Run run = Run.of("info");
        assertThat(run.status()).isZero();
        assertThat(run.err()).isEmpty();
        CudaInfo cuda = CudaInfo.load();
        assertThat(run.out()).contains("CUDA       " + cuda.missing().map("not used: "::concat).or(cuda::runtime).orElseThrow());
        cuda.gpus().forEach(gpu -> assertThat(run.out()).contains(gpu.device() + "     " + gpu.name()));
        assertThat(run.out()).contains(Runtime.version().toString(), System.getProperty("java.home"), libtorch.version(),
                libtorch.source(), libtorch.folder().toString(), libtorch.shim().toString(), "devices    cpu",
                "threads    " + LibtorchInfo.threads(), "cache      ", "MP4        ", "GIF        ");
    }
}
