package io.panatorch.cogvideox.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.panatorch.io.InvalidFileException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class NormalizerTest {

    private static final Path FILE = Path.of("file");
    private static final int LEAF = 1 << 31;
    private static final int HAS_LEAF = 1 << 8;

    /** The map a: x, ab: (nothing), c: two spaces; unit numbers are explained by the comments. */
    private static Normalizer smallMap() throws InvalidFileException {
        int[] units = new int[1024];
        // The root's children lie at 0 ^ byte, those of "a" (unit 97) at 256 + 97, of "ab" at 512, of "c" at 768.
        units['a'] = 256 << 10 | HAS_LEAF | 'a';
        int children = 'a' ^ 256;
        units[children] = LEAF;
        int ab = children ^ 'b';
        units[ab] = (ab ^ 512) << 10 | HAS_LEAF | 'b';
        units[512] = LEAF | 2;
        units['c'] = ('c' ^ 768) << 10 | HAS_LEAF | 'c';
        units[768] = LEAF | 3;
        byte[] replacements = "x\0\0  \0".getBytes(StandardCharsets.US_ASCII);
        return Normalizer.of(FILE, "map", TokenizerFixtures.charsmap(units, replacements));
    }

    @ParameterizedTest
    @CsvSource({
        "a, _x",
        "aab, _x",
        "ab, ''",
        "ba, _bx",
        "'  b  ', _b",
        "b   b, _b_b",
        "bcb, _b__b",
        "bccb, _b__b",
        "'b cb', _b_b",
        "cbc, _b",
        "'b ab b', _b_b",
        "c, ''",
        "'', ''",
        "\u00E9a, _\u00E9x"
    })
    void longestKeyIsReplacedAndSpacesAreSqueezed(String text, String normalized) throws InvalidFileException {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        byte[] result = smallMap().normalize(utf8, 0, utf8.length);
        assertThat(new String(result, StandardCharsets.UTF_8)).isEqualTo(normalized.replace('_', '\u2581'));
    }

    @Test
    void keyIsNotFollowedBeyondThePart() throws InvalidFileException {
        byte[] text = "zabz".getBytes(StandardCharsets.UTF_8);
        assertThat(new String(smallMap().normalize(text, 1, 2), StandardCharsets.UTF_8)).isEqualTo("\u2581x");
    }

    static Stream<Arguments> brokenMaps() {
        int[] outside = new int[256];
        outside[7] = 256 << 10;
        int[] badValue = new int[256];
        badValue[5] = HAS_LEAF | 5 << 10;
        badValue[0] = 9;
        int[] replaced = badValue.clone();
        replaced[0] = 0;
        byte[] longReplacement = new byte[257];
        Arrays.fill(longReplacement, 0, 256, (byte) 'a');
        int[] hugeOffset = new int[256];
        hugeOffset[3] = -1 >>> 1;
        return Stream.of(
                arguments(new byte[3], "the 4 bytes of a trie size, found 3 bytes"),
                arguments(new byte[5], "a trie size that is a multiple of 4 below 1, found 0"),
                arguments(
                        new byte[] {5, 0, 0, 0, 1, 2, 3, 4, 5, 0},
                        "a trie size that is a multiple of 4 below 6, found 5"),
                arguments(
                        new byte[] {-4, -1, -1, -1, 0},
                        "a trie size that is a multiple of 4 below 1, found 4294967292"),
                arguments(new byte[] {4, 0, 0, 0, 1, 2, 3, 4}, "a trie size that is a multiple of 4 below 4, found 4"),
                arguments(new byte[] {4, 0, 0, 0, 0, 0, 0, 0, 1}, "a zero byte at the end, found 1"),
                arguments(
                        new byte[] {4, 0, 0, 0, 0, 0, 0, 0, 0},
                        "children of trie unit 0 below unit 1, found 255"),
                arguments(
                        TokenizerFixtures.charsmap(outside, new byte[1]),
                        "children of trie unit 7 below unit 256, found 511"),
                arguments(
                        TokenizerFixtures.charsmap(hugeOffset, new byte[1]),
                        "children of trie unit 3 below unit 256, found 536870911"),
                arguments(
                        TokenizerFixtures.charsmap(badValue, new byte[1]),
                        "a replacement of trie unit 5 below offset 1, found 9"),
                arguments(
                        TokenizerFixtures.charsmap(replaced, longReplacement),
                        "a replacement of trie unit 5 of at most 255 bytes, found a longer one"));
    }

    @ParameterizedTest
    @MethodSource("brokenMaps")
    void brokenMapIsRefused(byte[] map, String problem) {
        assertThatThrownBy(() -> Normalizer.of(FILE, "map", map))
                .isInstanceOf(InvalidFileException.class)
                .hasMessage("file: map: expected " + problem + "; the file is damaged, fetch it again");
    }

    @Test
    void randomUnitsAreRefusedOrSafe() throws InvalidFileException {
        Random random = new Random(3);
        byte[] text = "a bcd\0\u00E9\u4F60".repeat(20).getBytes(StandardCharsets.UTF_8);
        int accepted = 0;
        for (int i = 0; i < 2000; i++) {
            int[] units = new int[512];
            for (int k = random.nextInt(60); k > 0; k--) {
                int label = random.nextInt(256);
                int at = random.nextBoolean() ? label : random.nextInt(512);
                units[at] = random.nextInt(512) << 10 | random.nextInt(2) << 8 | label | random.nextInt(2) << 31;
            }
            try {
                Normalizer normalizer = Normalizer.of(FILE, "map", TokenizerFixtures.charsmap(units, new byte[300]));
                normalizer.normalize(text, 0, text.length);
                accepted++;
            } catch (InvalidFileException e) {
                assertThat(e).hasMessageStartingWith("file: map: expected ");
            }
        }
        assertThat(accepted).isBetween(50, 1950);
    }
}
