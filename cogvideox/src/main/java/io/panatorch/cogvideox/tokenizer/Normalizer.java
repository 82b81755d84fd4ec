package io.panatorch.cogvideox.tokenizer;

import io.panatorch.io.InvalidFileException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Text as the model was trained on it: characters replaced by the file's map (nmt_nfkc for T5), white space runs as one
 * U+2581, one of those in front and none at the end.
 *
 * <p>Gives what {@code Normalizer::Normalize} in sentencepiece's {@code src/normalizer.cc} gives with add_dummy_prefix,
 * remove_extra_whitespaces and escape_whitespaces set. The precompiled map is a 32-bit size, a double-array trie of
 * that many bytes (units as in {@code third_party/darts_clone/darts.h}), and replacement strings that end in a zero
 * byte; the value of a key is the offset of its replacement. All numbers are little-endian.
 */
final class Normalizer {

    private static final byte[] SPACE_MARK = {(byte) 0xE2, (byte) 0x96, (byte) 0x81};

    private static final int LEAF_BIT = 1 << 31;

    /** In bytes, far above that of Unicode's; a limit so that a text cannot become as often longer as a hostile file likes. */
    private static final int LONGEST_REPLACEMENT = 255;

    private final int[] units;
    private final byte[] replacements;

    private Normalizer(int[] units, byte[] replacements) {
        this.units = units;
        this.replacements = replacements;
    }

    /**
     * @param file for the messages
     * @param where the name of the map in the file
     * @param charsmap the precompiled map
     */
    static Normalizer of(Path file, String where, byte[] charsmap) throws InvalidFileException {
        ByteBuffer buffer = ByteBuffer.wrap(charsmap).order(ByteOrder.LITTLE_ENDIAN);
        if (charsmap.length < Integer.BYTES) {
            throw Problem.damaged(file, where, "the 4 bytes of a trie size", charsmap.length + " bytes");
        }
        long trieSize = Integer.toUnsignedLong(buffer.getInt());
        if (trieSize == 0 || trieSize % Integer.BYTES != 0 || trieSize >= buffer.remaining()) {
            String expected = "a trie size that is a multiple of 4 below " + buffer.remaining();
            throw Problem.damaged(file, where, expected, "" + trieSize);
        }
        int[] units = new int[(int) trieSize / Integer.BYTES];
        buffer.asIntBuffer().get(units);
        byte[] replacements = Arrays.copyOfRange(charsmap, Integer.BYTES + (int) trieSize, charsmap.length);
        if (replacements[replacements.length - 1] != 0) {
            throw Problem.damaged(file, where, "a zero byte at the end", "" + replacements[replacements.length - 1]);
        }
        checkUnits(file, where, units, replacements);
        return new Normalizer(units, replacements);
    }

    /** Makes sure that no walk can leave the arrays: the walk itself checks nothing. */
    private static void checkUnits(Path file, String where, int[] units, byte[] replacements)
            throws InvalidFileException {
        for (int i = 0; i < units.length; i++) {
            // A leaf has no children, but a walk begins at unit 0 whatever that is.
            if (i != 0 && (units[i] & LEAF_BIT) != 0) {
                continue;
            }
            int children = i ^ offset(units[i]);
            if ((children | 0xFF) >= units.length) {
                String expected = "children of trie unit " + i + " below unit " + units.length;
                throw Problem.damaged(file, where, expected, "" + (children | 0xFF));
            }
            if (hasLeaf(units[i])) {
                checkReplacement(file, where, i, leafValue(units[children]), replacements);
            }
        }
    }

    private static void checkReplacement(Path file, String where, int unit, int start, byte[] replacements)
            throws InvalidFileException {
        if (start >= replacements.length) {
            String expected = "a replacement of trie unit " + unit + " below offset " + replacements.length;
            throw Problem.damaged(file, where, expected, "" + start);
        }
        int end = start;
        while (replacements[end] != 0) {
            end++;
            if (end - start > LONGEST_REPLACEMENT) {
                String expected = "a replacement of trie unit " + unit + " of at most " + LONGEST_REPLACEMENT + " bytes";
                throw Problem.damaged(file, where, expected, "a longer one");
            }
        }
    }

    /** The normalised form of one part of a UTF-8 text, itself UTF-8; empty where only white space is left. */
    byte[] normalize(byte[] text, int from, int to) {
        Marked marked = new Marked(to - from);
        map(text, from, to, marked);
        return marked.text();
    }

    /** A part of a text with its characters replaced alone, and white space still as it is. */
    byte[] map(byte[] text, int from, int to) {
        ByteArrayOutputStream mapped = new ByteArrayOutputStream(to - from);
        map(text, from, to, (source, start, end) -> mapped.write(source, start, end - start));
        return mapped.toByteArray();
    }

    /** The normalised form of a part of a text that {@link #map(byte[], int, int)} gave. */
    static byte[] mark(byte[] mapped, int from, int to) {
        Marked marked = new Marked(to - from);
        for (int i = from; i < to; i++) {
            marked.accept(mapped, i, i + 1);
        }
        return marked.text();
    }

    /** Takes a character as it is, or what it became. */
    private interface Sink {
        void accept(byte[] source, int from, int to);
    }

    private void map(byte[] text, int from, int to, Sink sink) {
        int position = from;
        while (position < to) {
            Match match = longestMatch(text, position, to);
            if (match == null) {
                int end = Math.min(position + Vocabulary.characterLength(text[position]), to);
                sink.accept(text, position, end);
                position = end;
            } else {
                int end = match.replacement;
                while (replacements[end] != 0) {
                    end++;
                }
                sink.accept(replacements, match.replacement, end);
                position += match.length;
            }
        }
    }

    /** A text with spaces escaped, one of them in front, and without those with which something begins after a space. */
    private static final class Marked implements Sink {

        private final ByteArrayOutputStream out;
        private boolean afterSpace = true;

        Marked(int length) {
            out = new ByteArrayOutputStream(length + SPACE_MARK.length);
            out.writeBytes(SPACE_MARK);
        }

        @Override
        public void accept(byte[] source, int from, int to) {
            int start = from;
            while (afterSpace && start < to && source[start] == ' ') {
                start++;
            }
            for (int i = start; i < to; i++) {
                if (source[i] == ' ') {
                    out.writeBytes(SPACE_MARK);
                } else {
                    out.write(source[i]);
                }
            }
            afterSpace = start == to ? afterSpace : source[to - 1] == ' ';
        }

        byte[] text() {
            return withoutTrailingSpace(out.toByteArray());
        }
    }

    private static byte[] withoutTrailingSpace(byte[] text) {
        int end = text.length;
        int mark = SPACE_MARK.length;
        while (end >= mark && Arrays.equals(text, end - mark, end, SPACE_MARK, 0, mark)) {
            end -= mark;
        }
        return Arrays.copyOf(text, end);
    }

    /** The longest key of the map that begins at {@code from}, or null. */
    private Match longestMatch(byte[] text, int from, int to) {
        Match longest = null;
        int children = offset(units[0]);
        for (int i = from; i < to; i++) {
            int node = children ^ (text[i] & 0xFF);
            int unit = units[node];
            // A leaf's unit has the leaf bit, so that it equals no byte: not even the zero byte, which leads to it.
            if ((unit & (LEAF_BIT | 0xFF)) != (text[i] & 0xFF)) {
                break;
            }
            children = node ^ offset(unit);
            if (hasLeaf(unit)) {
                longest = new Match(i + 1 - from, leafValue(units[children]));
            }
        }
        return longest;
    }

    private static int offset(int unit) {
        return (unit >>> 10) << ((unit & 1 << 9) >>> 6);
    }

    private static boolean hasLeaf(int unit) {
        return (unit & 1 << 8) != 0;
    }

    private static int leafValue(int unit) {
        return unit & ~LEAF_BIT;
    }

    /**
     * @param length of the key, in bytes
     * @param replacement the offset of what it becomes
     */
    private record Match(int length, int replacement) {}
}
