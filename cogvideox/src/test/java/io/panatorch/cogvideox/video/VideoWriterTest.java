package io.panatorch.cogvideox.video;

import static io.panatorch.cogvideox.video.SyntheticFrames.picture;
import static io.panatorch.cogvideox.video.SyntheticFrames.psnr;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VideoWriterTest {

    /** The graphic control extension, whose delay is in 1/100 s, low byte first. */
    private static final Pattern GIF_DELAY = Pattern.compile("!\u00f9\4.(.)\0.\0", Pattern.DOTALL);

    @TempDir
    static Path bundled;

    private static Decoder decoder;

    @TempDir
    Path folder;

    private Path out;

    @BeforeAll
    static void unpack() throws IOException {
        decoder = new Decoder(bundled);
    }

    private static VideoWriter writer(Path target) throws IOException {
        return VideoWriter.to(target, "", () -> bundled);
    }

    /** Characters that FFmpeg or a shell could take for more than a name. */
    @BeforeEach
    void makeFolder() throws IOException {
        out = Files.createDirectory(folder.resolve("a %d 'b':c"));
    }

    @ParameterizedTest
    @CsvSource({"64, 64, 1", "64, 64, 9", "48, 80, 9", "48, 80, 1"})
    void mp4KeepsPicturesSizeAndRate(int width, int height, int count) throws IOException {
        Frames frames = SyntheticFrames.of(width, height, count);
        Path target = out.resolve("video.mp4");

        writer(target).write(frames);

        List<byte[]> decoded = decoder.pictures(target.toString(), width, height);
        assertThat(decoded).hasSize(count);
        assertThat(psnr(frames, decoded)).isGreaterThan(34);
        assertThat(decoder.header(target)).containsExactly((double) width, (double) height, 8.0);
        assertThat(out).isDirectoryContaining(target::equals).isDirectoryNotContaining(p -> !p.equals(target));
    }

    @Test
    void mp4HasItsIndexBeforeItsPictures() throws IOException {
        Path target = out.resolve("video.mp4");
        writer(target).write(SyntheticFrames.of(64, 64, 9));
        String bytes = new String(Files.readAllBytes(target), StandardCharsets.ISO_8859_1);
        assertThat(bytes.indexOf("moov")).isPositive().isLessThan(bytes.indexOf("mdat"));
    }

    @ParameterizedTest
    @CsvSource({"64, 64, 1", "48, 80, 9", "33, 17, 2"})
    void gifKeepsPicturesAndSizeAndRepeats(int width, int height, int count) throws IOException {
        Frames frames = SyntheticFrames.of(width, height, count);
        Path target = out.resolve("video.GIF");

        writer(target).write(frames);

        List<byte[]> decoded = decoder.pictures(target.toString(), width, height);
        assertThat(decoded).hasSize(count);
        assertThat(psnr(frames, decoded)).isGreaterThan(30);
        assertThat(decoder.header(target).subList(0, 2)).containsExactly((double) width, (double) height);
        String bytes = Files.readString(target, StandardCharsets.ISO_8859_1);
        assertThat(GIF_DELAY.matcher(bytes).results().mapToInt(delay -> delay.group(1).charAt(0)).sum())
                .isBetween(count * 100 / 8, count * 100 / 8 + 1);
        if (count > 1) {
            assertThat(bytes).contains("NETSCAPE2.0\3\1\0\0\0");
        }
    }

    @Test
    void gifKeepsPicturesThatDoNotChange() throws IOException {
        Path target = out.resolve("video.gif");
        writer(target).write(new Frames(64, 64, 5, 8, index -> picture(64, 64, 0)));
        assertThat(decoder.pictures(target.toString(), 64, 64)).hasSize(5);
    }

    @ParameterizedTest
    @CsvSource({"64, 64, 1, false", "48, 80, 9, false", "33, 17, 2, true"})
    void folderKeepsPicturesExactly(int width, int height, int count, boolean exists) throws IOException {
        Path target = folder.resolve("frames");
        if (exists) {
            Files.createDirectory(target);
            Files.writeString(target.resolve("notes.txt"), "stays");
        }
        VideoWriter withoutFfmpeg = VideoWriter.to(target, "", () -> {
            throw new AssertionError("PNG needs no FFmpeg");
        });

        withoutFfmpeg.write(SyntheticFrames.of(width, height, count));

        List<byte[]> decoded = decoder.pictures(target.resolve("frame_%04d.png").toString(), width, height);
        assertThat(decoded).hasSize(count);
        for (int i = 0; i < count; i++) {
            assertThat(decoded.get(i)).isEqualTo(picture(width, height, i));
        }
        assertThat(Files.exists(target.resolve("notes.txt"))).isEqualTo(exists);
    }

    @Test
    void aFileIsReplaced() throws IOException {
        Path target = Files.writeString(out.resolve("video.mp4"), "old");
        writer(target).write(SyntheticFrames.of(64, 64, 2));
        assertThat(decoder.pictures(target.toString(), 64, 64)).hasSize(2);
    }

    @Test
    void framesOfAnotherVideoAreReplaced() throws IOException {
        writer(out).write(SyntheticFrames.of(8, 8, 3));
        Files.writeString(out.resolve("frame_of_mine.png"), "stays");
        writer(out).write(SyntheticFrames.of(8, 8, 2));
        assertThat(out.toFile().list()).containsExactlyInAnyOrder("frame_0000.png", "frame_0001.png", "frame_of_mine.png");
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
