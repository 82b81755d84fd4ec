package io.panatorch.cogvideox.tokenizer;

import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Turns a prompt into the ids that the T5 text encoder takes.
 *
 * <p>The ids are those of <a href="https://github.com/google/sentencepiece">SentencePiece</a> with a unigram model,
 * then {@code </s>}. A token that stands literally in the text ({@code </s>}, {@code <pad>}, {@code <unk>},
 * {@code <extra_id_0>} and on, and those that were added to a checkpoint) becomes its one id and the text after it begins a new
 * word, as in transformers' T5Tokenizer. A lone surrogate is read as U+FFFD.
 *
 * <p>Time and memory grow linearly with the text. Instances are immutable and safe for use by many threads.
 */
public final class T5Tokenizer {

    private static final Pattern WHITE_SPACE = Pattern.compile("\\s+", Pattern.UNICODE_CHARACTER_CLASS);

    private final Vocabulary vocabulary;
    private final Normalizer normalizer;
    private final List<AddedToken> tokens;
    /** What is looked for in a text as it is. */
    private final LiteralTokens literals;
    /** What is looked for between those, after the character map was applied. */
    private final LiteralTokens mapped;
    private final int endId;
    private final int paddingId;
    private final int vocabSize;

    private T5Tokenizer(TokenizerFile source) {
        this.vocabulary = source.vocabulary();
        this.normalizer = source.normalizer();
        this.tokens = source.tokens();
        List<AddedToken> asTheyAre = tokens.stream().filter(token -> !token.normalized()).toList();
        List<AddedToken> normalized = tokens.stream().filter(AddedToken::normalized).toList();
        this.literals = new LiteralTokens(asTheyAre,
                asTheyAre.stream().map(token -> TokenizerBytes.utf8(token.content())).toList());
        this.mapped = new LiteralTokens(normalized, normalized.stream().map(this::mapped).toList());
        this.endId = id(TokenizerFile.END);
        this.paddingId = id(TokenizerFile.PADDING);
        int highest = tokens.stream().mapToInt(AddedToken::id).max().orElseThrow();
        this.vocabSize = Math.max(vocabulary.size(), highest + 1);
    }

    private byte[] mapped(AddedToken token) {
        byte[] content = TokenizerBytes.utf8(token.content());
        return normalizer.map(content, 0, content.length);
    }

    private int id(String content) {
        return tokens.stream().filter(token -> token.content().equals(content)).findAny().orElseThrow().id();
    }

    /**
     * Loads the tokenizer of a checkpoint from {@code spiece.model}, with the number of {@code <extra_id_N>} tokens
     * from {@code tokenizer_config.json} (100 where that says nothing), or, where there is no {@code spiece.model},
     * from {@code tokenizer.json}. Both give the same ids.
     *
     * <p>Tokens that were added are read from whichever file has them: {@code added_tokens_decoder} in
     * {@code tokenizer_config.json}, {@code added_tokens.json}, {@code added_tokens} in {@code tokenizer.json}. A file that
     * contradicts another, or {@code special_tokens_map.json} where it names a token that none of them has, is refused.
     *
     * @param directory the {@code tokenizer} folder of a diffusers checkpoint
     * @return the tokenizer
     * @throws InvalidFileException if a file is damaged, belongs to another kind of tokenizer, or both are missing
     * @throws IOException if a file cannot be read
     */
    public static T5Tokenizer load(Path directory) throws IOException {
        Path spieceModel = directory.resolve("spiece.model");
        Path tokenizerJson = directory.resolve("tokenizer.json");
        TokenizerJson json = Files.exists(tokenizerJson) ? TokenizerJson.parse(tokenizerJson) : null;
        if (Files.exists(spieceModel)) {
            return new T5Tokenizer(SpieceModel.read(spieceModel, AddedTokenFiles.read(directory, json)));
        }
        if (json != null) {
            return new T5Tokenizer(json.read(AddedTokenFiles.read(directory, json)));
        }
        throw new InvalidFileException(
                directory,
                "expected spiece.model or tokenizer.json, found neither; name the tokenizer folder of a checkpoint");
    }

    /**
     * The ids of a text, however many, the last of them {@code </s>}.
     *
     * @param text any text, the empty one included
     * @return at least one id
     */
    public int[] encode(String text) {
        IntStream.Builder ids = IntStream.builder();
        split(text, segment -> Arrays.stream(vocabulary.segment(segment)).forEach(ids), token -> ids.add(token.id()));
        return ids.add(endId).build().toArray();
    }

    /**
     * The words of a text, each once, in which a character is none that the model knows: it becomes {@code <unk>}, and the model
     * does not see what it was. Words are what is between white space.
     *
     * @param text any text
     * @return no words for most texts
     */
    public List<String> unknownWords(String text) {
        return WHITE_SPACE.splitAsStream(text).filter(this::hasUnknown).distinct().toList();
    }

    private boolean hasUnknown(String word) {
        boolean[] found = new boolean[1];
        split(word, segment -> found[0] |= IntStream.of(vocabulary.segment(segment)).anyMatch(id -> id == vocabulary.unknownId()),
                _ -> {});
        return found[0];
    }

    /** Gives the normalised parts of a text between the tokens in it, and those, in their order. */
    private void split(String text, Consumer<byte[]> segments, Consumer<AddedToken> found) {
        byte[] utf8 = TokenizerBytes.utf8(text);
        literals.split(utf8, 0, utf8.length, (part, from, to) -> {
            if (mapped.isEmpty()) {
                segments.accept(normalizer.normalize(part, from, to));
            } else {
                byte[] map = normalizer.map(part, from, to);
                mapped.split(map, 0, map.length,
                        (rest, start, end) -> segments.accept(Normalizer.mark(rest, start, end)), found);
            }
        }, found);
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

    /** {@return the added token with the highest id, if that is not below a number: a text encoder's of rows} */
    public Optional<String> tokenBeyond(int rows) {
        return tokens.stream().max(Comparator.comparingInt(AddedToken::id)).filter(token -> token.id() >= rows)
                .map(AddedToken::content);
    }
}
