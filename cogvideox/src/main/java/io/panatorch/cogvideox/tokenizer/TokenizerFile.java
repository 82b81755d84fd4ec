package io.panatorch.cogvideox.tokenizer;

import io.panatorch.io.InvalidFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What a tokenizer needs from its files.
 *
 * @param vocabulary the unigram model
 * @param normalizer what a text goes through before it
 * @param tokens those that are found literally in a text
 */
record TokenizerFile(Vocabulary vocabulary, Normalizer normalizer, List<AddedToken> tokens) {

    static final String END = "</s>";
    static final String PADDING = "<pad>";

    /** Refuses, in the name of the file, tokens that lack the two that every text needs. */
    static void checkTokens(Path file, String where, Map<String, ?> tokens) throws InvalidFileException {
        for (String token : new String[] {END, PADDING}) {
            if (tokens.get(token) == null) {
                throw Problem.unsupported(file, where, "a token " + token, "none");
            }
        }
    }
}
