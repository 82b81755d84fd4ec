package io.panatorch.cogvideox.tokenizer;

import java.nio.charset.StandardCharsets;

/** Characters of UTF-8 texts, by the classes of Unicode's regular expressions: {@code \w} and {@code \s}. */
final class Characters {

    private static final int CONTINUATION_MASK = 0xC0;
    private static final int CONTINUATION = 0x80;

    private Characters() {}

    /** Whether no character of a word is right before or right after a part, within a text's bounds. */
    static boolean isAlone(byte[] text, int from, int to, int start, int end) {
        boolean before = start > from && isWord(decode(text, previous(text, from, start), start));
        return !before && !(end < to && isWord(decode(text, end, next(text, end, to))));
    }

    /** Where the white space begins that ends at a position, not before {@code from}. */
    static int spaceBefore(byte[] text, int from, int position) {
        int start = position;
        while (start > from && isSpace(decode(text, previous(text, from, start), start))) {
            start = previous(text, from, start);
        }
        return start;
    }

    /** Where the white space ends that begins at a position. */
    static int spaceAfter(byte[] text, int position, int to) {
        int end = position;
        while (end < to && isSpace(decode(text, end, next(text, end, to)))) {
            end = next(text, end, to);
        }
        return end;
    }

    private static int previous(byte[] text, int from, int position) {
        int start = position - 1;
        while (start > from && (text[start] & CONTINUATION_MASK) == CONTINUATION) {
            start--;
        }
        return start;
    }

    private static int next(byte[] text, int position, int to) {
        return Math.min(position + Vocabulary.characterLength(text[position]), to);
    }

    private static int decode(byte[] text, int from, int to) {
        return new String(text, from, to - from, StandardCharsets.UTF_8).codePointAt(0);
    }

    private static boolean isWord(int character) {
        return Character.isAlphabetic(character) || switch (Character.getType(character)) {
            case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.COMBINING_SPACING_MARK,
                    Character.DECIMAL_DIGIT_NUMBER, Character.CONNECTOR_PUNCTUATION -> true;
            default -> character == '\u200C' || character == '\u200D'; // the joiners
        };
    }

    /** Unicode's White_Space, which is neither of the two that Java has methods for. */
    static boolean isSpace(int character) {
        return character >= '\t' && character <= '\r' || character == '\u0085' || Character.isSpaceChar(character);
    }
}
