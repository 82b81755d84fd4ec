package io.panatorch.cache.pab;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.panatorch.testing.FuzzInputs;
import io.panatorch.testing.ReaderCheck;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Any content of a file of rules; what is taken makes a method, and describes itself. */
@Tag("pure")
class PabConfigFuzzTest {

    private static final int BYTES_PER_BYTE = 400;

    @TempDir
    private Path folder;

    private ReaderCheck check;

    @BeforeEach
    void makeCheck() {
        check = new ReaderCheck(folder, size -> BYTES_PER_BYTE * size);
    }

    @FuzzTest
    void rules(byte[] content) throws IOException {
        check.accept("rules.json", content, file -> PabConfig.read(file).method().toString());
    }

    @Test
    void inputs() throws Exception {
        FuzzInputs.replay(getClass(), "rules", this::rules);
    }
}
