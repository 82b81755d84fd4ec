package io.panatorch.cogvideox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
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

    @Test
    void thePresetIsThatOfTheMethod() {
        Holder holder = CommandLine.populateCommand(new Holder());
        assertThat(holder.options.method(new Terminal(System.out, System.err, false)))
                .hasToString(PyramidAttentionBroadcast.cogVideoX().toString());
    }
}
