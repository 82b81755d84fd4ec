package io.panatorch.cogvideox.tokenizer;

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

/** Any content of each file of a tokenizer; one that is taken tokenizes a text. */
@Tag("pure")
class TokenizerFuzzTest {

    private static final String SPIECE_MODEL = "spiece.model";
    private static final int BYTES_PER_BYTE = 400;
    private static final String TEXT = "A \uff21\uff21 A <extra_id_0>b</s> \ud83d\udc31\ud800";

    @TempDir
    private Path folder;

    private ReaderCheck check;

    @BeforeEach
    void makeCheck() {
        check = new ReaderCheck(folder, size -> BYTES_PER_BYTE * size);
    }

    private void read(String name, byte[] content) throws IOException {
        check.accept(name, content, _ -> T5Tokenizer.load(folder).encode(TEXT));
    }

    @FuzzTest
    void spieceModel(byte[] content) throws IOException {
        read(SPIECE_MODEL, content);
    }

    @FuzzTest
    void tokenizerJson(byte[] content) throws IOException {
        read("tokenizer.json", content);
    }

    /** What stands beside the vocabulary. */
    private void readBeside(String name, byte[] content) throws IOException {
        Path vocabulary = folder.resolve(SPIECE_MODEL);
        if (!Files.exists(vocabulary)) {
            Files.copy(FuzzInputs.folder(getClass(), "spieceModel").resolve("one-character-mapped"), vocabulary);
        }
        read(name, content);
    }

    @FuzzTest
    void tokenizerConfig(byte[] content) throws IOException {
        readBeside("tokenizer_config.json", content);
    }

    @FuzzTest
    void specialTokensMap(byte[] content) throws IOException {
        readBeside("special_tokens_map.json", content);
    }

    @FuzzTest
    void addedTokens(byte[] content) throws IOException {
        readBeside("added_tokens.json", content);
    }

    @Test
    void inputs() throws Exception {
        FuzzInputs.replay(getClass(), "tokenizerJson", this::tokenizerJson);
        Files.delete(folder.resolve("tokenizer.json"));
        FuzzInputs.replay(getClass(), "spieceModel", this::spieceModel);
        Files.delete(folder.resolve(SPIECE_MODEL));
        FuzzInputs.replay(getClass(), "tokenizerConfig", this::tokenizerConfig);
        Files.delete(folder.resolve("tokenizer_config.json"));
        FuzzInputs.replay(getClass(), "specialTokensMap", this::specialTokensMap);
        Files.delete(folder.resolve("special_tokens_map.json"));
        FuzzInputs.replay(getClass(), "addedTokens", this::addedTokens);
    }
}
