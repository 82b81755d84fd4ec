package io.panatorch.cogvideox.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TokenizerJsonTest {

    private static final String DAMAGED = "; the file is damaged, fetch it again";
    private static final String CONTRADICTION =
            "; the tokenizer's files contradict each other, fetch all of them again from one place";
    private static final String UNSUPPORTED = "; only T5 tokenizers are read, use the checkpoint's own";

    private static final String BASE = """
            {"added_tokens":[{"id":0,"content":"<pad>","special":true},{"id":1,"content":"</s>","special":true},
            {"id":2,"content":"<unk>","special":true},{"id":5,"content":"<x>","special":true,"rstrip":false}],
            "normalizer":{"type":"Precompiled","precompiled_charsmap":"MAP"},
            "pre_tokenizer":{"type":"Metaspace","replacement":"\u2581","prepend_scheme":"always"},
            "model":{"type":"Unigram","unk_id":2,"vocab":[["<pad>",0],["</s>",0],["<unk>",0],["a",-1],["b",-2.5]],
            "byte_fallback":false}}"""
            .replace("MAP", Base64.getEncoder().encodeToString(TokenizerFixtures.EMPTY_CHARSMAP));

    @TempDir
    private Path temp;

    @Test
    void smallestFileIsRead() throws IOException {
        T5Tokenizer tokenizer = load(BASE);
        assertThat(tokenizer.vocabSize()).isEqualTo(6);
        assertThat(tokenizer.encode("ab<x>a")).containsExactly(2, 3, 4, 5, 2, 3, 1);
    }

    @Test
    void sequencesOfOlderWritersAreRead() throws IOException {
        String older = BASE.replace("{\"type\":\"Pre", "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Pre")
                .replace("\"},\n\"pre_tok", "\"},{\"type\":\"Strip\"}]},\n\"pre_tok")
                .replace("{\"type\":\"Meta", "{\"type\":\"Sequence\",\"pretokenizers\":[SPLIT,{\"type\":\"Meta")
                .replace("SPLIT", "{\"type\":\"WhitespaceSplit\"}")
                .replace("\"prepend_scheme\":\"always\"}", "\"add_prefix_space\":true}]}");
        assertThat(older).contains("Strip", "WhitespaceSplit", "add_prefix_space");
        assertThat(load(older).encode("ab")).containsExactly(2, 3, 4, 1);
    }

    static Stream<Arguments> brokenFiles() {
        String map = Base64.getEncoder().encodeToString(TokenizerFixtures.EMPTY_CHARSMAP);
        return Stream.of(
                arguments("\"Unigram\"", "\"BPE\"", "model.type: expected Unigram, found \"BPE\"" + UNSUPPORTED),
                arguments("\"model\"", "\"mode\"", "model.type: expected Unigram, found nothing" + UNSUPPORTED),
                arguments(
                        "byte_fallback\":false",
                        "byte_fallback\":true",
                        "model.byte_fallback: expected false, found true" + UNSUPPORTED),
                arguments(
                        "\"unk_id\":2",
                        "\"unk_id\":null",
                        "model.unk_id: expected a whole number from 0 to 4, found null" + DAMAGED),
                arguments(
                        "\"unk_id\":2",
                        "\"unk_id\":5",
                        "model.unk_id: expected a whole number from 0 to 4, found 5" + DAMAGED),
                arguments(
                        "\"vocab\":[",
                        "\"vocab\":[],\"v\":[",
                        "model.vocab: expected an array of pieces, found []" + DAMAGED),
                arguments(
                        "\"vocab\"", "\"v\"", "model.vocab: expected an array of pieces, found nothing" + DAMAGED),
                arguments(
                        "[\"a\",-1]",
                        "[\"a\",\"-1\"]",
                        "model.vocab[3]: expected a [text, score] pair, found [\"a\",\"-1\"]" + DAMAGED),
                arguments(
                        "[\"a\",-1]", "7", "model.vocab[3]: expected a [text, score] pair, found 7" + DAMAGED),
                arguments(
                        "[\"a\",-1]",
                        "[\"a\",-1e99]",
                        "model.vocab[3]: expected a finite score, found -Infinity" + DAMAGED),
                arguments("[\"a\",-1]", "[\"\",-1]", "model.vocab[3]: expected a text, found an empty one" + DAMAGED),
                arguments(
                        "[\"a\",-1]",
                        "[\"b\",-1]",
                        "model.vocab[4]: expected a text of its own, found the text of piece 3" + DAMAGED),
                arguments(
                        ",[\"a\",-1],[\"b\",-2.5]",
                        ",[\"<x>\",0]",
                        "model.vocab: expected normal pieces, found none" + DAMAGED),
                arguments("added_tokens", "added", "added_tokens: expected an array, found nothing" + DAMAGED),
                arguments(
                        "\"content\":\"</s>\"",
                        "\"content\":7",
                        "added_tokens[1].content: expected a string, found 7" + DAMAGED),
                arguments(
                        "\"content\":\"</s>\"",
                        "\"content\":\"<pad>\"",
                        "added_tokens[1].content: expected a text of its own, found one that came before" + DAMAGED),
                arguments(
                        "\"content\":\"<x>\"",
                        "\"content\":\"\"",
                        "added_tokens[3].content: expected a text of its own, found an empty one" + DAMAGED),
                arguments(
                        "{\"id\":1,\"content\":\"</s>\",\"special\":true},",
                        "",
                        "added_tokens: expected a token </s>, found none" + UNSUPPORTED),
                arguments(
                        "\"content\":\"</s>\"",
                        "\"content\":\"<end>\"",
                        "added_tokens[1]: expected the id 5, the next after all others, found 1" + CONTRADICTION),
                arguments(
                        "\"id\":5",
                        "\"id\":9",
                        "added_tokens[3]: expected the id 5, the next after all others, found 9" + CONTRADICTION),
                arguments(
                        "\"id\":5",
                        "\"id\":-2147483649",
                        "added_tokens[3].id: expected a whole number from 0 to 10000000, found -2147483649" + DAMAGED),
                arguments(
                        "\"id\":5,\"content\":\"<x>\"",
                        "\"id\":4,\"content\":\"\\n\"",
                        "added_tokens[3]: expected the id 5, the next after all others, found 4" + CONTRADICTION),
                arguments(
                        "\"id\":5,\"content\":\"<x>\"",
                        "\"id\":5,\"content\":\"a\"",
                        "added_tokens[3]: expected the id 3 of the piece a, found 5" + CONTRADICTION),
                arguments(
                        "\"rstrip\":false",
                        "\"rstrip\":1",
                        "added_tokens[3].rstrip: expected true or false, found 1" + DAMAGED),
                arguments(
                        "\"Precompiled\"",
                        "\"NFKC\"",
                        "normalizer.type: expected Precompiled, found \"NFKC\"" + UNSUPPORTED),
                arguments(
                        "precompiled_charsmap",
                        "charsmap",
                        "normalizer.precompiled_charsmap: expected a string, found nothing" + DAMAGED),
                arguments(
                        map,
                        "AA!A",
                        "normalizer.precompiled_charsmap: expected base64, found Illegal base64 character 21"
                                + DAMAGED),
                arguments(
                        map,
                        "",
                        "normalizer.precompiled_charsmap: expected the 4 bytes of a trie size, found 0 bytes"
                                + DAMAGED),
                arguments(
                        "\"Metaspace\"",
                        "\"ByteLevel\"",
                        "pre_tokenizer.type: expected Metaspace, found \"ByteLevel\"" + UNSUPPORTED),
                arguments(
                        "\u2581", "_", "pre_tokenizer.replacement: expected U+2581, found _" + UNSUPPORTED),
                arguments(
                        "\"always\"",
                        "\"never\"",
                        "pre_tokenizer.prepend_scheme: expected always, found never" + UNSUPPORTED),
                arguments(
                        "{\"added",
                        "[{\"added",
                        "line 6, column 24: expected JSON, found Unexpected end-of-input: expected close marker for"
                                + " Array (st..." + DAMAGED));
    }

    @ParameterizedTest
    @MethodSource("brokenFiles")
    void brokenFileIsRefusedInOneLine(String from, String to, String problem) throws IOException {
        assertThat(BASE).contains(from);
        Path file = Files.writeString(temp.resolve("tokenizer.json"), BASE.replace(from, to));
        assertThatThrownBy(() -> T5Tokenizer.load(temp))
                .isInstanceOf(InvalidFileException.class)
                .hasMessage(file + ": " + problem);
    }

    @Test
    void everyTruncationIsRefused() throws IOException {
        byte[] json = BASE.getBytes(StandardCharsets.UTF_8);
        for (int length = 0; length < json.length; length += 7) {
            Files.write(temp.resolve("tokenizer.json"), Arrays.copyOf(json, length));
            assertThatThrownBy(() -> T5Tokenizer.load(temp))
                    .as("length " + length)
                    .isInstanceOf(InvalidFileException.class)
                    .hasMessageEndingWith(DAMAGED);
        }
    }

    @ParameterizedTest
    @MethodSource("nested")
    void deepNestingIsRefused(String json) throws IOException {
        Files.writeString(temp.resolve("tokenizer.json"), json);
        assertThatThrownBy(() -> T5Tokenizer.load(temp))
                .isInstanceOf(InvalidFileException.class)
                .hasMessageContaining("expected JSON, found ")
                .hasMessageEndingWith(DAMAGED);
    }

    static Stream<String> nested() {
        return Stream.of("[".repeat(1_000_000), "{\"a\":".repeat(1_000_000), "{\"a\":1,\"a\":2}", "{} {}");
    }

    private T5Tokenizer load(String json) throws IOException {
        Files.writeString(temp.resolve("tokenizer.json"), json);
        return T5Tokenizer.load(temp);
    }
}
