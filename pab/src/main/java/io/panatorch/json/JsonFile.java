package io.panatorch.json;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.panatorch.io.FileContent;
import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.nio.file.Path;

/** The content of a JSON file whose root is an object, read strictly, and its values in messages. */
@SuppressWarnings("exports") // the only module that it is exported to reads Jackson itself
public final class JsonFile {

    /** Ends the message for a file that breaks its own format. */
    public static final String DAMAGED = "; the file is damaged, fetch it again";

    private static final int MAX_SHOWN = 60;

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
            .build();

    private JsonFile() {}

    /**
     * {@return the root of a file that was fetched}
     *
     * @param file the file in messages
     * @throws InvalidFileException where the content is not one JSON object in UTF-8, or has a key twice
     */
    public static JsonNode parse(Path file, byte[] content) throws IOException {
        return parse(file, content, DAMAGED, DAMAGED);
    }

    /** {@return the same of a file that its reader, or a program of theirs, has written} */
    public static JsonNode parseOwn(Path file, byte[] content) throws IOException {
        return parse(file, content, FileContent.SAVE_AS_UTF8, "");
    }

    private static JsonNode parse(Path file, byte[] content, String otherBytes, String otherText) throws IOException {
        JsonNode root = tree(file, FileContent.utf8(file, content, otherBytes), otherText);
        if (!root.isObject()) {
            throw new InvalidFileException(file, "root: expected a JSON object, found " + shown(root) + otherText);
        }
        return root;
    }

    private static JsonNode tree(Path file, String text, String remedy) throws IOException {
        try {
            return parse(text);
        } catch (JsonProcessingException e) {
            JsonLocation at = e.getLocation();
            String where = at == null ? "content" : "line " + at.getLineNr() + ", column " + at.getColumnNr();
            throw new InvalidFileException(
                    file, where + ": expected JSON, found " + oneLine(e.getOriginalMessage()) + remedy, e);
        }
    }

    /** {@return a value of any kind} */
    public static JsonNode parse(String text) throws JsonProcessingException {
        return MAPPER.readTree(text);
    }

    /** {@return a value, as messages show it} */
    public static String shown(JsonNode node) {
        return switch (node.getNodeType()) {
            case MISSING -> "nothing";
            case OBJECT -> "an object";
            default -> oneLine(node.toString());
        };
    }

    /** {@return text of a file, safe to show: printable ASCII on one line, cut to a readable length} */
    public static String oneLine(String text) {
        String line = text.replaceAll("[^ -~]", "?");
        return line.length() <= MAX_SHOWN ? line : line.substring(0, MAX_SHOWN) + "...";
    }
}
