package io.panatorch.cogvideox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.panatorch.cogvideox.video.Frames;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.ClosedTensorException;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorOwner;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.TensorTest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who owns what a generation makes, and how long. */
@TensorTest
class VideoResultTest {

    private static final double FPS = 8;

    private static CogVideoXPipeline pipeline;

    @BeforeAll
    static void load() throws IOException {
        pipeline = CogVideoXPipeline.load(Golden.folder("t2v-2b").resolve("pipeline"), DType.FLOAT32, Device.CPU);
    }

    @AfterAll
    static void close() {
        pipeline.close();
    }

    private static VideoRequest.Builder request(String... prompts) {
        return VideoRequest.builder(prompts).steps(3).frames(1).height(32).width(32);
    }

    /** Of all values that round up, down and to the even neighbour. */
    @Test
    void picturesAreThoseOfDiffusers() throws Exception {
        Path file = Path.of(VideoResultTest.class.getResource("video-postprocess.safetensors").toURI());
        try (Safetensors golden = Safetensors.open(file); var _ = TensorScope.open();
                VideoResult generated = pipeline.generate(request("a panda").build());
                VideoResult result = new VideoResult(generated.latents(), golden.load("pt"), FPS, List.of(), Map.of(),
                        generated.cache())) {
            assertThat(result.pictures(0).rgb(0)).isEqualTo(golden.load("u8").toByteArray());
        }
    }

    /** Nobody here opens a scope. */
    @Test
    void isMadeOnOneThreadReadOnAnotherAndClosedOnAThird() throws Exception {
        VideoResult result = CompletableFuture.supplyAsync(() -> pipeline.generate(request("a panda").build())).get();
        byte[][] picture = new byte[1][];
        Thread.ofVirtual().start(() -> picture[0] = result.pictures(0, FPS).rgb(0)).join();
        assertThat(picture[0]).hasSize(32 * 32 * 3);
        Thread.ofPlatform().start(result::close).join();
    }

    @Test
    void outlivesTheScopeThatIsOpenAndThePipeline() throws IOException {
        VideoResult result;
        try (var own = CogVideoXPipeline.load(Golden.folder("t2v-2b").resolve("pipeline"), DType.FLOAT32, Device.CPU);
                var scope = TensorScope.open()) {
            result = own.generate(request("a panda").build());
            assertThat(scope.size()).isZero();
        }
        try (result) {
            assertThat(result.frames().toFloatArray()).hasSize(3 * 32 * 32);
            assertThat(result.latents().shape().sizes()).containsExactly(1, 1, 4, 4, 4);
        }
    }

    @Test
    void givesNothingOnceItIsClosed() {
        VideoResult result = pipeline.generate(request("a panda").build());
        Tensor frames = result.frames();
        Frames pictures = result.pictures(0, FPS);
        result.close();
        result.close();

        assertThatIllegalStateException().isThrownBy(result::frames)
                .withMessage("frames: this result is closed; take what you need of it before");
        assertThatIllegalStateException().isThrownBy(result::latents).withMessageStartingWith("latents: ");
        assertThatIllegalStateException().isThrownBy(() -> result.pictures(0, FPS)).withMessageStartingWith("pictures: ");
        assertThatIllegalStateException().isThrownBy(() -> pictures.rgb(0)).withMessageStartingWith("frames: ");
        assertThatExceptionOfType(ClosedTensorException.class).isThrownBy(frames::toFloatArray);
        assertThat(result.timesteps()).hasSize(3);
        assertThat(result.cache().method()).isEqualTo("none");
        assertThat(result.toString()).endsWith(", closed]");
    }

    /** Of one pixel: the shorter the rest of a reading, the likelier its begin meets the close. */
    @Test
    void mayBeClosedWhileOthersReadItsPictures() throws Exception {
        try (VideoResult generated = pipeline.generate(request("a panda").build()); var _ = TensorScope.open()) {
            Tensor pixel = Tensor.of(new float[3], 1, 1, 3, 1, 1);
            for (int round = 0; round < 2000; round++) {
                VideoResult result =
                        new VideoResult(generated.latents(), pixel, FPS, List.of(), Map.of(), generated.cache());
                Frames pictures = result.pictures(0, FPS);
                CountDownLatch reading = new CountDownLatch(2);
                List<CompletableFuture<Void>> readers = Stream.generate(() -> CompletableFuture.runAsync(() ->
                        readUntilClosed(pictures, reading))).limit(2).toList();
                reading.await();
                result.close();
                for (CompletableFuture<Void> reader : readers) {
                    reader.get();
                }
            }
        }
    }

    private static void readUntilClosed(Frames pictures, CountDownLatch reading) {
        try {
            while (true) {
                assertThat(pictures.rgb(0)).containsExactly(0, 0, 0);
                reading.countDown();
            }
        } catch (IllegalStateException e) {
            assertThat(e).hasMessageStartingWith("frames: this result is closed");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 2, Integer.MIN_VALUE, Integer.MAX_VALUE})
    void hasNoOtherVideosThanThoseOfTheBatch(int index) {
        try (VideoResult result = pipeline.generate(request("a panda", "a cat").build())) {
            assertThatIllegalArgumentException().isThrownBy(() -> result.pictures(index, FPS))
                    .withMessage("pictures: expected the index of a video, 0 to 1, found " + index);
            assertThat(result.pictures(1, FPS).rgb(0)).isNotEqualTo(result.pictures(0, FPS).rgb(0));
        }
    }

    @Test
    void isDescribedInALine() {
        try (VideoResult result = pipeline.generate(request("a panda", "a cat").build())) {
            assertThat(result.toString())
                    .matches("VideoResult\\[2 videos of 1 frame, 32 × 32 pixels, 3 steps, cache none, \\d+\\.\\d s]");
        }
    }

    /** Also those of the last step, which the pipeline itself still has. */
    @Test
    void latentsOfAStepEndWithItsListener() {
        List<StepEvent> events = new ArrayList<>();
        List<Tensor> borrowed = new ArrayList<>();
        try (var kept = new TensorOwner()) {
            List<Tensor> adopted = new ArrayList<>();
            try (VideoResult result = pipeline.generate(request("a panda").onStep(event -> {
                events.add(event);
                borrowed.add(event.latents());
                adopted.add(kept.adopt(event.latents()));
                event.latents().mul(2); // belongs to the listener's scope
            }).build())) {
                assertThat(adopted.getLast().toFloatArray()).isEqualTo(result.latents().toFloatArray());
            }
            assertThat(events).hasSize(3);
            for (int i = 0; i < events.size(); i++) {
                assertThatIllegalStateException().isThrownBy(events.get(i)::latents)
                        .withMessage("latents: those of step " + (i + 1) + " were valid until its listener returned;"
                                + " copy or adopt there what is needed for longer");
                assertThatExceptionOfType(ClosedTensorException.class).isThrownBy(borrowed.get(i)::toFloatArray);
                assertThat(adopted.get(i).toFloatArray()).hasSize(4 * 4 * 4);
            }
            assertThat(events.getLast().toString()).matches("StepEvent\\[3 of 3, timestep \\d+]");
            assertThat(events.getLast().cache().method()).isEqualTo("none");
        }
    }
}
