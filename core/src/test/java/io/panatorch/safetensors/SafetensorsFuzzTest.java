package io.panatorch.safetensors;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.panatorch.testing.FuzzInputs;
import io.panatorch.testing.ReaderCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Any content of a safetensors file, and of an index of one file that is sound. */
@Tag("pure")
class SafetensorsFuzzTest {

    private static final int BYTES_PER_BYTE = 200;

    @TempDir
    private Path folder;

    private ReaderCheck check;

    @BeforeEach
    void makeCheck() throws IOException {
        check = new ReaderCheck(folder, size -> BYTES_PER_BYTE * size);
    }

    @FuzzTest
    void header(byte[] content) throws IOException {
        check.accept("a.safetensors", content, file -> Safetensors.open(file).close());
    }

    @FuzzTest
    void index(byte[] content) throws IOException {
        Path shard = folder.resolve("a.safetensors");
        if (!Files.exists(shard)) {
            Files.copy(FuzzInputs.folder(getClass(), "header").resolve("two-tensors"), shard);
        }
        check.accept("a.safetensors.index.json", content, file -> Safetensors.open(file).close());
    }

    @Test
    void inputs() throws Exception {
        FuzzInputs.replay(getClass(), "header", this::header);
        check.requireUnmapped();
        FuzzInputs.replay(getClass(), "index", this::index);
    }
}
