package io.panatorch.cogvideox.lora;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.panatorch.testing.FuzzInputs;
import io.panatorch.testing.ReaderCheck;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Any settings in the header of an adapter, and any name of a tensor; the header itself is that of each safetensors file. */
@Tag("pure")
class LoraConfigFuzzTest {

    private static final int BYTES_PER_BYTE = 400;
    private static final String LAYER = "transformer_blocks.0.attn1.to_q";

    @TempDir
    private Path folder;

    private ReaderCheck check;

    @BeforeEach
    void makeCheck() {
        check = new ReaderCheck(folder, size -> BYTES_PER_BYTE * size);
    }

    @FuzzTest
    void settings(byte[] content) throws IOException {
        check.accept("lora.safetensors", content, file -> {
            Optional<LoraConfig> config = LoraConfig.of(file, Map.of(LoraConfig.KEY, text(file)));
            if (config.isPresent()) {
                config.get().requireRank(LAYER, 4);
                assertThat(config.get().alpha(LAYER, 4)).isFinite();
            }
        });
    }

    @FuzzTest
    void names(byte[] content) throws IOException {
        check.accept("lora.safetensors", content, file -> assertThat(LoraKey.parse(file, text(file)).layer()).isNotEmpty());
    }

    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }

    @Test
    void inputs() throws Exception {
        FuzzInputs.replay(getClass(), "settings", this::settings);
        FuzzInputs.replay(getClass(), "names", this::names);
    }
}
