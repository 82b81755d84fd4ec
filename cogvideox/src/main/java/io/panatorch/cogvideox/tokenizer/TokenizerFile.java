package io.panatorch.cogvideox.tokenizer;

import io.panatorch.io.InvalidFileException;
import java.nio.file.Path;
import java.util.Map;

/**
 * What a tokenizer needs from either of its files.
 *
 * @param vocabulary the unigram model
 * @param normalizer what a text goes through before it
 * @param specialIds the tokens that are found literally in a text, and never by the unigram model
 * @param vocabSize the number of ids, those of the special tokens included
 */
record TokenizerFile(Vocabulary vocabulary, Normalizer normalizer, Map<String, Integer> specialIds, int vocabSize) {

    static final String END = "</s>";
    static final String PADDING = "<pad>";

    /** Refuses, in the name of the file, special tokens that lack the two that every text needs. */
    static void checkSpecialTokens(Path file, String where, Map<String, Integer> specialIds)
            throws InvalidFileException {
        for (String token : new String[] {END, PADDING}) {
            if (specialIds.get(token) == null) {
                throw Problem.unsupported(file, where, "a token " + token, "none");
            }
        }
    }
}
