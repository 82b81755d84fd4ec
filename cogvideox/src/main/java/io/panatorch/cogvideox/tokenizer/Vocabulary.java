package io.panatorch.cogvideox.tokenizer;

import io.panatorch.io.InvalidFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The pieces of a unigram language model, and the segmentation of a text into them.
 *
 * <p>The model is Kudo, <a href="https://arxiv.org/abs/1804.10959">Subword Regularization</a> (2018); the search gives
 * what {@code Model::EncodeOptimized} in sentencepiece's {@code src/unigram_model.cc} gives, rounding and ties
 * included.
 */
final class Vocabulary {

    /** How much worse than the worst piece an unknown character is. */
    private static final float UNKNOWN_PENALTY = 10;

    private final Map<String, Integer> ids;
    private final ByteTrie trie;
    private final float[] scores;
    private final int unknownId;
    private final float unknownScore;

    private Vocabulary(Map<String, Integer> ids, ByteTrie trie, float[] scores, int unknownId, float minScore) {
        this.ids = ids;
        this.trie = trie;
        this.scores = scores;
        this.unknownId = unknownId;
        this.unknownScore = minScore - UNKNOWN_PENALTY;
    }

    /**
     * @param file for the messages
     * @param where the name of the list of pieces in the file
     * @param pieces by id
     * @param unknownId the id of the unknown piece, within {@code pieces}
     */
    static Vocabulary of(Path file, String where, List<Piece> pieces, int unknownId) throws InvalidFileException {
        Map<String, Integer> ids = new HashMap<>();
        ByteTrie trie = new ByteTrie();
        float[] scores = new float[pieces.size()];
        float minScore = Float.POSITIVE_INFINITY;
        for (int id = 0; id < scores.length; id++) {
            Piece piece = pieces.get(id);
            check(file, where + "[" + id + "]", piece, ids.put(piece.text(), id));
            scores[id] = piece.score();
            if (piece.normal()) {
                trie.put(TokenizerBytes.utf8(piece.text()), id);
                minScore = Math.min(minScore, piece.score());
            }
        }
        if (minScore == Float.POSITIVE_INFINITY) {
            throw Problem.damaged(file, where, "normal pieces", "none");
        }
        return new Vocabulary(Collections.unmodifiableMap(ids), trie, scores, unknownId, minScore);
    }

    private static void check(Path file, String where, Piece piece, Integer sameText) throws InvalidFileException {
        if (piece.text().isEmpty()) {
            throw Problem.damaged(file, where, "a text", "an empty one");
        }
        if (sameText != null) {
            throw Problem.damaged(file, where, "a text of its own", "the text of piece " + sameText);
        }
        if (!Float.isFinite(piece.score())) {
            throw Problem.damaged(file, where, "a finite score", "" + piece.score());
        }
    }

    /** The id of each piece, normal or not. */
    Map<String, Integer> ids() {
        return ids;
    }

    int unknownId() {
        return unknownId;
    }

    int size() {
        return scores.length;
    }

    /** The ids of the most likely pieces of a normalised text; neighbouring unknown characters are one id. */
    int[] segment(byte[] normalized) {
        BestPaths paths = new BestPaths(normalized.length);
        int start = 0;
        while (start < normalized.length) {
            int characterEnd = Math.min(start + characterLength(normalized[start]), normalized.length);
            if (!offerPieces(normalized, start, characterEnd, paths)) {
                paths.offer(start, characterEnd, unknownId, unknownScore + paths.scores[start]);
            }
            start = characterEnd;
        }
        return paths.ids(unknownId);
    }

    /** Continues the best path to {@code start} with every piece; tells whether the one character there is a piece. */
    private boolean offerPieces(byte[] text, int start, int characterEnd, BestPaths paths) {
        boolean characterIsPiece = false;
        int node = ByteTrie.ROOT;
        for (int i = start; i < text.length; i++) {
            node = trie.child(node, text[i]);
            if (node == ByteTrie.NO_NODE) {
                break;
            }
            int id = trie.value(node);
            if (id != ByteTrie.NO_VALUE) {
                // SentencePiece adds these two in double precision, and those of an unknown character in single.
                paths.offer(start, i + 1, id, (double) scores[id] + paths.scores[start]);
                characterIsPiece |= i + 1 == characterEnd;
            }
        }
        return characterIsPiece;
    }

    /** The length of a UTF-8 character by its first byte; 1 for a byte that cannot be first. */
    static int characterLength(byte first) {
        int b = first & 0xFF;
        if (b < 0xC0) {
            return 1;
        }
        return b < 0xE0 ? 2 : b < 0xF0 ? 3 : 4;
    }

    /** The Viterbi table: the last piece of the best path to every byte position of a text. */
    private static final class BestPaths {

        private static final int UNREACHED = -1;

        private final float[] scores;
        private final int[] starts;
        private final int[] lastIds;

        BestPaths(int length) {
            scores = new float[length + 1];
            starts = new int[length + 1];
            lastIds = new int[length + 1];
            Arrays.fill(starts, UNREACHED);
        }

        /** Keeps the better path to {@code end}, the earlier one where they tie. The score is kept in single. */
        void offer(int start, int end, int id, double score) {
            if (starts[end] == UNREACHED || score > scores[end]) {
                scores[end] = (float) score;
                starts[end] = start;
                lastIds[end] = id;
            }
        }

        /** The ids of the path to the end of the text, with runs of the unknown id as one. */
        int[] ids(int unknownId) {
            int[] ids = new int[starts.length];
            int first = ids.length;
            for (int end = starts.length - 1; end > 0; end = starts[end]) {
                int id = lastIds[end];
                if (id != unknownId || first == ids.length || ids[first] != unknownId) {
                    ids[--first] = id;
                }
            }
            return Arrays.copyOfRange(ids, first, ids.length);
        }
    }
}
