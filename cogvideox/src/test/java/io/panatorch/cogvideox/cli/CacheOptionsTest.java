package io.panatorch.cogvideox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cache.MemoryBudget;
import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import io.panatorch.cogvideox.Golden;
import io.panatorch.cogvideox.ModelDescription;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
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
    void teaCacheHasTheCoefficientsOfTheModel(String golden, String constant) throws Exception {
        Holder holder = CommandLine.populateCommand(new Holder(), "--cache", "teacache");
        assertThat(holder.options.method(model(golden), new Terminal(System.out, System.err), false).toString())
                .endsWith(", " + constant + "]]");
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
