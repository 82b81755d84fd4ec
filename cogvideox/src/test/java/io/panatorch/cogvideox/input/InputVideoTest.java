package io.panatorch.cogvideox.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.panatorch.cogvideox.ffmpeg.Ffmpeg;
import io.panatorch.cogvideox.video.Frames;
import io.panatorch.cogvideox.video.VideoWriter;
import io.panatorch.io.InvalidFileException;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.TensorTest;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@TensorTest
@Timeout(60)
class InputVideoTest {

    private static final int WIDTH = 48;
    private static final int HEIGHT = 32;
    private static final int COUNT = 9;

    @TempDir
    Path folder;

    /** Few colours, so that GIF loses nothing, in areas that move. */
    private static byte[] frame(int index) {
        byte[] rgb = new byte[WIDTH * HEIGHT * 3];
        for (int i = 0; i < rgb.length; i++) {
            int x = i / 3 % WIDTH;
            int y = i / 3 / WIDTH;
            rgb[i] = (byte) ((x / 8 + index) % 2 == 0 || i % 3 == 1 && y < 16 ? 200 : 40);
        }
        return rgb;
    }

    private Path write(String name) throws IOException {
        Path target = folder.resolve(name);
        VideoWriter.to(target).write(new Frames(WIDTH, HEIGHT, COUNT, 8, InputVideoTest::frame));
        return target;
    }

    private static InputImage image(int width, int height) {
        return InputImage.of(width, height, new byte[width * height * 3]);
    }

    private static void requireFfmpeg() {
        try {
            Ffmpeg.find(Ffmpeg.searchPath());
        } catch (IOException e) {
            assumeTrue(false, e.getMessage() + ": reading videos with it is not tested");
        }
    }

    private Path script(String lines) throws IOException {
        Path bin = Files.createDirectories(folder.resolve("bin"));
        Path script = Files.writeString(bin.resolve("ffmpeg"), "#!/bin/sh\n" + lines);
        assertThat(script.toFile().setExecutable(true)).isTrue();
        return bin;
    }

    @ParameterizedTest
    @CsvSource({"32, 48, v2v/pixels", "16, 24, v2v/pixels-24x16", "24, 40, v2v/pixels-40x24"})
    void floatsBecomeWhatDiffusersMakesOfThem(int height, int width, String expected) throws IOException {
        try (Safetensors golden = Resources.open("diffusers.safetensors"); var _ = TensorScope.open()) {
            Path file = folder.resolve("video.bin");
            Safetensors.save(file, Map.of("video", golden.load("v2v/video")), Map.of());
            for (InputVideo video : List.of(InputVideo.of(golden.load("v2v/video")), InputVideo.read(file))) {
                Tensor pixels = video.toTensor(height, width);
                assertThat(pixels.shape()).isEqualTo(Shape.of(3, 2, height, width));
                assertThat(pixels.toFloatArray()).isEqualTo(golden.load(expected).toFloatArray());
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"video.gif", "folder"})
    void whatTheWriterWritesWithoutLossReadsBack(String name) throws IOException {
        InputVideo video = InputVideo.read(write(name), "");
        assertThat(video.frames()).isEqualTo(COUNT);
        assertThat(video.width()).isEqualTo(WIDTH);
        assertThat(video.height()).isEqualTo(HEIGHT);
        try (var _ = TensorScope.open()) {
            float[] values = video.toTensor(HEIGHT, WIDTH).toFloatArray();
            for (int i = 0; i < COUNT; i++) {
                float[] expected = InputImage.of(WIDTH, HEIGHT, frame(i)).toTensor(HEIGHT, WIDTH).toFloatArray();
                for (int channel = 0; channel < 3; channel++) {
                    int area = WIDTH * HEIGHT;
                    int at = (channel * COUNT + i) * area;
                    assertThat(Arrays.copyOfRange(values, at, at + area)).as("frame %d, channel %d", i, channel)
                            .isEqualTo(Arrays.copyOfRange(expected, channel * area, (channel + 1) * area));
                }
            }
        }
    }

    @Test
    void mp4ReadsBackAlmostTheSame() throws IOException {
        requireFfmpeg();
        InputVideo video = InputVideo.read(write("video.mp4"));
        assertThat(video.frames()).isEqualTo(COUNT);
        try (var _ = TensorScope.open()) {
            for (int i = 0; i < COUNT; i++) {
                Tensor expected = InputImage.of(WIDTH, HEIGHT, frame(i)).toTensor(HEIGHT, WIDTH);
                Tensor actual = video.toTensor(HEIGHT, WIDTH).narrow(1, i, 1).squeeze(1);
                // Colours are halved in both directions, so that they run over the edges of the areas.
                assertThat(actual.sub(expected).abs().mean().item()).isLessThan(0.12);
                assertThat(actual.mean().item() - expected.mean().item()).isBetween(-0.02, 0.02);
            }
        }
    }

    @Test
    void aVideoThatIsCutOffIsRefusedWithFfmpegsReason() throws IOException {
        requireFfmpeg();
        Path whole = write("whole.mp4");
        byte[] content = Files.readAllBytes(whole);
        Path half = Files.write(folder.resolve("half.mp4"), Arrays.copyOf(content, content.length * 2 / 3));
        assertThatExceptionOfType(InvalidFileException.class).isThrownBy(() -> InputVideo.read(half))
                .withMessageMatching("\\Q" + half + "\\E: expected a video, as MP4, WebM or AVI, but .*ffmpeg ended with exit status \\d+: .+");
    }

    /** To FFmpeg it would be a video: it shows what other files hold. */
    @Test
    void aListOfOtherFilesIsNoVideo() throws IOException {
        requireFfmpeg();
        write("whole.mp4");
        Path list = Files.writeString(folder.resolve("list.mp4"), "ffconcat version 1.0\nfile whole.mp4\n");
        assertThatExceptionOfType(InvalidFileException.class).isThrownBy(() -> InputVideo.read(list))
                .withMessageStartingWith(list + ": expected a video, as MP4");
    }

    @Test
    void withoutFfmpegTheKindsThatWorkAreNamed() throws IOException {
        Path file = Files.writeString(folder.resolve("video.mp4"), "....ftypisom");
        assertThatIOException().isThrownBy(() -> InputVideo.read(file, ""))
                .withMessage(file + ": takes an FFmpeg to read, and there is no ffmpeg on PATH; install one, or give a GIF, a folder"
                        + " of PNG or JPEG files, or safetensors");
    }

    @ParameterizedTest
    @CsvSource({
        "exit 0, expected a video; found no frame in it",
        "printf 'P6\\n2 1\\n255\\nabc', FFmpeg stopped within a picture",
        "echo hello, FFmpeg gave no PPM picture",
        "printf 'P6\\n99999 99999\\n255\\n', size: expected 1 to",
        "printf 'P6\\n1 1\\n255\\nabcP6\\n2 1\\n255\\nabcdef', expected frames of one size",
        "printf 'P6\\n1 1\\n255\\nabc'; echo first >&2; echo 'disk on fire' >&2; exit 3, exit status 3: disk on fire"
    })
    void whatFfmpegMayDoWrongGetsOneLine(String lines, String problem) throws IOException {
        Path bin = script(lines + "\n");
        Path file = Files.writeString(folder.resolve("video.mp4"), "....ftypisom");
        assertThatExceptionOfType(InvalidFileException.class).isThrownBy(() -> InputVideo.read(file, bin.toString()))
                .withMessageStartingWith(file + ": ").withMessageContaining(problem.replace(';', ','))
                .withMessageNotContaining("\n");
    }

    @Test
    void anInterruptEndsAnFfmpegThatHangs() throws Exception {
        Path pid = folder.resolve("pid");
        Path bin = script("echo $$ > '" + pid + ".new'; mv '" + pid + ".new' '" + pid + "'; sleep 600\n");
        Path file = Files.writeString(folder.resolve("video.mp4"), "....ftypisom");
        CompletableFuture<Exception> failure = new CompletableFuture<>();
        Thread reader = Thread.ofPlatform().start(() -> {
            try {
                InputVideo.read(file, bin.toString());
                failure.complete(null);
            } catch (Exception e) {
                failure.complete(Thread.currentThread().isInterrupted() ? e : new IllegalStateException("no interrupt status", e));
            }
        });
        while (!Files.exists(pid)) {
            Thread.sleep(Duration.ofMillis(10));
        }
        reader.interrupt();
        assertThat(failure.get()).isInstanceOf(InterruptedIOException.class);
        assertThat(ProcessHandle.of(Long.parseLong(Files.readString(pid).strip()))).isEmpty();
    }

    @Test
    void aFolderIsReadInTheOrderOfItsNumbers() throws IOException {
        Path pictures = Files.createDirectory(folder.resolve("pictures"));
        Path frames = write("frames");
        List<String> names = List.of("f9.png", "f10.png", "f011.png", "f100.PNG");
        for (int i = 0; i < names.size(); i++) {
            Files.copy(frames.resolve("frame_000" + i + ".png"), pictures.resolve(names.get(i)));
        }
        Files.writeString(pictures.resolve(".hidden.png"), "not a picture");
        Files.writeString(pictures.resolve("notes.txt"), "not a picture");
        InputVideo video = InputVideo.read(pictures);
        assertThat(video.frames()).isEqualTo(names.size());
        try (var _ = TensorScope.open()) {
            for (int i = 0; i < names.size(); i++) {
                assertThat(video.toTensor(HEIGHT, WIDTH).narrow(1, i, 1).toFloatArray())
                        .isEqualTo(InputImage.of(WIDTH, HEIGHT, frame(i)).toTensor(HEIGHT, WIDTH).toFloatArray());
            }
        }
    }

    @Test
    void foldersThatAreNoVideoAreRefused() throws IOException {
        Path pictures = Files.createDirectory(folder.resolve("pictures"));
        assertThatExceptionOfType(InvalidFileException.class).isThrownBy(() -> InputVideo.read(pictures))
                .withMessage(pictures + ": expected a folder of PNG or JPEG files, found none in it");
        Files.copy(Resources.path("pictures/rgb8.png"), pictures.resolve("1.png"));
        Path other = Files.copy(Resources.path("pictures/420-restarts.jpg"), pictures.resolve("2.jpg"));
        assertThatExceptionOfType(InvalidFileException.class).isThrownBy(() -> InputVideo.read(pictures))
                .withMessage(pictures + ": expected frames of one size, found a 11x9 8-bit picture first and in 2.jpg a 50x35 8-bit picture");
        Files.writeString(other, "text");
        assertThatExceptionOfType(InvalidFileException.class).isThrownBy(() -> InputVideo.read(pictures))
                .withMessageStartingWith(other + ": expected a PNG or JPEG picture");
    }

    @Test
    void onePictureIsNoVideo() {
        Path picture = Resources.path("pictures/rgb8.png");
        assertThatExceptionOfType(InvalidFileException.class).isThrownBy(() -> InputVideo.read(picture))
                .withMessage(picture + ": expected a video or a folder of pictures, found one picture");
    }

    @Test
    void moreFramesThanTheHeapHoldsAreRefused() throws IOException {
        FrameList frames = new FrameList(Path.of("video"), 3 * 12);
        for (int i = 0; i < 3; i++) {
            frames.add(image(2, 2), "frame " + i);
        }
        assertThatExceptionOfType(InvalidFileException.class).isThrownBy(() -> frames.add(image(2, 2), "frame 3"))
                .withMessageContainingAll("video: expected as many frames as the heap holds, found more than 3", "-Xmx");
    }

    @Test
    void theFirstFramesAreAVideo() {
        InputVideo video = InputVideo.of(List.of(image(1, 2), image(1, 2), image(1, 2)));
        assertThat(video.first(2).frames()).isEqualTo(2);
        assertThat(video.first(3).frames()).isEqualTo(3);
        for (int count : new int[] {0, 4}) {
            assertThatIllegalArgumentException().isThrownBy(() -> video.first(count))
                    .withMessage("count: expected 1 to 3, the frames of this video, found " + count);
        }
    }

    @Test
    void whatIsNoVideoIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> InputVideo.of(List.of())).withMessageContaining("found none");
        assertThatIllegalArgumentException().isThrownBy(() -> InputVideo.of(List.of(image(1, 2), image(2, 1))))
                .withMessage("frames: expected pictures of one size, found a 1x2 8-bit picture and a 2x1 8-bit picture");
        try (var _ = TensorScope.open()) {
            assertThatIllegalArgumentException().isThrownBy(() -> InputVideo.of(Tensor.of(new float[12], 3, 2, 2)))
                    .withMessageContaining("video: expected the shape [frames, 3, height, width]");
            assertThatIllegalArgumentException().isThrownBy(() -> InputVideo.of(Tensor.of(new float[] {0, 0, 0, 0, 2, 0}, 2, 3, 1, 1)))
                    .withMessageStartingWith("video[1]: expected values in [0, 1], found 2.0 at [1, 0, 0]");
        }
    }
}
