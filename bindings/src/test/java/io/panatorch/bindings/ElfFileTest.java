package io.panatorch.bindings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged libraries; a process that opens one may die, so here they are only looked at, and opened in {@link LoadingTest}. */
@Tag("pure")
class ElfFileTest {

    private static final int HEADER = 64;

    @TempDir
    private Path temp;

    private Path library;
    private byte[] whole;

    @BeforeEach
    void compile() throws Exception {
        library = Compiler.library(temp.resolve("libone.so"), "int one(void) { return 1; }");
        whole = Files.readAllBytes(library);
    }

    private String damage(byte[] content) throws IOException {
        return ElfFile.damage(Files.write(library, content)).orElse(null);
    }

    @Test
    void cutOffAnywhere() throws IOException {
        for (int length = HEADER; length < whole.length; length += 97) {
            assertThat(damage(Arrays.copyOf(whole, length))).isEqualTo(library + ": it is cut off: it has " + length
                    + " bytes, expected " + whole.length + " by its own header; copy it anew");
        }
        assertThat(damage(whole)).isNull();
    }

    @Test
    void itsDynamicSegmentIsZeros() throws IOException {
        byte[] damaged = whole.clone();
        ByteBuffer file = ByteBuffer.wrap(damaged).order(ByteOrder.LITTLE_ENDIAN);
        int segments = (int) file.getLong(32);
        for (int at = segments; at < segments + 56 * file.getShort(56); at += 56) {
            if (file.getInt(at) == 2) {
                int start = (int) file.getLong(at + 8);
                Arrays.fill(damaged, start, start + (int) file.getLong(at + 32), (byte) 0);
            }
        }
        assertThat(damage(damaged)).isEqualTo(library + ": it is damaged, it names no table of symbols; copy it anew");
    }

    @Test
    void forAnotherProcessor() throws IOException {
        byte[] other = whole.clone();
        other[18] ^= 1;
        assertThat(damage(other)).isEqualTo(
                library + ": it is for another kind of processor than this one, " + System.getProperty("os.arch"));
    }

    @Test
    void aLibraryThatItTakesAlong() throws Exception {
        Path user = Compiler.library(temp.resolve("libtwo.so"), "int one(void); int two(void) { return one() + 1; }",
                library.toString(), "-Wl,-rpath,$ORIGIN");
        byte[] first = Files.readAllBytes(user);
        Path linked = Files.createSymbolicLink(temp.resolve("link.so"), user.getFileName());
        assertThat(ElfFile.damage(linked)).isEmpty();

        Files.write(library, Arrays.copyOf(whole, whole.length / 2));
        assertThat(ElfFile.damage(linked).orElseThrow()).startsWith(library + ": it is cut off: ");
        assertThat(user).hasBinaryContent(first);
    }

    /** The loader has the words for these, and does not die of them. */
    @Test
    void whatIsNoLibrary() throws IOException {
        assertThat(damage(new byte[0])).isNull();
        assertThat(damage(new byte[whole.length])).isNull();
        assertThat(damage("version https://git-lfs.github.com/spec/v1".repeat(3).getBytes())).isNull();
        assertThat(ElfFile.damage(temp.resolve("missing.so"))).isEmpty();
        assertThat(ElfFile.damage(temp)).isEmpty();
    }

    /** Tables that point anywhere are an answer too, never an exception. */
    @Test
    void headersOfNoise() throws IOException {
        Random random = new Random(7);
        for (int i = 0; i < 300; i++) {
            byte[] noisy = whole.clone();
            for (int j = 0; j < 4; j++) {
                noisy[16 + random.nextInt(800)] = (byte) random.nextInt();
            }
            String damage = damage(noisy);
            assertThat(damage == null || damage.startsWith(library + ": it is ")).as("%s", damage).isTrue();
        }
    }

    @Test
    void everyLibraryOfTheJdkIsWhole() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of(System.getProperty("java.home"), "lib"))) {
            assertThat(files.filter(file -> file.toString().endsWith(".so")))
                    .hasSizeGreaterThan(5)
                    .allMatch(file -> ElfFile.damage(file).isEmpty());
        }
    }
}
