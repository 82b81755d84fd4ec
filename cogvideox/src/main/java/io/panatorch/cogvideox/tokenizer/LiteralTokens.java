package io.panatorch.cogvideox.tokenizer;

import java.util.List;
import java.util.function.Consumer;

/**
 * Finds added tokens in a text. Where several begin at the same place the longest is taken; where one does not count because
 * it is part of a word, what it covers is not searched again. Both are what huggingface/tokenizers does in
 * {@code added_vocabulary.rs}.
 */
final class LiteralTokens {

    private final ByteTrie contents = new ByteTrie();
    private final List<AddedToken> tokens;

    /** @param spellings UTF-8 of what is looked for, one for each token */
    LiteralTokens(List<AddedToken> tokens, List<byte[]> spellings) {
        this.tokens = tokens;
        for (int i = 0; i < tokens.size(); i++) {
            contents.put(spellings.get(i), i);
        }
    }

    /** Takes a part of a text in which there is no token; it is not empty. */
    interface Text {
        void accept(byte[] text, int from, int to);
    }

    boolean isEmpty() {
        return tokens.isEmpty();
    }

    /** Gives the parts of a UTF-8 text in their order. What is before {@code from} and from {@code to} on counts for nothing. */
    void split(byte[] text, int from, int to, Text between, Consumer<AddedToken> found) {
        int done = from;
        int position = from;
        while (position < to) {
            int length = contents.longestMatch(text, position, to);
            if (length == 0) {
                position++;
                continue;
            }
            AddedToken token = tokens.get(contents.get(text, position, position + length));
            int end = position + length;
            if (!token.singleWord() || Characters.isAlone(text, from, to, position, end)) {
                int start = token.lstrip() ? Characters.spaceBefore(text, done, position) : position;
                if (done < start) {
                    between.accept(text, done, start);
                }
                found.accept(token);
                done = token.rstrip() ? Characters.spaceAfter(text, end, to) : end;
            }
            position = Math.max(end, done);
        }
        if (done < to) {
            between.accept(text, done, to);
        }
    }
}
