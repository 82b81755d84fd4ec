package io.panatorch.cogvideox;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cache.settings.CacheConfig;
import io.panatorch.testing.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README and packages show compiles as it stands there. */
@Tag("cpu")
class ReadmeTest {

    private static final Path README = Path.of("..", "README.md");
    private static final int LINES = 15;

    @Test
    void theProgramCompiles(@TempDir Path folder) throws Exception {
        String program = Program.in(README, "## From Java");
        assertThat(program.lines().filter(line -> !line.isBlank()).count()).isLessThanOrEqualTo(LINES);
        Program.compile(folder, "RedCircle", program);
    }

    /** With a small model of the same kind in the place of 5B, on the CPU. */
    @Test
    void theProgramBesideDiffusersRuns(@TempDir Path folder) throws Exception {
        String program = Program.in(README, "## The CogVideoX family");
        String small = program.replace("\"zai-org/CogVideoX-5b\"", '"' + Golden.folder("t2v-5b").resolve("pipeline").toString() + '"')
                .replace("Device.cuda(0)", "Device.CPU")
                .replace(".steps(50)", ".steps(2).frames(1)")
                .replace("\"panda.mp4\"", '"' + folder.resolve("panda.mp4").toString() + '"');
        assertThat(small).contains("Device.CPU", ".steps(2)", folder.toString());
        Program.compile(folder, "Panda", small).run();
        assertThat(folder.resolve("panda.mp4")).isNotEmptyFile();
    }

    @Test
    void theConfigurationOfACacheIsOne(@TempDir Path folder) throws Exception {
        String readme = Files.readString(README);
        int start = readme.indexOf("```json\n", readme.indexOf("### Settings, on the command line and in a file")) + "```json\n".length();
        Path file = Files.writeString(folder.resolve("cache.json"), readme.substring(start, readme.indexOf("```", start)));
        assertThat(CacheConfig.read(file).method().toString()).contains("of layers 0-2 skip range 2", "threshold 0.08");
        Program.compile(folder, "Config", """
                import io.panatorch.cache.*;
                import io.panatorch.cache.settings.*;
                import java.nio.file.Path;
                import java.util.Map;
                class Config {
                    void example() throws java.io.IOException {
                %s
                    }
                }
                """.formatted(Program.in(README, "### Settings, on the command line and in a file")));
    }

    @Test
    void theExampleOfAdaptersCompiles(@TempDir Path folder) throws Exception {
        Program.compile(folder, "Adapters", """
                import io.panatorch.cogvideox.*;
                import io.panatorch.cogvideox.lora.LoraAdapter;
                import java.nio.file.Path;
                import java.util.Map;
                class Adapters {
                    void example(CogVideoXPipeline pipeline) throws java.io.IOException {
                %s
                    }
                }
                """.formatted(Program.in(README, "### LoRA adapters")));
    }

    @Test
    void theExampleOfRanksCompiles(@TempDir Path folder) throws Exception {
        Program.compile(folder, "TwoRanks", """
                import io.panatorch.cogvideox.*;
                import io.panatorch.cogvideox.video.VideoWriter;
                import io.panatorch.parallel.Ranks;
                import java.nio.file.Path;
                class TwoRanks {
                    void example(Path folder, VideoRequest request) throws java.io.IOException {
                %s
                    }
                }
                """.formatted(Program.in(README, "### Two ranks")));
    }

    @Test
    void theFactoryOfAMethodCompiles(@TempDir Path folder) throws Exception {
        Program.compile(folder, "MyFactory", """
                import io.panatorch.cache.*;
                import io.panatorch.cache.settings.*;
                import java.util.Set;
                %s
                record MyMethod(double threshold) implements CacheMethod {
                    public String name() { return "my-method"; }
                    public Set<SiteKind> kinds() { return Set.of(SiteKind.BLOCK); }
                    public CachePolicy policy(CacheRun run) { return SiteCall::compute; }
                }
                """.formatted(Program.in(README, "The commands take it from the class path")));
    }

    @Test
    void theExampleOfInputsCompiles(@TempDir Path folder) throws Exception {
        String tour = Files.readString(Path.of("src/main/java/io/panatorch/cogvideox/input/package-info.java"));
        int start = tour.indexOf("{@snippet :\n") + "{@snippet :\n".length();
        String example = tour.substring(start, tour.indexOf("\n * }\n *\n", start)).replaceAll("(?m)^ \\*", "");
        Program.compile(folder, "Inputs", """
                import io.panatorch.cogvideox.input.*;
                import io.panatorch.tensor.*;
                import java.nio.file.Path;
                class Inputs {
                    void example() throws java.io.IOException {
                %s
                    }
                }
                """.formatted(example));
    }
}
