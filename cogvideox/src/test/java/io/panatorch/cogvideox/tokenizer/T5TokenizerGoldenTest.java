package io.panatorch.cogvideox.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cogvideox.tokenizer.TokenizerFixtures.Row;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against what SentencePiece and transformers themselves gave. */
class T5TokenizerGoldenTest {

    private static final int ROWS = 326;
    private static final int ROWS_ABOVE_226 = 6;

    @TempDir
    private Path temp;

    @ParameterizedTest
    @ValueSource(strings = {"spiece.model", "tokenizer.json"})
    void everyRowGivesTheReferenceIds(String source) throws IOException {
        T5Tokenizer tokenizer = T5Tokenizer.load(TokenizerFixtures.folder(temp, source));
        List<Row> rows = TokenizerFixtures.rows();
        assertThat(rows).hasSize(ROWS);
        for (Row row : rows) {
            assertThat(tokenizer.encode(row.text())).as("ids of '%s'", row.text()).containsExactly(row.ids());
        }
    }

    @Test
    void everyRowIsNormalisedAsSentencePieceDoes() throws IOException {
        Path folder = TokenizerFixtures.folder(temp, "spiece.model", "tokenizer.json");
        TokenizerJson json = TokenizerJson.parse(folder.resolve("tokenizer.json"));
        AddedTokenFiles added = AddedTokenFiles.read(folder, json);
        List<Normalizer> normalizers = List.of(
                SpieceModel.read(folder.resolve("spiece.model"), added).normalizer(), json.read(added).normalizer());
        for (Row row : TokenizerFixtures.rows()) {
            byte[] text = TokenizerBytes.utf8(row.text());
            for (Normalizer normalizer : normalizers) {
                String normalized = new String(normalizer.normalize(text, 0, text.length), StandardCharsets.UTF_8);
                assertThat(normalized).as("normal form of '%s'", row.text()).isEqualTo(row.normalized());
            }
        }
    }

    @Test
    void longRowsAreCutAndKeepTheEndToken() throws IOException {
        T5Tokenizer tokenizer = T5Tokenizer.load(TokenizerFixtures.folder(temp, "spiece.model"));
        int cut = 0;
        for (Row row : TokenizerFixtures.rows()) {
            if (row.ids226() != null) {
                cut += row.ids().length > 226 ? 1 : 0;
                assertThat(tokenizer.encode(row.text(), 226)).hasSize(226).containsExactly(row.ids226());
            }
        }
        assertThat(cut).isEqualTo(ROWS_ABOVE_226);
    }

    @ParameterizedTest
    @CsvSource({"'',1", "a panda,10 386 630 86 1", "one two three,83 213 954 1"})
    void shortTextsArePaddedWithZeros(String text, String ids) throws IOException {
        T5Tokenizer tokenizer = T5Tokenizer.load(TokenizerFixtures.folder(temp, "tokenizer.json"));
        int[] expected = Arrays.stream(ids.split(" ")).mapToInt(Integer::parseInt).toArray();
        assertThat(tokenizer.encode(text, 226)).containsExactly(Arrays.copyOf(expected, 226));
    }
}
