package io.panatorch.cogvideox.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.ComputedSteps;
import io.panatorch.cache.MemoryBudget;
import io.panatorch.cache.calibration.CalibratedMethod;
import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import io.panatorch.cache.settings.CacheConfig;
import io.panatorch.cogvideox.Golden;
import io.panatorch.cogvideox.ModelDescription;
import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
                .withMessage("--cache-option coefficients: expected what a run with --cache teacache --cache-option calibrate=true prints,"
                        + " found none");
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
        "--cache first-block+teacache --cache-option coefficients=1 | both first-block and teacache: expected methods of different"
                + " kinds of sites, found that both cover [BLOCK]",
        "--cache pab+first-block --cache-option treshold=1 | --cache-option treshold: expected one of preset,"
                + " spatial-attention-block-skip-range, spatial-attention-timestep-skip-range, temporal-attention-block-skip-range,"
                + " temporal-attention-timestep-skip-range, cross-attention-block-skip-range, cross-attention-timestep-skip-range,"
                + " mlp-blocks, mlp-timesteps, mlp-skip-count, rules, threshold, first-blocks, last-blocks, forecast-order of pab+first-block, found this"
                + " key",
        "--cache pab --cache-warmup-steps -1 | computed steps: expected a warm-up of 0 or more, found -1"})
    void whatDoesNotGoTogether(String options, String message) {
        Holder holder = CommandLine.populateCommand(new Holder(), options.split(" "));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> holder.options.method(model("t2v-2b"), new Terminal(System.out, System.err), false))
                .withMessage(message);
    }

    /** Each shorthand says what the setting does under its own key. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--pab-preset vchitect | preset=vchitect",
        "--pab-spatial-skip 3 | spatial-attention-block-skip-range=3",
        "--pab-spatial-range -1,7 | spatial-attention-timestep-skip-range=-1,7",
        "--pab-temporal-skip 3 | temporal-attention-block-skip-range=3",
        "--pab-temporal-skip 3 --pab-temporal-range 1,2 | temporal-attention-block-skip-range=3 temporal-attention-timestep-skip-range=1,2",
        "--pab-cross-skip 3 | cross-attention-block-skip-range=3",
        "--pab-cross-skip 3 --pab-cross-range 1,2 | cross-attention-block-skip-range=3 cross-attention-timestep-skip-range=1,2",
        "--pab-mlp-blocks 0,2 --pab-mlp-timesteps 9,5 | mlp-blocks=0,2 mlp-timesteps=9,5",
        "--pab-mlp-blocks 0 --pab-mlp-timesteps 9 --pab-mlp-skip 1 | mlp-blocks=0 mlp-timesteps=9 mlp-skip-count=1"})
    void shorthandsAreSettings(String shorthands, String settings) throws Exception {
        String made = made(shorthands.split(" ")).toString();
        assertThat(made).isEqualTo(made(settings.replaceAll("(^| )", "$1--cache-option ").split(" ")).toString())
                .isNotEqualTo(PyramidAttentionBroadcast.cogVideoX().toString());
    }

    private static CacheMethod made(String... options) throws IOException {
        Holder holder = CommandLine.populateCommand(new Holder(), options);
        return holder.options.method(model("t2v-2b"), new Terminal(System.out, System.err), false);
    }

    /** Rules are a choice of their own, which the preset would add to. */
    @Test
    void withRulesThereIsNoPreset() throws Exception {
        assertThat(made("--cache-option", "rules=[{\"kind\":\"feed_forward\",\"skip_range\":3,\"timesteps\":[1,2]}]"))
                .hasToString("PyramidAttentionBroadcast[MLP skip range 3 in (1, 2)]");
    }

    /** It does what the options do, also where the model has a say. */
    @Test
    void aFileIsAsTheOptions(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("cache.json");
        new CacheConfig("pab+first-block", Map.of("spatial-attention-block-skip-range", 3, "threshold", 0.25)).write(file);
        assertThat(made("--cache-config", file.toString())).hasToString(made("--cache", "pab+first-block", "--pab-spatial-skip", "3",
                "--cache-option", "threshold=0.25").toString()).hasToString(
                        "PyramidAttentionBroadcast[spatial attention skip range 3 in (100, 850)] + FirstBlockCache[threshold 0.25]");

        new CacheConfig("teacache", Map.of()).write(file);
        Holder holder = CommandLine.populateCommand(new Holder(), "--cache-config", file.toString());
        assertThat(holder.options.method(published("t2v-5b", folder), new Terminal(System.out, System.err), false).toString())
                .endsWith(", -0.0523162339]]");
        assertThat(holder.options.uncalibrated(model("t2v-2b"))).contains(CalibratedMethod.TEACACHE);
        assertThatThrownBy(() -> made("--cache-config", file.toString())).isInstanceOf(InvalidFileException.class).hasMessage(file
                + ": settings.coefficients: expected what a run with --cache teacache --cache-option calibrate=true prints, found none");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "first-block | {\"threshold\": -1} | settings.threshold: expected a number of 0 or more, found -1.0",
        "first-block | {\"calibrate\": true} | settings.calibrate: expected one of threshold, first-blocks, last-blocks, forecast-order of first-block, found"
                + " this key",
        "best | {} | method: expected none, pab, faster, first-block, magcache, taylorseer, teacache or class:NAME, found 'best'"})
    void whatIsWrongInAFileIsNamedThere(String method, String settings, String message, @TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("cache.json"), "{\"format\": \"panatorch-cache\", \"version\": 1, \"method\": \""
                + method + "\", \"settings\": " + settings + "}");
        assertThatThrownBy(() -> made("--cache-config", file.toString())).isInstanceOf(InvalidFileException.class)
                .hasMessage(file + ": " + message);
    }

    /** An option replaces what the file says of it. */
    @Test
    void aFileSaysWhichStepsAreComputed(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("cache.json");
        new CacheConfig("first-block", Map.of(), new ComputedSteps(2, 3, Set.of(5)), Map.of(), Map.of()).write(file);
        ComputedSteps[] expected = {new ComputedSteps(2, 3, Set.of(5)), new ComputedSteps(4, 3, Set.of(5)),
            new ComputedSteps(2, 1, Set.of(7))};
        String[][] options = {{}, {"--cache-warmup-steps", "4"}, {"--cache-max-continuous-steps", "1", "--cache-computed-steps", "7"}};
        for (int i = 0; i < options.length; i++) {
            Holder holder = CommandLine.populateCommand(new Holder(), Stream.concat(Stream.of("--cache-config", file.toString()),
                    Stream.of(options[i])).toArray(String[]::new));
            holder.options.method(model("t2v-2b"), new Terminal(System.out, System.err), false);
            assertThat(holder.options.computedSteps()).isEqualTo(expected[i]);
        }
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
