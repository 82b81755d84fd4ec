package io.panatorch.cogvideox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cogvideox.VideoRequest;
import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

@Tag("cpu")
class MemoryCheckTest {

    /** Of the demo model, whose frames at that size take gigabytes. */
    private static MemoryCheck check(int size) {
        ModelOptions model = CommandLine.populateCommand(new ModelOptions());
        return new MemoryCheck(model, VideoRequest.builder("a red circle").height(size).width(size).frames(9).build());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "512 | 600  | --vae-tiling would take \\d+\\.\\d [MG]iB",
        "512 | 490  | make a smaller video: no option makes this one fit"
    })
    void whatDoesNotFitIsRefusedWithWhatWould(int size, long megabytes, String advice) throws IOException {
        assertThat(check(size).refusal(megabytes * 1_000_000)).hasValueSatisfying(refusal -> assertThat(refusal)
                .matches("memory: expected at most \\d+\\.\\d MiB, what this machine has with its swap, found that this needs about"
                        + " \\d+\\.\\d [MG]iB \\((encode prompt|denoise|decode)\\); " + advice));
    }

    @Test
    void whatFitsIsNot() throws IOException {
        assertThat(check(64).refusal(1L << 30)).isEmpty();
    }

    @Test
    void infoSaysWhatEachStageTakes() {
        Run plain = Run.of("info");
        assertThat(plain.out()).doesNotContain("memory");
        Run run = Run.of("info", "--frames", "9", "--cache", "pab");
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        assertThat(run.out()).containsPattern("memory +encode prompt: \\d+\\.\\d [KM]iB: weights \\d+\\.\\d MiB, activations \\d+\\.\\d [KM]iB\n")
                .containsPattern(" +denoise: .*, cache \\d+\\.\\d [KM]iB\n").containsPattern(" +decode: ")
                .containsPattern(" +of \\d+\\.\\d GiB it needs \\d+\\.\\d MiB without the cache, which --cache-memory limits: that fits\n");
    }

    @Test
    void infoRefusesWhatTheModelDoesNotMake() {
        Run run = Run.of("info", "--height", "50");
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err()).startsWith("panatorch: --height, --width: expected multiples of 16 ").hasLineCount(1);
    }
}
