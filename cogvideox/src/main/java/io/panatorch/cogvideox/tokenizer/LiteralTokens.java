package io.panatorch.cogvideox.tokenizer;

import java.util.List;

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

    /** Takes the parts of a text in their order. */
    interface Parts {

        /** A part in which there is no token; it is not empty. */
        void text(byte[] text, int from, int to);

        void token(AddedToken token);
    }

    boolean isEmpty() {
        return tokens.isEmpty();
    }

    /** Splits a part of a UTF-8 text, which counts as if nothing was around it. */
    void split(byte[] text, int from, int to, Parts parts) {
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
                    parts.text(text, done, start);
                }
                parts.token(token);
                done = token.rstrip() ? Characters.spaceAfter(text, end, to) : end;
            }
            position = Math.max(end, done);
        }
        if (done < to) {
            parts.text(text, done, to);
        }
    }
}
