package io.panatorch.cogvideox.tokenizer;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.nio.file.Path;

/** A JSON file whose root is an object, read strictly. */
final class JsonFile {

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
            .build();

    private JsonFile() {}

    static JsonNode read(Path file) throws IOException {
        JsonNode root = parse(file, TokenizerBytes.readFile(file));
        if (!root.isObject()) {
            throw Problem.damaged(file, "root", "a JSON object", describe(root));
        }
        return root;
    }

    private static JsonNode parse(Path file, byte[] bytes) throws IOException {
        try {
            return MAPPER.readTree(bytes);
        } catch (JsonProcessingException e) {
            JsonLocation location = e.getLocation();
            String where = location == null
                    ? "content"
                    : "line " + location.getLineNr() + ", column " + location.getColumnNr();
            throw Problem.damaged(file, where, "JSON", Problem.quoted(e.getOriginalMessage()), e);
        }
    }

    /** A string member of an object. */
    static String text(Path file, String where, JsonNode object, String name) throws InvalidFileException {
        JsonNode node = object.path(name);
        if (!node.isTextual()) {
            throw Problem.damaged(file, where + name, "a string", describe(node));
        }
        return node.textValue();
    }

    /** A whole number of an object, at least 0 and at most {@code max}. */
    static int integer(Path file, String where, JsonNode object, String name, int max) throws InvalidFileException {
        JsonNode node = object.path(name);
        if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() < 0 || node.intValue() > max) {
            throw Problem.damaged(file, where + name, "a whole number from 0 to " + max, describe(node));
        }
        return node.intValue();
    }

    /** A value for a message; large ones are only named. */
    static String describe(JsonNode node) {
        return switch (node.getNodeType()) {
            case MISSING -> "nothing";
            case OBJECT -> "an object";
            case ARRAY -> "an array of " + node.size();
            default -> Problem.quoted(node.toString());
        };
    }
}
