package io.panatorch.cogvideox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.device.LibtorchInfo;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("cpu")
class HelpTest {

    @Test
    void helpNamesTheCommandsAndEveryOption() {
        assertThat(Run.of("--help").out()).contains("generate", "compare", "info", "--version");
        Run run = Run.of("generate", "--help");
        assertThat(run.status()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("--model=", "--prompt=", "--negative-prompt=", "--height=", "--width=", "--frames=",
                "--steps=", "--guidance-scale=", "--fps=", "--seed=", "--latents=", "--output=", "--output-latents=",
                "--output-frames=", "--cache=none|pab|METHOD", "--cache-option=", "--cache-memory=", "--cache-overflow=",
                "--cache-config=", "--pab-preset=", "--pab-mlp-blocks=", "--pab-spatial-skip=", "--pab-spatial-range=",
                "--pab-temporal-skip=", "--pab-temporal-range=", "--pab-cross-skip=", "--pab-cross-range=", "--stats=", "--cache-report=",
                "--device=", "--dtype=", "--threads=", "--quiet", "red-1.mp4", "2   wrong use of the command");
    }

    @Test
    void helpOfACommandNamesItsOptions() {
        Run run = Run.of("compare", "--help");
        assertThat(run.status()).isZero();
        assertThat(run.out()).contains("--model=", "--prompt=", "--prompts=", "--height=", "--width=", "--frames=", "--steps=",
                "--guidance-scale=", "--seed=", "--setting=[NAME: ]OPTIONS", "--output=FILE.html", "--stats=", "--threads=",
                "--quiet", "2   wrong use of the command");
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
        assertThat(run.out()).contains(Runtime.version().toString(), System.getProperty("java.home"), libtorch.version(),
                libtorch.source(), libtorch.folder().toString(), libtorch.shim().toString(), "devices    cpu",
                "threads    " + LibtorchInfo.threads(), "cache      ", "MP4        ", "GIF        ");
    }
}
