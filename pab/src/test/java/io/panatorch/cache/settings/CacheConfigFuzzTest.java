package io.panatorch.cache.settings;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.panatorch.testing.FuzzInputs;
import io.panatorch.testing.ReaderCheck;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Any content of a configuration; what is taken makes a method that describes itself, or has settings that the method refuses. */
@Tag("pure")
class CacheConfigFuzzTest {

    private static final int BYTES_PER_BYTE = 400;

    @TempDir
    private Path folder;

    private ReaderCheck check;

    @BeforeEach
    void makeCheck() {
        check = new ReaderCheck(folder, size -> BYTES_PER_BYTE * size);
    }

    @FuzzTest
    void config(byte[] content) throws IOException {
        check.accept("cache.json", content, file -> described(CacheConfig.read(file)));
    }

    private static String described(CacheConfig config) {
        try {
            return config.method().toString();
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).contains("expected");
            return e.getMessage();
        }
    }

    @Test
    void inputs() throws Exception {
        FuzzInputs.replay(getClass(), "config", this::config);
    }
}
