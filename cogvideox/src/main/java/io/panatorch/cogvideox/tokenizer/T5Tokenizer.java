package io.panatorch.cogvideox.tokenizer;

import io.panatorch.cogvideox.config.ConfigFile;
import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Turns a prompt into the ids that the T5 text encoder takes.
 *
 * <p>The ids are those of <a href="https://github.com/google/sentencepiece">SentencePiece</a> with a unigram model,
 * then {@code </s>}. A special token that stands literally in the text ({@code </s>}, {@code <pad>}, {@code <unk>},
 * {@code <extra_id_0>} and on) becomes its one id and the text after it begins a new word, as in transformers'
 * T5Tokenizer. A lone surrogate is read as U+FFFD.
 *
 * <p>Time and memory grow linearly with the text. Instances are immutable and safe for use by many threads.
 */
public final class T5Tokenizer {

    private static final int DEFAULT_EXTRA_IDS = 100;

    /** Far above what any T5 has; a limit so that a hostile file cannot fill the memory. */
    private static final int MAX_EXTRA_IDS = 10_000;

    private final Vocabulary vocabulary;
    private final Normalizer normalizer;
    private final ByteTrie specialTokens;
    private final int endId;
    private final int paddingId;
    private final int vocabSize;

    private T5Tokenizer(TokenizerFile source) {
        this.vocabulary = source.vocabulary();
        this.normalizer = source.normalizer();
        this.specialTokens = new ByteTrie();
        source.specialIds().forEach((token, id) -> specialTokens.put(TokenizerBytes.utf8(token), id));
        this.endId = source.specialIds().get(TokenizerFile.END);
        this.paddingId = source.specialIds().get(TokenizerFile.PADDING);
        this.vocabSize = source.vocabSize();
    }

    /**
     * Loads the tokenizer of a checkpoint from {@code spiece.model}, with the number of {@code <extra_id_N>} tokens
     * from {@code tokenizer_config.json} (100 where that says nothing), or, where there is no {@code spiece.model},
     * from {@code tokenizer.json}. Both give the same ids.
     *
     * @param directory the {@code tokenizer} folder of a diffusers checkpoint
     * @return the tokenizer
     * @throws InvalidFileException if a file is damaged, belongs to another kind of tokenizer, or both are missing
     * @throws IOException if a file cannot be read
     */
    public static T5Tokenizer load(Path directory) throws IOException {
        Path spieceModel = directory.resolve("spiece.model");
        if (Files.exists(spieceModel)) {
            return new T5Tokenizer(SpieceModel.read(spieceModel, readExtraIds(directory)));
        }
        Path tokenizerJson = directory.resolve("tokenizer.json");
        if (Files.exists(tokenizerJson)) {
            return new T5Tokenizer(TokenizerJson.read(tokenizerJson));
        }
        throw new InvalidFileException(
                directory,
                "expected spiece.model or tokenizer.json, found neither; name the tokenizer folder of a checkpoint");
    }

    private static int readExtraIds(Path directory) throws IOException {
        Path file = directory.resolve("tokenizer_config.json");
        if (!Files.exists(file)) {
            return DEFAULT_EXTRA_IDS;
        }
        ConfigFile config = ConfigFile.read(file);
        int extraIds = config.integer("extra_ids", DEFAULT_EXTRA_IDS, 0);
        if (extraIds > MAX_EXTRA_IDS) {
            throw config.invalid("extra_ids", "at most " + MAX_EXTRA_IDS);
        }
        return extraIds;
    }

    /**
     * The ids of a text, however many, the last of them {@code </s>}.
     *
     * @param text any text, the empty one included
     * @return at least one id
     */
    public int[] encode(String text) {
        byte[] utf8 = TokenizerBytes.utf8(text);
        IntStream.Builder ids = IntStream.builder();
        int segmentStart = 0;
        int position = 0;
        while (position < utf8.length) {
            int length = specialTokens.longestMatch(utf8, position);
            if (length == 0) {
                position++;
                continue;
            }
            addSegment(ids, utf8, segmentStart, position);
            ids.add(specialTokens.get(utf8, position, position + length));
            position += length;
            segmentStart = position;
        }
        addSegment(ids, utf8, segmentStart, utf8.length);
        return ids.add(endId).build().toArray();
    }

    private void addSegment(IntStream.Builder ids, byte[] utf8, int from, int to) {
        for (int id : vocabulary.segment(normalizer.normalize(utf8, from, to))) {
            ids.add(id);
        }
    }

    /**
     * The ids of a text, cut or padded to one length. A longer text, which is one for which {@link #encode(String)}
     * gives more than {@code maxLength} ids, keeps its first {@code maxLength - 1} ids and {@code </s>}; a shorter one
     * is followed by {@code <pad>}, which is id 0 in T5.
     *
     * @param text any text, the empty one included
     * @param maxLength the number of ids wanted, at least 1
     * @return exactly {@code maxLength} ids
     * @throws IllegalArgumentException if {@code maxLength} is below 1
     */
    public int[] encode(String text, int maxLength) {
        return fit(encode(text), maxLength);
    }

    /**
     * The ids of {@link #encode(String)}, cut or padded as {@link #encode(String, int)} does it, for a caller that wants to
     * know how many there were.
     *
     * @param ids of {@link #encode(String)}; not changed
     * @param maxLength the number of ids wanted, at least 1
     * @return exactly {@code maxLength} ids
     * @throws IllegalArgumentException if {@code maxLength} is below 1
     */
    public int[] fit(int[] ids, int maxLength) {
        if (maxLength < 1) {
            throw new IllegalArgumentException("maxLength: expected at least 1, found " + maxLength);
        }
        int[] result = Arrays.copyOf(ids, maxLength);
        if (ids.length > maxLength) {
            result[maxLength - 1] = endId;
        } else {
            Arrays.fill(result, ids.length, maxLength, paddingId);
        }
        return result;
    }

    /**
     * The number of ids, special tokens included: every id is below it. The embedding table of an encoder may have more
     * rows.
     *
     * @return the highest id plus one
     */
    public int vocabSize() {
        return vocabSize;
    }
}
