package io.panatorch.cogvideox.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class T5TokenizerTest {

    private static final int UNKNOWN = 2;
    private static final int WORD_START = 15;

    @TempDir
    private static Path temp;

    private static T5Tokenizer fromSpiece;
    private static T5Tokenizer fromJson;

    @BeforeAll
    static void load() throws IOException {
        fromSpiece = T5Tokenizer.load(TokenizerFixtures.folder(temp, "spiece.model"));
        fromJson = T5Tokenizer.load(TokenizerFixtures.folder(temp, "tokenizer.json"));
    }

    @Test
    void vocabSizeCountsTheExtraIds() throws IOException {
        assertThat(fromSpiece.vocabSize()).isEqualTo(8100);
        assertThat(fromJson.vocabSize()).isEqualTo(8100);
        Path folder = TokenizerFixtures.folder(temp, "spiece.model");
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"extra_ids\": 3}");
        T5Tokenizer three = T5Tokenizer.load(folder);
        assertThat(three.vocabSize()).isEqualTo(8003);
        assertThat(three.encode("<extra_id_0><extra_id_2>")).containsExactly(8002, 8000, 1);
        assertThat(three.encode("<extra_id_3>")).containsExactly(168, 4148, 9, 354, 9, 230, 163, 1);
        Files.writeString(folder.resolve("tokenizer_config.json"), "{}");
        assertThat(T5Tokenizer.load(folder).vocabSize()).isEqualTo(8100);
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 10 1", "3, 10 358 1", "4, 10 358 1 0"})
    void lengthIsExactAndTheEndTokenStays(int maxLength, String ids) {
        int[] expected = Arrays.stream(ids.split(" ")).mapToInt(Integer::parseInt).toArray();
        assertThat(fromSpiece.encode("a b", maxLength)).containsExactly(expected);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, Integer.MIN_VALUE})
    void lengthBelowOneIsRefused(int maxLength) {
        assertThatThrownBy(() -> fromSpiece.encode("a", maxLength))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("maxLength: expected at least 1, found " + maxLength);
    }

    @Test
    void fullWidthEndTokenIsText() {
        // The map turns it into the letters of </s>, which neither source may take for the control token.
        int[] ids = {168, 26, 8, 163, 1};
        assertThat(fromSpiece.encode("\uFF1C\uFF0F\uFF53\uFF1E")).containsExactly(ids);
        assertThat(fromJson.encode("\uFF1C\uFF0F\uFF53\uFF1E")).containsExactly(ids);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\uD800", "\uDC00", "\uDC00\uD800"})
    void loneSurrogatesAreReplacementCharacters(String surrogates) {
        String replaced = "\uFFFD".repeat(surrogates.length());
        for (T5Tokenizer tokenizer : new T5Tokenizer[] {fromSpiece, fromJson}) {
            for (String text : new String[] {"%s", "a%s", "%sa", "a%sb"}) {
                int[] expected = tokenizer.encode(text.formatted(replaced));
                assertThat(tokenizer.encode(text.formatted(surrogates))).containsExactly(expected);
            }
        }
    }

    @Test
    void unknownCharactersAreOneIdPerRun() {
        assertThat(fromSpiece.encode("\u4F60\u597D\u4E16")).containsExactly(WORD_START, UNKNOWN, 1);
        assertThat(fromSpiece.encode("\0\0\0")).containsExactly(WORD_START, UNKNOWN, 1);
        assertThat(fromSpiece.encode("<unk><unk>\u4F60"))
                .containsExactly(UNKNOWN, UNKNOWN, WORD_START, UNKNOWN, 1);
    }

    @Test
    void bothSourcesAgreeOnRandomText() {
        Random random = new Random(20240822);
        for (int i = 0; i < 3000; i++) {
            String text = randomText(random);
            int[] ids = fromSpiece.encode(text);
            String hex = text.chars().mapToObj("%04x"::formatted).toList().toString();
            assertThat(fromJson.encode(text)).as("text %d: %s", i, hex).containsExactly(ids);
            assertThat(Arrays.stream(ids)).as("text %d: %s", i, hex).endsWith(1).allMatch(id -> id >= 0 && id < 8100);
        }
    }

    private static String randomText(Random random) {
        String[] parts = {"</s>", "<extra_id_7>", "<pad>", " ", "\u2581", "\uFB01", "e\u0301", "\u0085", "video "};
        StringBuilder text = new StringBuilder();
        int length = random.nextInt(20);
        for (int i = 0; i < length; i++) {
            switch (random.nextInt(5)) {
                case 0 -> text.append(parts[random.nextInt(parts.length)]);
                case 1 -> text.append((char) random.nextInt(0x10000));
                case 2 -> text.appendCodePoint(random.nextInt(0x110000));
                default -> text.append((char) (' ' + random.nextInt(0x5F)));
            }
        }
        return text.toString();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "a panda plays. ", "\u4F60", "<", "</s>", "\uFDFA", " ", "\u0301", "<extra_id_"})
    void longTextTakesLinearTime(String part) {
        String text = part.repeat(100_000 / part.length());
        int[] ids = Assertions.assertTimeoutPreemptively(Duration.ofSeconds(10), () -> fromSpiece.encode(text));
        assertThat(ids).endsWith(1);
        assertThat(fromSpiece.encode(text, 226)).startsWith(Arrays.copyOf(ids, Math.min(225, ids.length)));
    }

    @Test
    void manyThreadsGetTheSameIds() {
        String text = "a panda plays the guitar by a still lake";
        int[] expected = fromSpiece.encode(text);
        assertThat(IntStream.range(0, 2000).parallel().mapToObj(i -> fromSpiece.encode(text)))
                .allSatisfy(ids -> assertThat(ids).containsExactly(expected));
    }

    @Test
    void folderWithoutTokenizerIsNamed() throws IOException {
        Path folder = TokenizerFixtures.folder(temp);
        assertThatThrownBy(() -> T5Tokenizer.load(folder))
                .isInstanceOf(InvalidFileException.class)
                .hasMessage(folder + ": expected spiece.model or tokenizer.json, found neither;"
                        + " name the tokenizer folder of a checkpoint");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"extra_ids\": -1}|extra_ids: expected a whole number of at least 0, found -1",
                "{\"extra_ids\": 1e3}|extra_ids: expected a whole number of at least 0, found 1000.0",
                "{\"extra_ids\": null}|extra_ids: expected a whole number of at least 0, found null",
                "{\"extra_ids\": 99999999999}|extra_ids: expected a whole number of at least 0, found 99999999999",
                "{\"extra_ids\": 10001}|extra_ids: expected at most 10000, found 10001",
                "[]|root: expected a JSON object, found []; the file is damaged, fetch it again"
            })
    void configMustGiveASaneNumberOfExtraIds(String config, String problem) throws IOException {
        Path folder = TokenizerFixtures.folder(temp, "spiece.model");
        Path file = Files.writeString(folder.resolve("tokenizer_config.json"), config);
        assertThatThrownBy(() -> T5Tokenizer.load(folder))
                .isInstanceOf(InvalidFileException.class)
                .hasMessage(file + ": " + problem);
    }
}
