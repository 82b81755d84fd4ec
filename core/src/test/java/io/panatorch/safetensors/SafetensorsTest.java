package io.panatorch.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.io.InvalidFileException;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.TensorTest;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.Map;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@TensorTest
class SafetensorsTest {

    private static final String A_4 = "'a':{'dtype':'F32','shape':[2,2],'data_offsets':[0,16]}";

    @TempDir
    private Path folder;

    /** Writes a file from a header, in which ' stands for ", and a number of bytes 0, 1, 2 and so on. */
    private Path file(String header, int dataSize) throws IOException {
        return raw(header.replace('\'', '"').getBytes(StandardCharsets.UTF_8), dataSize);
    }

    private Path raw(byte[] header, int dataSize) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(8 + header.length + dataSize).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(header.length).put(header);
        for (int i = 0; i < dataSize; i++) {
            bytes.put((byte) i);
        }
        return Files.write(folder.resolve("x.safetensors"), bytes.array());
    }

    private static void assertInvalid(Path file, String problem) {
        assertThatThrownBy(() -> Safetensors.open(file).close())
                .isInstanceOf(InvalidFileException.class)
                .hasMessage(file + ": " + problem);
    }

    @Test
    void tensorsAreInTheOrderOfTheirBytes() throws IOException {
        Path path = file(
                "{'b':{'shape':[2,0],'dtype':'I64','data_offsets':[16,16],'note':{'deep':[1,{}]}}," + A_4
                        + ",'__metadata__':{'format':'pt'},'c':{'dtype':'BF16','shape':[],'data_offsets':[16,18]}}  ",
                18);
        try (Safetensors file = Safetensors.open(path)) {
            assertThat(file.path()).isEqualTo(path);
            assertThat(file.names()).containsExactly("a", "b", "c");
            assertThat(file.info("a")).isEqualTo(new TensorInfo("a", StoredType.F32, new long[] {2, 2}, 0, 16));
            assertThat(file.info("b").shape()).containsExactly(2, 0);
            assertThat(file.info("c").byteSize()).isEqualTo(2);
            assertThat(file.dtype("c")).isEqualTo(DType.BFLOAT16);
            assertThat(file.file("c")).isEqualTo(path);
            assertThat(file.metadata()).containsExactly(Map.entry("format", "pt"));
            assertThat(StoredTensors.data(file, "c").toArray(ValueLayout.JAVA_BYTE)).containsExactly(16, 17);
            assertThat(StoredTensors.data(file, "b").byteSize()).isZero();
        }
    }

    @Test
    void shapesAreCopied() throws IOException {
        try (Safetensors file = Safetensors.open(file("{" + A_4 + "}", 16))) {
            file.info("a").shape()[0] = 9;
            assertThat(file.info("a").shape()).containsExactly(2, 2);
            assertThat(file.info("a")).hasToString("\"a\" F32 [2, 2] bytes 0 to 16");
        }
    }

    @Test
    void fileWithoutTensors() throws IOException {
        try (Safetensors file = Safetensors.open(file("{'__metadata__':null}", 0))) {
            assertThat(file.names()).isEmpty();
            assertThat(file.metadata()).isEmpty();
        }
    }

    @Test
    void namesThatAreNotThere() throws IOException {
        Path path = file("{" + A_4 + "}", 16);
        try (Safetensors file = Safetensors.open(path)) {
            assertThatThrownBy(() -> file.info("b\n"))
                    .isInstanceOf(NoSuchElementException.class)
                    .hasMessage(path + ": has no tensor \"b\\u000a\"");
        }
    }

    @Test
    void givesNothingAfterClosing() throws IOException {
        Path path = file("{" + A_4 + "}", 16);
        Safetensors file = Safetensors.open(path);
        try (var _ = TensorScope.open()) {
            Tensor before = file.load("a");
            file.close();
            assertThatThrownBy(() -> file.load("a")).isInstanceOf(IllegalStateException.class).hasMessage(path + " is closed");
            assertThat(before.size(0)).isEqualTo(2);
            assertThat(before.toFloatArray()).as("stays mapped").hasSize(4);
        }
    }

    /** What is loaded after a file was replaced would not be what the header says. */
    @Test
    void aFileThatIsReplacedWhileItIsOpen() throws IOException {
        Path path = file("{" + A_4 + "}", 16);
        try (Safetensors file = Safetensors.open(path); var _ = TensorScope.open()) {
            Path other = Files.copy(path, folder.resolve("other"));
            Files.move(other, path, StandardCopyOption.REPLACE_EXISTING);
            assertThatThrownBy(() -> file.load("a")).isInstanceOf(InvalidFileException.class)
                    .hasMessage(path + ": was replaced or changed since it was opened; open it again");
            Files.delete(path);
            assertThatThrownBy(() -> file.load("a")).isInstanceOf(InvalidFileException.class)
                    .hasMessageStartingWith(path + ": cannot be read any more: ");
        }
    }

    @Test
    void closingAgainDoesNothing() throws IOException {
        Safetensors file = Safetensors.open(file("{" + A_4 + "}", 16));
        file.close();
        assertThatCode(file::close).doesNotThrowAnyException();
    }

    /** Types that tensors do not have here are no reason to refuse the other tensors of a file. */
    @Test
    void unreadableTypesAreRefusedWhenLoaded() throws IOException {
        Path path = file(
                "{'a':{'dtype':'F8_E4M3','shape':[3],'data_offsets':[0,3]},"
                        + "'b':{'dtype':'F4','shape':[2],'data_offsets':[3,4]},"
                        + "'c':{'dtype':'U8','shape':[],'data_offsets':[4,5]}}",
                5);
        try (Safetensors file = Safetensors.open(path)) {
            assertThat(file.dtype("c")).isEqualTo(DType.UINT8);
            assertThatThrownBy(() -> file.dtype("a"))
                    .isInstanceOf(InvalidFileException.class)
                    .hasMessage(path + ": tensor \"a\" has the dtype F8_E4M3, which cannot be loaded, "
                            + "expected one of [BOOL, U8, I8, F16, BF16, I32, F32, F64, I64]");
        }
    }

    /** A sparse file: it takes no room on the disk. */
    @Test
    void tensorsBeyondTwoGibibytes() throws IOException {
        long large = 3L << 30;
        byte[] header = ("{\"a\":{\"dtype\":\"U8\",\"shape\":[3,1073741824],\"data_offsets\":[0," + large + "]},"
                        + "\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":["
                        + large + "," + (large + 1) + "]}}")
                .getBytes(StandardCharsets.UTF_8);
        Path path = folder.resolve("large.safetensors");
        try (FileChannel channel = FileChannel.open(
                path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.SPARSE)) {
            ByteBuffer start = ByteBuffer.allocate(8 + header.length).order(ByteOrder.LITTLE_ENDIAN);
            channel.write(start.putLong(header.length).put(header).flip(), 0);
            channel.write(ByteBuffer.wrap(new byte[] {42, 43}), 8 + header.length + large - 1);
        }
        try (Safetensors file = Safetensors.open(path); var _ = TensorScope.open()) {
            Tensor whole = file.load("a");
            assertThat(whole.byteSize()).isEqualTo(large);
            assertThat(whole.reshape(-1).narrow(0, large - 1, 1).item()).isEqualTo(42);
            assertThat(file.load("b").item()).isEqualTo(43);
        }
    }

    @Test
    void pathsThatAreNoFile() {
        assertInvalid(folder, "is not a file");
        assertThatThrownBy(() -> Safetensors.open(folder.resolve("no")))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessage(folder.resolve("no") + ": does not exist");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            ``                       | is empty; the file is damaged, fetch it again
            00000000000000           | is 7 bytes long, a header needs at least 8
            0000000000000000         | header must begin with {; this is no safetensors file
            02000000000000007b       | header length is 2 bytes, but the file has only 1 after it; it is cut off or no safetensors file
            ffffffffffffffff7b7d     | header length is 18446744073709551615 bytes, expected at most 100000000; this is no safetensors file
            01e1f505000000007b7d     | header length is 100000001 bytes, expected at most 100000000; this is no safetensors file
            02000000000000005b5d     | header must begin with {; this is no safetensors file
            """)
    void damagedBeginnings(String hex, String problem) throws IOException {
        Path path = Files.write(folder.resolve("x.safetensors"), HexFormat.of().parseHex(hex));
        assertInvalid(path, problem);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {'__metadata__':[]}           | header: __metadata__ must be an object, found an array
            {'__metadata__':{'k':1}}      | header: __metadata__ "k" must be a string, found 1
            {'a':null}                    | header: tensor "a" must be an object, found null
            {'a':{}}                      | header: tensor "a" must have dtype, shape and data_offsets
            {'a':{'dtype':1}}             | header: tensor "a" dtype must be a string, found 1
            {'a':{'shape':'x'}}           | header: tensor "a" shape must be an array, found the string "x"
            {'a':{'shape':[-1]}}          | header: tensor "a" shape must hold whole numbers from 0 to 2^63 - 1, found -1
            {'a':{'shape':[1.0]}}         | header: tensor "a" shape must hold whole numbers from 0 to 2^63 - 1, found 1.0
            {'a':{'shape':['1']}}         | header: tensor "a" shape must hold whole numbers from 0 to 2^63 - 1, found the string "1"
            {'a':{'shape':[9223372036854775808]}} | header: tensor "a" shape must hold whole numbers from 0 to 2^63 - \
            1, found 9223372036854775808
            {'a':{'dtype':'U8','shape':[],'data_offsets':[0]}}  | header: tensor "a" data_offsets must be 2 numbers, found 1
            {'a\\nb':{'dtype':'F31','shape':[],'data_offsets':[0,1]}} | header: tensor "a\\u000ab" has the unknown \
            dtype "F31", expected one of [BOOL, F4, F6_E2M3, F6_E3M2, U8, I8, F8_E5M2, F8_E4M3, F8_E8M0, F8_E4M3FNUZ, \
            F8_E5M2FNUZ, I16, U16, F16, BF16, I32, U32, F32, C64, F64, I64, U64]
            {'a':{'dtype':'U8','shape':[1],'data_offsets':[1,0]}}    | header: tensor "a" data_offsets [1, 0] end before they begin
            {'a':{'dtype':'U8','shape':[9],'data_offsets':[0,9]}}    | header: tensor "a" data_offsets [0, 9] reach \
            past the end of the file, which has 8 bytes after the header; it may be cut off
            {'a':{'dtype':'F32','shape':[3],'data_offsets':[0,8]}}   | header: tensor "a" data_offsets [0, 8] are 8 \
            bytes, but F32 [3] needs 12
            {'a':{'dtype':'F4','shape':[3],'data_offsets':[0,2]}}    | header: tensor "a" F4 [3] has no size in \
            bytes: 3 elements of 4 bits are not whole bytes
            {'a':{'dtype':'F32','shape':[4294967296,4294967296],'data_offsets':[0,0]}} | header: tensor "a" F32 \
            [4294967296, 4294967296] has no size in bytes: long overflow
            {'a':{'dtype':'U8','shape':[2305843009213693952],'data_offsets':[0,0]}} | header: tensor "a" U8 \
            [2305843009213693952] has no size in bytes: long overflow
            {'a':{'dtype':'F32','shape':[0,4294967296,4294967296],'data_offsets':[0,0]}} | header: tensor "a" F32 [0, \
            4294967296, 4294967296] has no size in bytes: long overflow
            {'a':{'dtype':'U8','shape':[1],'data_offsets':[1,2]}}    | header: tensor "a" data_offsets [1, 2] leave a \
            hole after the tensor before, which ends at 0
            {'a':{'dtype':'U8','shape':[5],'data_offsets':[0,5]},'b':{'dtype':'U8','shape':[4],'data_offsets':[4,8]}} \
            | header: tensor "b" data_offsets [4, 8] overlap the tensor before, which ends at 5
            {'a':{'dtype':'U8','shape':[7],'data_offsets':[0,7]}}    | header: tensors take 7 bytes, but the file has 8 after the header
            {}                            | header: tensors take 0 bytes, but the file has 8 after the header
            {}{}                          | header: goes on after its closing brace
            """)
    void damagedHeaders(String header, String problem) throws IOException {
        assertInvalid(file(header, 8), problem);
    }

    @Test
    void moreDimensionsThanATensorCanHave() throws IOException {
        String tensor = "{'a':{'dtype':'U8','shape':[%s1],'data_offsets':[0,1]}}";
        Safetensors.open(file(tensor.formatted("1,".repeat(63)), 1)).close();
        assertInvalid(file(tensor.formatted("1,".repeat(64)), 1),
                "header: tensor \"a\" has 65 dimensions, expected at most 64");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {'a':{'dtype':'U8','shape':[8],'data_offsets':[0,8]},'a':{}} | Duplicate field 'a'
            {'a':{'shape':[],'shape':[]}} | Duplicate field 'shape'
            {'__metadata__':{'k':'','k':''}} | Duplicate field 'k'
            {'a':                         | Unexpected end-of-input
            {'a'}                         | Unexpected character
            {'a':{'shape':[01]}}          | Invalid numeric value
            {'a':{'shape':[NaN]}}         | Non-standard token 'NaN'
            """)
    void brokenJson(String header, String problem) throws IOException {
        assertOneLine(file(header, 8), "header is not valid: " + problem);
    }

    @Test
    void hostileJson() throws IOException {
        assertOneLine(
                file("{'a':{'x':" + "[".repeat(1_000_000), 0), "header is not valid: Document nesting depth (17)");
        assertOneLine(file("{'" + "n".repeat(100_000) + "':{}}", 0), "header is not valid: Name length");
        assertOneLine(
                file("{'__metadata__':{'k':'" + "v".repeat(21_000_000) + "'}}", 0),
                "header is not valid: String value length");
        assertOneLine(
                file("{'a':{'shape':[" + "1".repeat(1000) + "]}}", 0), "header is not valid: Number value length");
        assertOneLine(
                file("{'" + "n".repeat(1000) + "':1}", 0), "header: tensor \"" + "n".repeat(120) + "...\" must be");
        assertOneLine(raw("{\"a\":{}}".getBytes(StandardCharsets.UTF_16LE), 0), "header is not valid: ");
        assertInvalid(raw(new byte[] {'{', '"', (byte) 0xc3, '"', '}'}, 0), "header is not UTF-8");
    }

    private static void assertOneLine(Path file, String problem) {
        assertThatThrownBy(() -> Safetensors.open(file).close())
                .isInstanceOf(InvalidFileException.class)
                .hasMessageStartingWith(file + ": " + problem)
                .hasMessageMatching("[^\\n]{1,600}");
    }
}
