package io.panatorch.cogvideox.video;

import static io.panatorch.cogvideox.video.SyntheticFrames.picture;
import static io.panatorch.cogvideox.video.SyntheticFrames.psnr;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class VideoWriterTest {

    /** The graphic control extension, whose delay is in 1/100 s, low byte first. */
    private static final Pattern GIF_DELAY = Pattern.compile("!\u00f9\4\5(..)\u00ff\0,", Pattern.DOTALL);

    /** Quotes, line breaks, what FFmpeg's own files of texts escape, and letters of two to four bytes. */
    private static final VideoMetadata TEXTS =
            new VideoMetadata("a \"red\" 'circle'\n= ; # \\ é 火 🚀", "{\"seed\": 42}\r\n" + "x".repeat(1000));

    @TempDir
    Path folder;

    private Path out;

    /** One that knows no FFmpeg. */
    private static VideoWriter writer(Path target) throws IOException {
        return VideoWriter.to(target, "");
    }

    /** Characters that FFmpeg or a shell could take for more than a name. */
    @BeforeEach
    void makeFolder() throws IOException {
        out = Files.createDirectory(folder.resolve("a %d 'b':c"));
    }

    @ParameterizedTest
    @CsvSource({"64, 64, 1", "64, 64, 30", "48, 80, 9", "34, 18, 9"})
    void mp4KeepsPicturesAndSize(int width, int height, int count) throws IOException {
        Frames frames = SyntheticFrames.of(width, height, count);
        Path target = out.resolve("video.mp4");
        writer(target).write(frames);

        List<byte[]> decoded = Decoder.mp4(target);
        assertThat(decoded).hasSize(count);
        assertThat(psnr(frames, decoded)).isGreaterThan(34);
        assertThat(out).isDirectoryContaining(target::equals).isDirectoryNotContaining(p -> !p.equals(target));
    }

    /** Motion over the edges, a cut, noise that fits no prediction, and pictures that do not change: every kind of macroblock. */
    @Test
    void mp4DoesNotDriftFromWhatItsPlayerSees() throws IOException {
        Random random = new Random(7);
        byte[][] pictures = new byte[30][];
        for (int i = 0; i < pictures.length; i++) {
            pictures[i] = i == 20 || i == 21 ? noise(random) : i > 24 ? picture(80, 48, 24) : picture(80, 48, 5 * i - 20);
        }
        Frames frames = new Frames(80, 48, pictures.length, 8, index -> pictures[index]);
        Path target = out.resolve("video.mp4");
        writer(target).write(frames);

        List<byte[]> decoded = Decoder.mp4(target);
        for (int i = 0; i < pictures.length; i++) {
            byte[] wanted = pictures[i];
            Frames one = new Frames(80, 48, 1, 8, _ -> wanted);
            assertThat(psnr(one, List.of(decoded.get(i)))).as("picture " + i).isGreaterThan(i == 20 || i == 21 ? 12 : 33);
        }
        List<byte[]> second = Decoder.ffmpeg(target, 80, 48);
        assertThat(psnr(new Frames(80, 48, 30, 8, decoded::get), second)).as("another decoder sees the same").isGreaterThan(35);
    }

    private static byte[] noise(Random random) {
        byte[] rgb = new byte[80 * 48 * 3];
        random.nextBytes(rgb);
        return rgb;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void mp4KeepsColours(boolean byFfmpeg) throws IOException {
        for (byte[] colour : new byte[][] {{(byte) 220, 30, 30}, {10, (byte) 200, 20}, {0, 0, (byte) 255}, {-1, -1, -1}, {0, 0, 0}}) {
            byte[] rgb = new byte[32 * 32 * 3];
            for (int i = 0; i < rgb.length; i++) {
                rgb[i] = colour[i % 3];
            }
            Path target = out.resolve("video.mp4");
            writer(target).write(new Frames(32, 32, 2, 8, _ -> rgb));
            byte[] decoded = (byFfmpeg ? Decoder.ffmpeg(target, 32, 32) : Decoder.mp4(target)).get(1);
            for (int i = 0; i < rgb.length; i++) {
                assertThat((decoded[i] & 0xff) - (rgb[i] & 0xff)).isBetween(-2, 2);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"8, 8, 1", "16, 16, 1", "23.976, 24000, 1001", "29.97, 30000, 1001", "12.5, 25, 2", "0.01, 1, 100"})
    void mp4HasTheExactRate(double fps, int units, int each) throws IOException {
        Path target = out.resolve("video.mp4");
        writer(target).write(new Frames(64, 64, 5, fps, index -> picture(64, 64, index)));
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(target));
        int media = at(bytes, "mdhd");
        assertThat(bytes.getInt(media + 24)).isEqualTo(units);
        assertThat(bytes.getLong(media + 28)).isEqualTo(5L * each);
        int times = at(bytes, "stts");
        assertThat(List.of(bytes.getInt(times + 12), bytes.getInt(times + 16))).containsExactly(5, each);
    }

    private static int at(ByteBuffer bytes, String box) {
        return new String(bytes.array(), StandardCharsets.ISO_8859_1).indexOf(box);
    }

    @Test
    void mp4HasItsIndexBeforeItsPicturesAndAPictureToBeginWithEverySoOften() throws IOException {
        Path target = out.resolve("video.mp4");
        writer(target).write(SyntheticFrames.of(64, 64, 50));
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(target));
        assertThat(at(bytes, "moov")).isPositive().isLessThan(at(bytes, "mdat"));
        int keys = at(bytes, "stss");
        assertThat(bytes.getInt(keys + 8)).isEqualTo(3);
        assertThat(List.of(bytes.getInt(keys + 12), bytes.getInt(keys + 16), bytes.getInt(keys + 20))).containsExactly(1, 25, 49);
    }

    @ParameterizedTest
    @CsvSource({"48, 80, 9, 8", "64, 64, 5, 23.976"})
    void ffmpegOnThePathWritesMp4(int width, int height, int count, double fps) throws IOException {
        Decoder.requireFfmpeg();
        Frames frames = new Frames(width, height, count, fps, index -> picture(width, height, index));
        Path target = out.resolve("video.mp4");
        VideoWriter writer = VideoWriter.to(target);
        assertThat(writer.encoder()).containsPattern("^lib(x264|openh264) of /");
        writer.write(frames, TEXTS);

        List<byte[]> decoded = Decoder.ffmpeg(target, width, height);
        assertThat(decoded).hasSize(count);
        assertThat(psnr(frames, decoded)).isGreaterThan(34);
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(target));
        assertThat(at(bytes, "moov")).isPositive().isLessThan(at(bytes, "mdat"));
    }

    /** Read by FFmpeg where there is one, besides that they are there. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void mp4CarriesTexts(boolean byFfmpeg) throws IOException {
        String ffmpeg = byFfmpeg ? Decoder.requireFfmpeg() : null;
        Path target = out.resolve("video.mp4");
        (byFfmpeg ? VideoWriter.to(target) : writer(target)).write(SyntheticFrames.of(64, 64, 3), TEXTS);
        assertThat(Files.readString(target, StandardCharsets.ISO_8859_1))
                .contains("©nam", latin(TEXTS.title()), "©cmt", latin(TEXTS.comment()));
        if (byFfmpeg) {
            // Its format has a backslash before a line's end and before = ; # and itself.
            String texts = new String(Decoder.output(ffmpeg, "-loglevel", "error", "-i", target.toString(), "-f", "ffmetadata", "-"),
                    StandardCharsets.UTF_8).replaceAll("(?s)\\\\(.)", "$1");
            assertThat(texts).contains("title=" + TEXTS.title() + "\n", "comment=" + TEXTS.comment() + "\n");
        }
    }

    private static String latin(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    @Test
    void gifAndPngCarryTexts() throws IOException {
        writer(out.resolve("v.gif")).write(SyntheticFrames.of(32, 32, 2), TEXTS);
        ImageReader gif = ImageIO.getImageReadersByFormatName("gif").next();
        try (ImageInputStream in = ImageIO.createImageInputStream(out.resolve("v.gif").toFile())) {
            gif.setInput(in);
            NodeList comments = ((Element) gif.getImageMetadata(0).getAsTree("javax_imageio_gif_image_1.0"))
                    .getElementsByTagName("CommentExtension");
            assertThat(IntStream.range(0, comments.getLength())
                    .mapToObj(i -> ((Element) comments.item(i)).getAttribute("value")))
                    .containsExactly(latin(TEXTS.title()), latin(TEXTS.comment()));
        }
        writer(out.resolve("frames")).write(SyntheticFrames.of(32, 32, 2), TEXTS);
        ImageReader png = ImageIO.getImageReadersByFormatName("png").next();
        try (ImageInputStream in = ImageIO.createImageInputStream(out.resolve("frames/frame_0001.png").toFile())) {
            png.setInput(in);
            NodeList texts = ((Element) png.getImageMetadata(0).getAsTree("javax_imageio_png_1.0"))
                    .getElementsByTagName("iTXtEntry");
            assertThat(IntStream.range(0, texts.getLength()).mapToObj(i -> (Element) texts.item(i))
                    .map(text -> text.getAttribute("keyword") + "=" + text.getAttribute("text")))
                    .containsExactly("Software=Panatorch", "Title=" + TEXTS.title(), "parameters=" + TEXTS.comment());
        }
    }

    @ParameterizedTest
    @CsvSource({"64, 64, 1", "48, 80, 9", "33, 17, 2", "1, 1, 2", "160, 120, 12"})
    void gifKeepsPicturesAndSizeAndRepeats(int width, int height, int count) throws IOException {
        Frames frames = SyntheticFrames.of(width, height, count);
        Path target = out.resolve("video.GIF");
        writer(target).write(frames);

        List<byte[]> decoded = Decoder.gif(target);
        assertThat(decoded).hasSize(count);
        assertThat(psnr(frames, decoded)).isGreaterThan(30);
        String bytes = Files.readString(target, StandardCharsets.ISO_8859_1);
        assertThat(delays(target).sum()).isBetween(count * 100 / 8, count * 100 / 8 + 1);
        assertThat(bytes.contains("NETSCAPE2.0\3\1\0\0\0")).isEqualTo(count > 1);
    }

    /** More runs than there are codes, which begin anew then. */
    @Test
    void gifKeepsNoiseAndFewColoursExactly() throws IOException {
        Random random = new Random(7);
        byte[][] colours = new byte[255][3];
        for (byte[] colour : colours) {
            random.nextBytes(colour);
        }
        byte[] rgb = new byte[200 * 100 * 3];
        for (int i = 0; i < rgb.length; i += 3) {
            System.arraycopy(colours[random.nextInt(colours.length)], 0, rgb, i, 3);
        }
        Path target = out.resolve("video.gif");
        writer(target).write(new Frames(200, 100, 2, 8, _ -> rgb));
        assertThat(psnr(new Frames(200, 100, 1, 8, _ -> rgb), Decoder.gif(target))).isGreaterThan(45);

        Arrays.fill(rgb, (byte) 30);
        writer(target).write(new Frames(200, 100, 2, 8, _ -> rgb));
        assertThat(Decoder.gif(target)).allSatisfy(picture -> assertThat(Arrays.equals(picture, rgb)).isTrue());
    }

    @ParameterizedTest
    @CsvSource({"50, 2, 2", "48, 2, 3", "24, 4, 5", "0.00153, 65359, 65360"})
    void gifDelaysAreThoseThatViewersKeep(double fps, int least, int most) throws IOException {
        Path target = out.resolve("video.gif");
        writer(target).write(new Frames(16, 16, 25, fps, index -> picture(16, 16, index)));
        assertThat(delays(target).boxed()).hasSize(25).allMatch(delay -> delay >= least && delay <= most);
        assertThat(delays(target).sum()).isEqualTo((int) Math.round(25 * 100 / fps));
    }

    private static IntStream delays(Path gif) throws IOException {
        return GIF_DELAY.matcher(Files.readString(gif, StandardCharsets.ISO_8859_1)).results()
                .mapToInt(delay -> delay.group(1).charAt(0) | delay.group(1).charAt(1) << 8);
    }

    @Test
    void gifKeepsPicturesThatDoNotChange() throws IOException {
        Path target = out.resolve("video.gif");
        writer(target).write(new Frames(64, 64, 5, 8, index -> picture(64, 64, 0)));
        assertThat(Decoder.gif(target)).hasSize(5);
    }

    @ParameterizedTest
    @CsvSource({"64, 64, 1, false", "48, 80, 9, false", "33, 17, 2, true"})
    void folderKeepsPicturesExactly(int width, int height, int count, boolean exists) throws IOException {
        Path target = folder.resolve("frames");
        if (exists) {
            Files.createDirectory(target);
            Files.writeString(target.resolve("notes.txt"), "stays");
        }
        writer(target).write(SyntheticFrames.of(width, height, count));

        List<byte[]> decoded = Decoder.folder(target);
        assertThat(decoded).hasSize(count);
        for (int i = 0; i < count; i++) {
            assertThat(Arrays.equals(decoded.get(i), picture(width, height, i))).isTrue();
        }
        assertThat(Files.exists(target.resolve("notes.txt"))).isEqualTo(exists);
    }

    @Test
    void aFileIsReplaced() throws IOException {
        Path target = Files.writeString(out.resolve("video.mp4"), "old");
        writer(target).write(SyntheticFrames.of(64, 64, 2));
        assertThat(Decoder.mp4(target)).hasSize(2);
    }

    @Test
    void framesOfAnotherVideoAreReplaced() throws IOException {
        writer(out).write(SyntheticFrames.of(8, 8, 3));
        Files.writeString(out.resolve("frame_of_mine.png"), "stays");
        Files.writeString(out.resolve("frame_0100.png"), "that of another program stays, too");
        writer(out).write(SyntheticFrames.of(8, 8, 2));
        assertThat(out.toFile().list())
                .containsExactlyInAnyOrder("frame_0000.png", "frame_0001.png", "frame_0100.png", "frame_of_mine.png");
    }

    @Test
    void framesOfAnotherVideoStayWhereTheNewOnesFail() throws IOException {
        writer(out).write(SyntheticFrames.of(8, 8, 3));
        byte[] old = Files.readAllBytes(out.resolve("frame_0000.png"));
        Frames failing = new Frames(8, 8, 2, 8, index -> {
            if (index == 1) {
                throw new IllegalStateException("no picture");
            }
            return new byte[8 * 8 * 3];
        });
        assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> writer(out).write(failing));
        assertThat(out.toFile().list()).hasSize(3);
        assertThat(out.resolve("frame_0000.png")).hasBinaryContent(old);
    }

    @Test
    void aLinkThatLeadsNowhereIsFoundBeforehand() throws IOException {
        Path target = Files.createSymbolicLink(out.resolve("video.mp4"), Path.of("missing/video.mp4"));
        assertThatIOException().isThrownBy(() -> writer(target))
                .withMessageStartingWith(target + ": the folder ").withMessageContaining("does not exist");
    }

    @ParameterizedTest
    @ValueSource(strings = {"video.webm", "video.mp4x", "video."})
    void anUnknownEndingIsNamedWithThoseThatAreKnown(String name) {
        Path target = out.resolve(name);
        assertThatIllegalArgumentException().isThrownBy(() -> writer(target))
                .withMessageContainingAll(name, ".mp4", ".gif", "folder").withMessageNotContaining("\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"video.mp4", "video.GIF"})
    void aFolderWithTheEndingOfAFileIsNotFilled(String name) throws IOException {
        Path target = Files.createDirectory(out.resolve(name));
        assertThatIOException().isThrownBy(() -> writer(target)).withMessageContaining("is not a regular file");
    }

    @ParameterizedTest
    @CsvSource({"video.mp4, 1e-9", "video.mp4, 0.009", "video.mp4, 1001", "video.mp4, 1e9", "video.mp4, NaN",
        "video.gif, 0.0015", "video.gif, 50.1", "video.gif, 60"})
    void aRateThatTheFormatCannotHoldIsFoundBeforehand(String name, double fps) throws IOException {
        VideoWriter writer = writer(out.resolve(name));
        assertThatIllegalArgumentException().isThrownBy(() -> writer.requireRate(fps))
                .withMessageContainingAll(writer.target().toString(), "frames per second", ", not " + fps)
                .withMessageNotContaining("\n");
        if (fps > 0) {
            Frames frames = new Frames(8, 8, 1, fps, index -> picture(8, 8, index));
            assertThatIllegalArgumentException().isThrownBy(() -> writer.write(frames));
        }
        assertThat(out).isEmptyDirectory();
    }

    @ParameterizedTest
    @CsvSource({"video.mp4, 0.01", "video.mp4, 23.976", "video.mp4, 1000", "video.gif, 0.00153", "video.gif, 50",
        "frames, 1e-9", "frames, 1e9"})
    void ratesThatTheFormatCanHold(String name, double fps) throws IOException {
        VideoWriter writer = writer(out.resolve(name));
        writer.requireRate(fps);
        writer.write(new Frames(64, 64, 2, fps, index -> picture(64, 64, index)));
        assertThat(writer.target()).exists();
    }

    @ParameterizedTest
    @ValueSource(strings = {"video.mp4", "video.gif", "frames"})
    void aMissingParentIsFoundBeforehand(String name) {
        Path target = out.resolve("missing").resolve(name);
        assertThatIOException().isThrownBy(() -> writer(target))
                .withMessage(target + ": the folder " + target.getParent()
                        + " does not exist; create it or choose another path");
    }

    @Test
    void aFileInTheWayOfAFolderIsFoundBeforehand() throws IOException {
        Path target = Files.createFile(out.resolve("frames"));
        assertThatIOException().isThrownBy(() -> writer(target)).withMessageContaining("is not a folder");
    }

    @ParameterizedTest
    @CsvSource({"v.mp4, 16386, 2, '.mp4 takes at most 16384 pixels a side, not 16386x2'", "v.gif, 2, 65536, '.gif takes at most 65535'",
            "v.mp4, 8192, 8192, '.mp4 takes at most 35651584 pixels a picture, not 8192x8192'"})
    void sizesBeyondAFormatAreRefused(String name, int width, int height, String message) throws IOException {
        VideoWriter writer = writer(folder.resolve(name));
        assertThatIllegalArgumentException().isThrownBy(() -> writer.requireSize(width, height)).withMessageContaining(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {".mp4", ".GIF"})
    void aNameThatIsOnlyAnEndingIsRefused(String name) {
        assertThatIllegalArgumentException().isThrownBy(() -> writer(folder.resolve(name)))
                .withMessageEndingWith(": expected a name before the ending, found none");
    }

    @Test
    void mp4RefusesOddSizes() {
        Path target = out.resolve("video.mp4");
        assertThatIllegalArgumentException().isThrownBy(() -> writer(target).requireSize(64, 33)).withMessageContaining("64x33");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> writer(target).write(SyntheticFrames.of(33, 64, 1)))
                .withMessageContaining("33x64");
        assertThat(out).isEmptyDirectory();
    }

    @ParameterizedTest
    @ValueSource(strings = {"video.mp4", "video.gif", "frames", ""})
    void aFailingSourceLeavesNothing(String name) {
        Frames frames = new Frames(64, 64, 9, 8, index -> {
            if (index == 5) {
                throw new IllegalStateException("no picture");
            }
            return picture(64, 64, index);
        });
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> writer(out.resolve(name)).write(frames)).withMessage("no picture");
        assertThat(out).isEmptyDirectory();
    }

    @ParameterizedTest
    @ValueSource(strings = {"video.mp4", "video.gif", "frames", ""})
    void anInterruptLeavesNothing(String name) {
        Frames frames = new Frames(64, 64, 9, 8, index -> {
            if (index == 5) {
                Thread.currentThread().interrupt();
            }
            return picture(64, 64, index);
        });
        assertThatIOException().isThrownBy(() -> writer(out.resolve(name)).write(frames))
                .withMessageContaining("interrupted");
        assertThat(Thread.interrupted()).as("interrupt status").isTrue();
        assertThat(out).isEmptyDirectory();
    }
}
