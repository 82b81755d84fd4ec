package io.panatorch.cogvideox.tokenizer;

import static io.panatorch.cogvideox.tokenizer.TokenizerFixtures.EMPTY_CHARSMAP;
import static io.panatorch.cogvideox.tokenizer.TokenizerFixtures.basePieces;
import static io.panatorch.cogvideox.tokenizer.TokenizerFixtures.concat;
import static io.panatorch.cogvideox.tokenizer.TokenizerFixtures.delimited;
import static io.panatorch.cogvideox.tokenizer.TokenizerFixtures.normalizerSpec;
import static io.panatorch.cogvideox.tokenizer.TokenizerFixtures.piece;
import static io.panatorch.cogvideox.tokenizer.TokenizerFixtures.rawVarint;
import static io.panatorch.cogvideox.tokenizer.TokenizerFixtures.varint;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class SpieceModelTest {

    private static final String DAMAGED = "; the file is damaged, fetch it again";
    private static final String UNSUPPORTED = "; only T5 tokenizers are read, use the checkpoint's own";
    private static final byte[] BASE = concat(basePieces(), normalizerSpec(EMPTY_CHARSMAP));

    @TempDir
    private Path temp;

    @Test
    void smallestModelIsRead() throws IOException {
        assertThat(load(BASE).encode("a")).containsExactly(2, 3, 1);
    }

    @Test
    void unknownFieldsOfEveryWireTypeAreSkipped() throws IOException {
        byte[] fixed64 = concat(rawVarint(99 << 3 | 1), new byte[8]);
        byte[] fixed32 = concat(rawVarint(99 << 3 | 5), new byte[4]);
        byte[] unknown = concat(varint(99, -1), fixed64, delimited(99, new byte[300]), fixed32);
        assertThat(load(concat(unknown, BASE, unknown)).vocabSize()).isEqualTo(104);
    }

    @Test
    void unusedPiecesAreNeverChosen() throws IOException {
        T5Tokenizer tokenizer = load(concat(BASE, piece("aa", 100, 5), piece("\u2581", -1, 1)));
        assertThat(tokenizer.encode("aa")).containsExactly(5, 3, 3, 1);
    }

    @Test
    void earlierStartWinsATie() throws IOException {
        // "▁a" + "a" and "▁" + "aa" have the same score.
        byte[] tied = concat(BASE, piece("\u2581", -1, 1), piece("\u2581a", -1, 1), piece("aa", -1, 1));
        assertThat(load(tied).encode("aa")).containsExactly(4, 6, 1);
    }

    @Test
    void pathsAreComparedInDoublePrecision() throws IOException {
        // "▁a" + "a" is better by 0.4, which is less than the step between floats of this size.
        byte[] specials = concat(piece("<pad>", 0, 3), piece("</s>", 0, 3), piece("<unk>", 0, 2));
        byte[] twoPaths = concat(piece("\u2581", -16777216, 1), piece("aa", 0, 1));
        byte[] better = concat(piece("\u2581a", -16777215, 1), piece("a", -0.6f, 1));
        T5Tokenizer tokenizer = load(concat(specials, twoPaths, better, normalizerSpec(EMPTY_CHARSMAP)));
        assertThat(tokenizer.encode("aa")).containsExactly(5, 6, 1);
    }

    @ParameterizedTest
    @CsvSource({"-1, 4 2 7 1", "-3, 4 5 6 1"})
    void unknownCharacterIsTenWorseThanTheWorstPiece(float score, String ids) throws IOException {
        // "xy" + "z" has -24 - 1, an unknown "x" + "yz" has -12 - 10 + score - 1.
        byte[] pieces = concat(piece("\u2581", -1, 1), piece("xy", -12, 1), piece("z", -12, 1), piece("yz", score, 1));
        int[] expected = Arrays.stream(ids.split(" ")).mapToInt(Integer::parseInt).toArray();
        assertThat(load(concat(BASE, pieces)).encode("xyz")).containsExactly(expected);
    }

    static Stream<Arguments> brokenModels() {
        byte[] spec = normalizerSpec(EMPTY_CHARSMAP);
        byte[] badUtf8 = delimited(1, delimited(1, new byte[] {(byte) 0xFF}));
        byte[] endless = new byte[11];
        Arrays.fill(endless, (byte) 0x80);
        return Stream.of(
                arguments(new byte[0], "is empty" + DAMAGED),
                arguments(spec, "pieces: expected a vocabulary, found no piece" + DAMAGED),
                arguments(
                        concat(piece("</s>", 0, 3), piece("a", 0, 1), spec),
                        "pieces: expected a piece of type 2 (unknown), found none" + DAMAGED),
                arguments(
                        concat(BASE, piece("u", 0, 2)),
                        "pieces[4]: expected no second unknown piece, found one, after pieces[2]" + DAMAGED),
                arguments(
                        basePieces(),
                        "normalizer_spec.precompiled_charsmap: expected a character map, found none" + DAMAGED),
                arguments(
                        concat(piece("<pad>", 0, 3), piece("<unk>", 0, 2), piece("a", 0, 1), spec),
                        "pieces: expected a token </s>, found none" + UNSUPPORTED),
                arguments(
                        concat(piece("</s>", 0, 3), piece("<unk>", 0, 2), piece("a", 0, 1), spec),
                        "pieces: expected a token <pad>, found none" + UNSUPPORTED),
                arguments(
                        concat(piece("</s>", 0, 3), piece("<unk>", 0, 2), spec),
                        "pieces: expected normal pieces, found none" + DAMAGED),
                arguments(concat(BASE, piece("", 0, 1)), "pieces[4]: expected a text, found an empty one" + DAMAGED),
                arguments(
                        concat(BASE, piece("a", 0, 1)),
                        "pieces[4]: expected a text of its own, found the text of piece 3" + DAMAGED),
                arguments(
                        concat(BASE, piece("b", Float.NaN, 1)),
                        "pieces[4]: expected a finite score, found NaN" + DAMAGED),
                arguments(
                        concat(BASE, piece("b", Float.NEGATIVE_INFINITY, 1)),
                        "pieces[4]: expected a finite score, found -Infinity" + DAMAGED),
                arguments(
                        concat(BASE, piece("<0x41>", 0, 6)),
                        "pieces[4]: expected type 1 (normal), 2 (unknown), 3 (control) or 5 (unused), found type 6"
                                + UNSUPPORTED),
                arguments(
                        concat(BASE, delimited(2, varint(3, 2))),
                        "trainer_spec.model_type: expected 1 (unigram), found 2" + UNSUPPORTED),
                arguments(
                        concat(BASE, delimited(2, varint(24, 1))),
                        "trainer_spec.treat_whitespace_as_suffix: expected false, found true" + UNSUPPORTED),
                arguments(
                        concat(BASE, delimited(2, varint(35, 1))),
                        "trainer_spec.byte_fallback: expected false, found true" + UNSUPPORTED),
                arguments(
                        concat(BASE, delimited(3, varint(3, 0))),
                        "normalizer_spec.add_dummy_prefix: expected true, found false" + UNSUPPORTED),
                arguments(
                        concat(BASE, delimited(3, varint(4, 0))),
                        "normalizer_spec.remove_extra_whitespaces: expected true, found false" + UNSUPPORTED),
                arguments(
                        concat(BASE, delimited(3, varint(5, 0))),
                        "normalizer_spec.escape_whitespaces: expected true, found false" + UNSUPPORTED),
                arguments(badUtf8, "byte 4: expected UTF-8 text, found other bytes" + DAMAGED),
                arguments(
                        concat(new byte[] {0x0A}, rawVarint(-1)),
                        "field at byte 0: expected 18446744073709551615 bytes of value for field 1, found 0 left"
                                + DAMAGED),
                arguments(
                        concat(new byte[] {0x0A}, rawVarint(Integer.MAX_VALUE), new byte[7]),
                        "field at byte 0: expected 2147483647 bytes of value for field 1, found 7 left" + DAMAGED),
                arguments(
                        new byte[] {0x0A, 2, 0x0A, 1},
                        "field at byte 2: expected 1 bytes of value for field 1, found 0 left" + DAMAGED),
                arguments(
                        new byte[] {0x0A, 3, 0x15, 0, 0},
                        "field at byte 2: expected 4 bytes of value for field 2, found 2 left" + DAMAGED),
                arguments(
                        endless,
                        "field at byte 0: expected a varint of at most 10 bytes, found a longer one" + DAMAGED),
                arguments(
                        new byte[] {(byte) 0x80},
                        "field at byte 0: expected the rest of a varint, found the end of its message" + DAMAGED),
                arguments(new byte[] {0x02}, "field at byte 0: expected a field tag, found 0x2" + DAMAGED),
                arguments(
                        rawVarint(1L << 32), "field at byte 0: expected a field tag, found 0x100000000" + DAMAGED),
                arguments(varint(1, 5), "field at byte 0: expected wire type 2 for field 1, found 0" + DAMAGED),
                arguments(
                        new byte[] {(byte) (9 << 3 | 3)},
                        "field at byte 0: expected wire type 0, 1, 2 or 5, found 3" + DAMAGED));
    }

    @ParameterizedTest
    @MethodSource("brokenModels")
    void brokenModelIsRefusedInOneLine(byte[] model, String problem) throws IOException {
        Path folder = TokenizerFixtures.folder(temp);
        Path file = Files.write(folder.resolve("spiece.model"), model);
        assertThatThrownBy(() -> T5Tokenizer.load(folder))
                .isInstanceOf(InvalidFileException.class)
                .hasMessage(file + ": " + problem);
    }

    @Test
    void everyTruncationIsRefused() throws IOException {
        byte[] model = TokenizerFixtures.resource("spiece.model");
        Path folder = TokenizerFixtures.folder(temp);
        for (int length = 0; length < model.length; length += length < 200 ? 1 : 4999) {
            assertRefused(folder, Arrays.copyOf(model, length), "length " + length);
        }
        for (int cut = 1; cut < 20; cut++) {
            assertRefused(folder, Arrays.copyOf(model, model.length - cut), cut + " bytes cut");
        }
    }

    private static void assertRefused(Path folder, byte[] model, String what) throws IOException {
        Files.write(folder.resolve("spiece.model"), model);
        assertThatThrownBy(() -> T5Tokenizer.load(folder)).as(what).isInstanceOf(InvalidFileException.class);
    }

    @Test
    void flippedBytesNeverGiveAnotherException() throws IOException {
        byte[] small = concat(BASE, piece("\u2581b", -2, 1), delimited(2, varint(3, 1)));
        Random random = new Random(7);
        int refused = 0;
        for (int i = 0; i < 600; i++) {
            byte[] model = small.clone();
            model[random.nextInt(200)] ^= (byte) (1 << random.nextInt(8));
            model[random.nextInt(model.length)] ^= (byte) (1 << random.nextInt(8));
            try {
                assertThat(load(model).encode("a b </s> \uFF21\0")).endsWith(1);
            } catch (InvalidFileException e) {
                refused++;
                assertThat(e.getMessage()).doesNotContain("\n");
            }
        }
        assertThat(refused).isBetween(100, 600);
    }

    @Test
    void hugeFileIsRefusedUnread() throws IOException {
        Path folder = TokenizerFixtures.folder(temp);
        Path file = folder.resolve("spiece.model");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(1L << 40);
        }
        assertThatThrownBy(() -> T5Tokenizer.load(folder))
                .isInstanceOf(InvalidFileException.class)
                .hasMessage(file + ": content: expected a T5 tokenizer of at most 33554432 bytes, found more");
    }

    private T5Tokenizer load(byte[] model) throws IOException {
        Files.write(temp.resolve("spiece.model"), model);
        return T5Tokenizer.load(temp);
    }
}
