package io.panatorch.cogvideox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cache.MemoryBudget;
import io.panatorch.cache.pab.PyramidAttentionBroadcast;
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
        assertThat(holder.options.method(new Terminal(System.out, System.err), false))
                .hasToString(PyramidAttentionBroadcast.cogVideoX().toString());
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
