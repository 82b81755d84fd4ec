package io.panatorch.cogvideox.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Tokens that were added to a checkpoint: the ids are those that transformers itself gave for folders with these files. */
class AddedTokensTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CONTRADICTION =
            "; the tokenizer's files contradict each other, fetch all of them again from one place";
    private static final String SKS = """
            {"added_tokens_decoder": {"8100": {"content": "<sks>"}}}""";

    @TempDir
    private Path temp;

    static Stream<Arguments> goldens() throws IOException {
        return JSON.readTree(TokenizerFixtures.resource("added-tokens.json")).get("cases").valueStream()
                .map(golden -> Arguments.of(golden.get("name").textValue(), golden));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("goldens")
    void everyTextGivesTheReferenceIds(String name, JsonNode golden) throws IOException {
        Path folder = TokenizerFixtures.folder(temp);
        for (Map.Entry<String, JsonNode> file : golden.get("files").properties()) {
            Files.write(folder.resolve(file.getKey()), file.getValue().isTextual()
                    ? TokenizerFixtures.resource(file.getKey())
                    : JSON.writeValueAsBytes(file.getValue()));
        }
        if (golden.has("appended to tokenizer.json")) {
            ObjectNode json = (ObjectNode) JSON.readTree(TokenizerFixtures.resource("tokenizer.json"));
            ((ArrayNode) json.get("added_tokens")).addAll((ArrayNode) golden.get("appended to tokenizer.json"));
            Files.write(folder.resolve("tokenizer.json"), JSON.writeValueAsBytes(json));
        }
        T5Tokenizer tokenizer = T5Tokenizer.load(folder);
        assertThat(tokenizer.vocabSize()).isEqualTo(golden.get("length").intValue());
        for (Map.Entry<String, JsonNode> row : golden.get("ids").properties()) {
            int[] ids = JSON.convertValue(row.getValue(), int[].class);
            assertThat(tokenizer.encode(row.getKey())).as("ids of '%s'", row.getKey()).containsExactly(ids);
        }
    }

    private Path folder(String config, String added, String specials) throws IOException {
        Path folder = TokenizerFixtures.folder(temp, "spiece.model");
        write(folder, "tokenizer_config.json", config);
        write(folder, "added_tokens.json", added);
        write(folder, "special_tokens_map.json", specials);
        return folder;
    }

    private static void write(Path folder, String name, String content) throws IOException {
        if (content != null) {
            Files.writeString(folder.resolve(name), content);
        }
    }

    /** transformers passes over one of the two, or gives another id than the file says. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", quoteCharacter = '`', textBlock = """
            {"<sks>": 8101}  | -                     | added_tokens.json: <sks>: expected the id 8100, the next after all others, found 8101
            {"<sks>": 7}     | -                     | added_tokens.json: <sks>: expected the id 8100, the next after all others, found 7
            {"ing": 8100}    | -                     | added_tokens.json: ing: expected the id 45 of the piece ing, found 8100
            {"<extra_id_0>": 8000} | -               | added_tokens.json: <extra_id_0>: expected the id 8099 of the piece <extra_id_0>, found 8000
            -                | {"mask_token": "<m>"} | special_tokens_map.json: mask_token: expected a token to which added_tokens.json or \
            added_tokens_decoder in tokenizer_config.json gives an id, found <m>
            -                | {"additional_special_tokens": ["<pad>", {"content": "<m>"}]} | special_tokens_map.json: \
            additional_special_tokens: expected a token to which added_tokens.json or added_tokens_decoder in \
            tokenizer_config.json gives an id, found <m>
            """)
    void filesThatContradictEachOtherAreRefusedByName(String added, String specials, String problem) throws IOException {
        Path folder = folder(null, added, specials);
        refused(folder, folder + "/" + problem + CONTRADICTION);
    }

    @Test
    void theDecoderGoesFirstAndNothingElseIsDropped() throws IOException {
        Path other = folder(SKS, "{\"<sks>\": 8101}", null);
        refused(other, other + "/added_tokens.json: <sks>: expected the id 8100 that tokenizer_config.json gives <sks>,"
                + " found 8101" + CONTRADICTION);
        Path more = folder(SKS, "{\"<sks>\": 8100, \"zanzibar\": 8101}", null);
        refused(more, more + "/added_tokens.json: zanzibar: expected a token that tokenizer_config.json has in"
                + " added_tokens_decoder, which goes first, found zanzibar" + CONTRADICTION);
        assertThat(T5Tokenizer.load(folder(SKS, "{\"<sks>\": 8100}", "{\"cls_token\": \"<sks>\"}")).encode("<sks>"))
                .containsExactly(8100, 1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"added_tokens_decoder": []}                             | added_tokens_decoder: expected an object, found []
            {"added_tokens_decoder": {"x": {"content": "a"}}}        | added_tokens_decoder[x]: expected a whole number from 0 to 10000000, found an object
            {"added_tokens_decoder": {"99999999999": {"content": "a"}}} | added_tokens_decoder[99999999999]: expected a whole number from 0 to 10000000, found an object
            {"added_tokens_decoder": {"8100": "<sks>"}}              | added_tokens_decoder[8100].content: expected a string, found nothing
            {"added_tokens_decoder": {"8100": {"content": "a", "lstrip": 1}}} | added_tokens_decoder[8100].lstrip: expected true or false, found 1
            """)
    void damagedDecodersAreRefused(String config, String problem) throws IOException {
        Path folder = folder(config, null, null);
        refused(folder, folder + "/tokenizer_config.json: " + problem + "; the file is damaged, fetch it again");
    }

    /** Padding with another token would be another prompt for the model. */
    @Test
    void otherTokensInTheOfficesOfT5AreRefused() throws IOException {
        Path folder = folder("{\"pad_token\": \"[PAD]\"}", null, null);
        refused(folder, folder + "/tokenizer_config.json: pad_token: expected <pad>, found [PAD]; only T5 tokenizers are read,"
                + " use the checkpoint's own");
    }

    private static void refused(Path folder, String message) {
        assertThatThrownBy(() -> T5Tokenizer.load(folder)).isInstanceOf(InvalidFileException.class).hasMessage(message);
    }

    @Test
    void tellsTheTokenThatAnEncoderHasNoRowFor() throws IOException {
        T5Tokenizer tokenizer = T5Tokenizer.load(folder(SKS, null, null));
        assertThat(tokenizer.tokenBeyond(8100)).contains("<sks>");
        assertThat(tokenizer.tokenBeyond(8101)).isEmpty();
    }

    @Test
    void namesTheWordsThatNoPieceSpells() throws IOException {
        T5Tokenizer tokenizer = T5Tokenizer.load(folder(SKS, null, null));
        assertThat(tokenizer.unknownWords("a dog \u706B \uD83D\uDE80 in\u3000Paris, \u706B \u4F60\u597D!"))
                .containsExactly("\u706B", "\uD83D\uDE80", "\u4F60\u597D!");
        assertThat(tokenizer.unknownWords("a dog <sks> <unk> </s> in Paris\n")).isEmpty();
        assertThat(tokenizer.unknownWords("")).isEmpty();
    }
}
