package io.panatorch.cogvideox.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.panatorch.cache.MemoryBudget;
import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import io.panatorch.cogvideox.Golden;
import io.panatorch.cogvideox.ModelDescription;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Tag("pure")
class CacheOptionsTest {

    @Command
    private static final class Holder {
        @Mixin
        private CacheOptions options;
    }

    @Command
    private static final class MemoryHolder {
        @Mixin
        private CacheMemoryOptions memory;
    }

    @Test
    void thePresetIsThatOfTheMethod() throws Exception {
        Holder holder = CommandLine.populateCommand(new Holder());
        assertThat(holder.options.method(model("t2v-2b"), new Terminal(System.out, System.err), false))
                .hasToString(PyramidAttentionBroadcast.cogVideoX().toString());
    }

    static ModelDescription model(String golden) {
        try {
            return ModelDescription.read(Golden.folder(golden).resolve("pipeline"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The authors' coefficients: the constant of each polynomial tells them apart. */
    @ParameterizedTest
    @CsvSource({"t2v-2b, -0.00361568434", "t2v-5b, -0.0523162339", "i2v-5b, -0.0523162339", "t2v-1.5, 0.0358559703",
        "i2v-1.5, 0.037121322"})
    void teaCacheHasTheCoefficientsOfTheModel(String golden, String constant, @TempDir Path folder) throws Exception {
        Holder holder = CommandLine.populateCommand(new Holder(), "--cache", "teacache");
        Terminal terminal = new Terminal(System.out, System.err);
        assertThat(holder.options.method(published(golden, folder), terminal, false).toString()).endsWith(", " + constant + "]]");
        assertThat(holder.options.uncalibrated(model(golden))).as("a small one").contains(CalibratedMethod.TEACACHE);
        assertThatIllegalArgumentException().isThrownBy(() -> holder.options.method(model(golden), terminal, false))
                .withMessage("--cache teacache: none are published for this model: expected --cache-option coefficients=…, which a run"
                        + " with --cache-option calibrate=true prints");
    }

    /** The configurations of a small model of a kind, with as many blocks and heads as the published one. */
    private static ModelDescription published(String golden, Path folder) throws IOException {
        Path small = Golden.folder(golden).resolve("pipeline");
        try (Stream<Path> files = Files.walk(small)) {
            for (Path file : files.filter(each -> each.toString().endsWith(".json")).toList()) {
                Path copy = folder.resolve(small.relativize(file).toString());
                Files.createDirectories(copy.getParent());
                String blocks = golden.endsWith("2b") ? "30" : "42";
                String heads = golden.endsWith("2b") ? "30" : "48";
                Files.writeString(copy, Files.readString(file).replaceAll("\"num_layers\": \\d+(?=[\\s\\S]*patch_size)", "\"num_layers\": " + blocks)
                        .replaceAll("\"num_attention_heads\": \\d+", "\"num_attention_heads\": " + heads));
            }
        }
        return ModelDescription.read(folder);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"pab+first-block | pab+first-block", "taylorseer+teacache | taylorseer+teacache"})
    void severalMethodsAreOne(String text, String name) throws Exception {
        Holder holder = CommandLine.populateCommand(new Holder(), "--cache", text, "--cache-warmup-steps", "2",
                "--cache-max-continuous-steps", "3", "--cache-computed-steps", "5,7");
        if (text.contains("teacache")) {
            holder.options.calibrate(CalibratedMethod.TEACACHE, List.of(1.0));
        }
        assertThat(holder.options.method(model("t2v-2b"), new Terminal(System.out, System.err), false).name()).isEqualTo(name);
    }

    /** Each gets the settings that it knows. */
    @Test
    void severalMethodsShareTheirSettings() throws Exception {
        Holder holder = CommandLine.populateCommand(new Holder(), "--cache", "taylorseer+first-block", "--cache-option",
                "max-order=2", "--cache-option", "threshold=0.25", "--cache-option", "first-blocks=2");
        assertThat(holder.options.method(model("t2v-2b"), new Terminal(System.out, System.err), false).toString())
                .contains("threshold 0.25", "first 2", "order 2");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--cache first-block+teacache --cache-option coefficients=1 | --cache: both first-block and teacache: expected methods of different"
                + " kinds of sites, found that both cover [BLOCK]",
        "--cache pab+first-block --cache-option treshold=1 | --cache-option: expected one of threshold, first-blocks, last-blocks with"
                + " --cache first-block, found treshold",
        "--cache pab --cache-warmup-steps -1 | --cache-warmup-steps, --cache-max-continuous-steps, --cache-computed-steps: computed steps:"
                + " expected a warm-up of 0 or more, 1 or more in a row and indices from 0, found -1, 2147483647 and []"})
    void whatDoesNotGoTogether(String options, String message) {
        Holder holder = CommandLine.populateCommand(new Holder(), options.split(" "));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> holder.options.method(model("t2v-2b"), new Terminal(System.out, System.err), false))
                .withMessage(message);
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "800000, 800000", "512KiB, 524288", "1.5MiB, 1572864", "2GiB, 2147483648"})
    void memoryIsGivenInBytes(String text, long bytes) {
        assertThat(budget()).isEqualTo(MemoryBudget.UNLIMITED);
        assertThat(budget("--cache-memory", text)).isEqualTo(MemoryBudget.of(bytes));
        assertThat(budget("--cache-memory", text, "--cache-overflow", "narrow")).isEqualTo(MemoryBudget.narrowing(bytes));
    }

    private static MemoryBudget budget(String... options) {
        return CommandLine.populateCommand(new MemoryHolder(), options).memory.budget();
    }
}
