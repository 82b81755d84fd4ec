package io.panatorch.cogvideox.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.panatorch.io.InvalidFileException;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.TensorTest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** PNG, JPEG and GIF files of all kinds, to the bit as Pillow reads them, and damaged ones. */
@TensorTest
class PictureFilesTest {

    private static final int TRIES = 20;

    @TempDir
    Path folder;

    static List<Path> pictures() throws IOException {
        try (Stream<Path> files = Files.list(Resources.path("pictures"))) {
            return files.sorted().toList();
        }
    }

    private static List<InputImage> frames(Path file) throws IOException {
        return file.toString().endsWith(".gif") ? GifReader.read(file) : List.of(InputImage.read(file));
    }

    @ParameterizedTest
    @MethodSource("pictures")
    void pixelsAreThoseThatPillowReads(Path file) throws IOException {
        List<InputImage> frames = frames(file);
        ByteArrayOutputStream rgb = new ByteArrayOutputStream();
        frames.forEach(frame -> rgb.writeBytes(Resources.rgb(frame)));
        try (Safetensors expected = Resources.open("pictures.safetensors"); var _ = TensorScope.open()) {
            String name = file.getFileName().toString();
            assertThat(new long[] {frames.size(), frames.getFirst().height(), frames.getFirst().width(), 3})
                    .isEqualTo(expected.info(name).shape());
            assertThat(rgb.toByteArray()).isEqualTo(expected.load(name).toByteArray());
        }
    }

    @Test
    void sixteenBitGreyKeepsItsUpperByte() throws IOException {
        assertThat(Resources.rgb(InputImage.read(Resources.path("grey16.png"))))
                .isEqualTo(new byte[] {0, 0, 0, 0x12, 0x12, 0x12, (byte) 0x80, (byte) 0x80, (byte) 0x80});
    }

    @ParameterizedTest
    @MethodSource("pictures")
    void theContentDecidesWhatAFileIs(Path file) throws IOException {
        Path renamed = Files.copy(file, folder.resolve("picture.txt"));
        if (file.toString().endsWith(".gif")) {
            assertThat(InputVideo.read(renamed, "").frames()).isEqualTo(frames(file).size());
        } else {
            assertThat(Resources.rgb(InputImage.read(renamed))).isEqualTo(Resources.rgb(InputImage.read(file)));
        }
    }

    /** Whatever is wrong with a file, the answer is its pixels or one line that begins with its name. */
    @ParameterizedTest
    @MethodSource("pictures")
    void damageGetsOneLine(Path file) throws IOException {
        byte[] content = Files.readAllBytes(file);
        Random random = new Random(content.length);
        Path damaged = folder.resolve(file.getFileName());
        for (int i = 0; i < TRIES; i++) {
            byte[] bytes = Arrays.copyOf(content, i % 2 == 0 ? content.length : 9 + random.nextInt(content.length - 9));
            for (int change = i % 2; change < 2; change++) {
                bytes[8 + random.nextInt(bytes.length - 8)] = (byte) random.nextInt(256);
            }
            Files.write(damaged, withChecksums(bytes));
            try {
                frames(damaged);
            } catch (InvalidFileException e) {
                assertThat(e.getMessage()).startsWith(damaged + ": ").doesNotContain("\n");
            }
        }
    }

    /** Beyond them, a PNG reader looks at nothing. */
    static byte[] withChecksums(byte[] png) {
        ByteBuffer buffer = ByteBuffer.wrap(png);
        int at = 8;
        while (at <= png.length - 12 && png[0] == (byte) 0x89 && buffer.getInt(at) >= 0 && buffer.getInt(at) <= png.length - at - 12) {
            CRC32 crc = new CRC32();
            crc.update(png, at + 4, buffer.getInt(at) + 4);
            buffer.putInt(at + 8 + buffer.getInt(at), (int) crc.getValue());
            at += 12 + buffer.getInt(at);
        }
        return png;
    }

    @ParameterizedTest
    @MethodSource("pictures")
    void halfAFileIsCutOff(Path file) throws IOException {
        byte[] content = Files.readAllBytes(file);
        Path half = Files.write(folder.resolve("half"), Arrays.copyOf(content, content.length / 2));
        assertThatExceptionOfType(InvalidFileException.class)
                .isThrownBy(() -> InputVideo.of(frames(file.toString().endsWith(".gif")
                        ? Files.move(half, folder.resolve("half.gif")) : half)))
                .withMessageContaining("cut off");
    }

    @ParameterizedTest
    @CsvSource({"2147483647, 2147483647, size: expected 1 to", "0, 5, size: expected 1 to", "13000, 13000, its bytes cannot hold"})
    void absurdSizesAreRefusedBeforeThereIsMemoryForThem(int width, int height, String problem) throws IOException {
        Path file = Files.write(folder.resolve("bomb.png"), png(width, height, new byte[100]));
        assertThatExceptionOfType(InvalidFileException.class).isThrownBy(() -> InputImage.read(file))
                .withMessageContainingAll(file + ": ", problem, width + "x" + height);
    }

    /** A few bytes say the size of a canvas, and may say that many scans go through all of a picture. */
    @Test
    void littleDataCannotSayMuch() throws IOException {
        byte[] gif = Files.readAllBytes(Resources.path("pictures/random-091.gif"));
        ByteBuffer.wrap(gif).order(ByteOrder.LITTLE_ENDIAN).putShort(6, (short) 9000).putShort(8, (short) 9000);
        assertInvalid("large.gif", gif, "is cut off or damaged: its bytes cannot hold 9000x9000 pixels");

        byte[] jpeg = Files.readAllBytes(Resources.path("pictures/grey-progressive.jpg"));
        int scan = marker(jpeg, 0, 0xda);
        int end = marker(jpeg, scan + 2, 0xc4);
        ByteArrayOutputStream repeated = new ByteArrayOutputStream();
        repeated.write(jpeg, 0, scan);
        for (int i = 0; i < 300; i++) {
            repeated.write(jpeg, scan, end - scan);
        }
        assertInvalid("scans.jpg", repeated.toByteArray(), "is damaged: expected at most 256 scans, found more, at byte ");
    }

    private static int marker(byte[] jpeg, int from, int marker) {
        int at = from;
        while (jpeg[at] != (byte) 0xff || jpeg[at + 1] != (byte) marker) {
            at++;
        }
        return at;
    }

    private void assertInvalid(String name, byte[] content, String problem) throws IOException {
        Path file = Files.write(folder.resolve(name), content);
        assertThatExceptionOfType(InvalidFileException.class).isThrownBy(() -> frames(file))
                .withMessageStartingWith(file + ": " + problem);
    }

    private static byte[] png(int width, int height, byte[] rows) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (DeflaterOutputStream out = new DeflaterOutputStream(packed, new Deflater())) {
            out.write(rows);
        }
        ByteBuffer file = ByteBuffer.allocate(8 + 25 + 12 + packed.size());
        file.put("\u0089PNG\r\n\u001a\n".getBytes(StandardCharsets.ISO_8859_1));
        file.putInt(13).put("IHDR".getBytes(StandardCharsets.US_ASCII)).putInt(width).putInt(height)
                .put(new byte[] {8, 2, 0, 0, 0}).putInt(0);
        file.putInt(packed.size()).put("IDAT".getBytes(StandardCharsets.US_ASCII)).put(packed.toByteArray()).putInt(0);
        return withChecksums(file.array());
    }

    @ParameterizedTest
    @CsvSource({
        "'', is empty",
        "'<!DOCTYPE html><html>', is an HTML page",
        "'version https://git-lfs.github.com/spec/v1', is a Git LFS pointer",
        "'just some text', 'expected a PNG or JPEG picture, or safetensors with a tensor \"image\", found neither'",
        "'GIF89a', 'expected a PNG or JPEG picture, or safetensors with a tensor \"image\", found neither'"
    })
    void whatIsNoPictureIsNamed(String content, String problem) throws IOException {
        Path file = Files.writeString(folder.resolve("picture.png"), content);
        assertThatExceptionOfType(InvalidFileException.class).isThrownBy(() -> InputImage.read(file))
                .withMessageStartingWith(file + ": " + problem);
    }
}
