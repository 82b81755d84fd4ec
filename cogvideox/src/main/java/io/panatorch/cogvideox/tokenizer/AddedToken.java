package io.panatorch.cogvideox.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import io.panatorch.io.InvalidFileException;
import io.panatorch.json.JsonFile;
import java.nio.file.Path;

/**
 * A token that is found literally in a text, whatever the pieces are; huggingface/tokenizers' {@code AddedToken}.
 *
 * @param content the literal
 * @param id what it becomes
 * @param lstrip whether white space before it goes with it
 * @param rstrip whether white space after it goes with it
 * @param singleWord whether it counts only where no letter, digit or underscore is beside it
 * @param normalized whether it is looked for after the character map was applied, to itself too, and not before
 * @param special whether it has a meaning of its own, such as the end of a text
 */
record AddedToken(
        String content, int id, boolean lstrip, boolean rstrip, boolean singleWord, boolean normalized, boolean special) {

    /** Far above any T5's, and low enough that ids can be counted up to. */
    private static final int MAX_ID = 10_000_000;

    /** One as the model itself has it, such as {@code </s>}. */
    static AddedToken special(String content, int id) {
        return new AddedToken(content, id, false, false, false, false, true);
    }

    /**
     * Reads the JSON form; what it does not say is false, and {@code normalized} the contrary of {@code special}.
     *
     * @param where the object in the file
     */
    static AddedToken read(Path file, String where, JsonNode object, int id) throws InvalidFileException {
        JsonNode content = object.path("content");
        if (!content.isTextual()) {
            throw Problem.damaged(file, where + ".content", "a string", JsonFile.shown(content));
        }
        if (content.textValue().isEmpty()) {
            throw Problem.damaged(file, where + ".content", "a text of its own", "an empty one");
        }
        boolean special = flag(file, where, object, "special", false);
        return new AddedToken(content.textValue(), id, flag(file, where, object, "lstrip", false),
                flag(file, where, object, "rstrip", false), flag(file, where, object, "single_word", false),
                flag(file, where, object, "normalized", !special), special);
    }

    private static boolean flag(Path file, String where, JsonNode object, String name, boolean absent)
            throws InvalidFileException {
        JsonNode flag = object.path(name);
        if (!flag.isMissingNode() && !flag.isBoolean()) {
            throw Problem.damaged(file, where + "." + name, "true or false", JsonFile.shown(flag));
        }
        return flag.asBoolean(absent);
    }

    /** The number that an id is, wherever the file has it. */
    static int id(Path file, String where, JsonNode node) throws InvalidFileException {
        if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() < 0 || node.intValue() > MAX_ID) {
            throw Problem.damaged(file, where, "a whole number from 0 to " + MAX_ID, JsonFile.shown(node));
        }
        return node.intValue();
    }
}
