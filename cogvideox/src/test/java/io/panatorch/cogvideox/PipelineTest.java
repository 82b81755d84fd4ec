package io.panatorch.cogvideox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import io.panatorch.device.LibtorchInfo;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.LiveTensors;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.Logged;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What users do to a pipeline besides the usual: wrong requests, interrupts, failures, changes, several threads. */
@Tag("cpu")
class PipelineTest {

    private static final int STEPS = 5;

    private static CogVideoXPipeline pipeline;

    @BeforeAll
    static void load() throws IOException {
        pipeline = CogVideoXPipeline.load(Golden.folder("t2v-2b").resolve("pipeline"), DType.FLOAT32, Device.CPU);
    }

    @AfterAll
    static void close() {
        pipeline.close();
    }

    private static VideoRequest.Builder request() {
        return VideoRequest.builder("a panda").steps(STEPS).frames(8).height(32).width(32);
    }

    private static CacheMethod pab() {
        return PyramidAttentionBroadcast.builder()
                .spatialAttentionBlockSkipRange(2)
                .spatialAttentionTimestepSkipRange(0, 1000)
                .build();
    }

    private static float[] frames(VideoRequest request) {
        try (VideoResult result = pipeline.generate(request)) {
            return result.frames().toFloatArray();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4})
    void anExceptionAtAnyStepLeavesNothing(int step) {
        float[] undisturbed = frames(request().cache(pab()).build());
        long before = LiveTensors.count();

        assertThatIllegalStateException()
                .isThrownBy(() -> pipeline.generate(request().cache(pab()).onStep(event -> {
                    if (event.index() == step) {
                        throw new IllegalStateException("no more");
                    }
                }).build()))
                .withMessage("no more");
        assertThat(LiveTensors.count()).isEqualTo(before);
        assertThat(frames(request().cache(pab()).build())).isEqualTo(undisturbed);
    }

    @Test
    void anInterruptOfTheThreadCancels() {
        assertThatExceptionOfType(CancellationException.class)
                .isThrownBy(() -> pipeline.generate(request().cache(pab())
                        .onStep(_ -> Thread.currentThread().interrupt())
                        .build()))
                .withMessage("generation cancelled before step 2 of 5");
        assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    void anInterruptOfTheStepsDecodesWhatThereIs() {
        try (VideoResult result = pipeline.generate(request().onStep(event -> {
            if (event.index() == 2) {
                event.interrupt();
            }
        }).build())) {
            assertThat(result.frames().shape().sizes()).containsExactly(1, 8, 3, 32, 32);
            assertThat(result.cache().sites().getFirst().decisions()).isEqualTo("CCC");
            assertThat(result.timesteps()).hasSize(3);
        }
    }

    @Test
    void theCacheCanBeSeenAtEveryStep() {
        List<CacheStatistics> seen = new ArrayList<>();
        frames(request().cache(pab()).onStep(event -> seen.add(event.cache())).build());

        assertThat(seen).extracting(statistics -> statistics.sites().getFirst().decisions())
                .containsExactly("C", "CR", "CRC", "CRCR", "CRCRC");
        assertThat(seen.getLast().reused()).isEqualTo(2 * seen.getLast().sites().size());
    }

    @Test
    void nothingOfOneGenerationShowsInTheNext() {
        float[] first = frames(request().cache(pab()).build());
        frames(request().cache(pab()).height(48).width(16).frames(9).steps(3).build());
        frames(request().build());

        assertThat(frames(request().cache(pab()).build())).isEqualTo(first);
    }

    @Test
    void twoThreadsShareAPipeline() throws Exception {
        float[] none = frames(request().build());
        float[] broadcast = frames(request().cache(pab()).build());
        assertThat(broadcast).isNotEqualTo(none);

        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            Future<float[]> one = threads.submit(() -> frames(request().build()));
            Future<float[]> other = threads.submit(() -> frames(request().cache(pab()).build()));

            assertThat(one.get()).isEqualTo(none);
            assertThat(other.get()).isEqualTo(broadcast);
        }
    }

    @Test
    void aPromptThatIsCutIsLogged() {
        try (Logged warnings = new Logged(CogVideoXPipeline.class)) {
            String prompt = "a panda ".repeat(20);
            pipeline.generate(VideoRequest.builder(prompt).steps(1).frames(1).height(32).width(32).build()).close();
            assertThat(warnings.messages()).singleElement().asString()
                    .matches("WARNING: prompt of \\d+ tokens: the model reads 18, the rest is ignored");
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        try (var _ = TensorScope.open()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> pipeline.generate(request().height(40).build()))
                    .withMessage("height and width: expected multiples of 16 (the model's patches), such as 48 × 32, found 40 × 32");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> pipeline.generate(request().steps(1001).build()))
                    .withMessageContaining("1001");
            Tensor latents = Tensor.of(new float[16], 1, 1, 4, 2, 2);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> pipeline.generate(request().latents(latents).build()))
                    .withMessage("latents: expected floating-point numbers of shape [1, 2, 4, 4, 4] [batch, frames, channels, height,"
                            + " width] for this request, found [1, 1, 4, 2, 2] float32 cpu");
        }
        assertThatNullPointerException().isThrownBy(() -> pipeline.generate(null)).withMessage("request");
        refusesWhatIsNoRequest();
    }

    private static void refusesWhatIsNoRequest() {
        assertThatIllegalArgumentException()
                .isThrownBy(VideoRequest::builder)
                .withMessage("prompt: expected at least one, found none");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> VideoRequest.builder("a", "b", "c").negativePrompts("x", "y"))
                .withMessage("negative prompt: expected 1 or as many as prompts (3), found 2");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> request().frames(0))
                .withMessage("frames: expected 1 or more, found 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> request().guidanceScale(Double.NaN))
                .withMessage("guidance scale: expected a finite number, found NaN");
    }

    @Test
    void refusesToEncodeNothing() {
        assertThatIllegalArgumentException().isThrownBy(() -> pipeline.encodePrompts(List.of()))
                .withMessage("prompts: expected at least one, found none");
        assertThatIllegalArgumentException().isThrownBy(() -> pipeline.encodePrompts(List.of("a panda"), 0))
                .withMessage("max sequence length: expected 1 to 46340, found 0");
    }

    @Test
    void refusesNulls() {
        assertThatNullPointerException().isThrownBy(() -> VideoRequest.builder((String) null))
                .withMessage("prompts[0]: expected a text, found null");
        assertThatNullPointerException().isThrownBy(() -> VideoRequest.builder("a", null))
                .withMessage("prompts[1]: expected a text, found null");
        assertThatNullPointerException().isThrownBy(() -> VideoRequest.builder((String[]) null))
                .withMessage("prompts: expected texts, found null");
        assertThatNullPointerException().isThrownBy(() -> request().negativePrompts((String) null))
                .withMessage("negative prompts[0]: expected a text, found null");
        assertThatNullPointerException().isThrownBy(() -> request().latents(null))
                .withMessage("latents: expected a tensor, found null");
        assertThatNullPointerException().isThrownBy(() -> request().cache(null)).withMessageStartingWith("cache: expected a method");
        assertThatNullPointerException().isThrownBy(() -> request().onStep(null))
                .withMessage("onStep: expected a listener, found null");
    }

    @Test
    void anEmptyPromptIsOneAsInDiffusers() {
        assertThat(frames(VideoRequest.builder("").steps(1).frames(1).height(32).width(32).build())).hasSize(3 * 32 * 32);
    }

    @Test
    void latentsOfWholeNumbersOrClosedOnesAreRefused() {
        try (var _ = TensorScope.open()) {
            Tensor whole = Tensor.of(new long[128], 1, 2, 4, 4, 4);
            assertThatIllegalArgumentException().isThrownBy(() -> pipeline.generate(request().latents(whole).build()))
                    .withMessageEndingWith("found [1, 2, 4, 4, 4] int64 cpu");
            Tensor closed = Tensor.of(new float[128], 1, 2, 4, 4, 4);
            closed.close();
            assertThatIllegalArgumentException().isThrownBy(() -> pipeline.generate(request().latents(closed).build()))
                    .withMessage("latents: expected a tensor that is open until the generation begins, found a closed one");
        }
    }

    @ParameterizedTest
    @CsvSource({"2, 1 and 8", "5, 1 and 8", "7, 1 and 8", "10, 9 and 16", "15, 9 and 16", "18, 17 and 24", "999999, 999993 and 1000000"})
    void numbersOfFramesThatAreNotMadeAreRefusedWithTheNearest(int frames, String nearest) {
        assertThatIllegalArgumentException().isThrownBy(() -> pipeline.generate(request().frames(frames).build()))
                .withMessage("frames: expected a number that the model makes, the nearest are " + nearest + ", found " + frames);
    }

    @ParameterizedTest
    @EnumSource(names = {"INT64", "INT32", "UINT8", "INT8", "BOOL"})
    void otherDtypesAreRefusedBeforeAFileIsRead(DType dtype) {
        assertThatIllegalArgumentException().isThrownBy(() -> CogVideoXPipeline.load(Path.of("nowhere"), dtype, Device.CPU))
                .withMessage("dtype: expected one of float32, float64, bfloat16, float16, found " + dtype.torchName());
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "FLOAT64", "BFLOAT16", "FLOAT16"})
    void computesInEveryFloatingPointDtype(DType dtype) throws IOException {
        try (Logged _ = new Logged(CogVideoXPipeline.class); // see below
                var own = CogVideoXPipeline.load(Golden.folder("t2v-2b").resolve("pipeline"), dtype, Device.CPU);
                VideoResult result = own.generate(request().build())) {
            assertThat(result.latents().dtype()).isEqualTo(dtype);
            assertThat(result.frames().dtype()).isEqualTo(DType.FLOAT32);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "FLOAT64", "BFLOAT16", "FLOAT16"})
    void aHalfTypeThatIsNotWorthItIsTold(DType dtype) throws IOException {
        Path model = Golden.folder("t2v-2b").resolve("pipeline");
        try (Logged warnings = new Logged(CogVideoXPipeline.class);
                var _ = CogVideoXPipeline.loader(model).dtype(dtype).dtype(ModelComponent.VAE, DType.FLOAT32).load()) {
            boolean worthIt = dtype.byteSize() > 2 || LibtorchInfo.isFastOnCpu(dtype);
            assertThat(warnings.messages()).isEqualTo(worthIt ? List.of() : List.of("WARNING: " + dtype.torchName()
                    + " is no faster than float32 on this processor; float32 is more exact, and takes twice the memory"));
        }
    }

    @Test
    void aDeviceThatLibtorchLacksIsRefusedBeforeAFileIsRead() {
        assertThatIllegalArgumentException().isThrownBy(() -> CogVideoXPipeline.load(Path.of("nowhere"), DType.FLOAT32, Device.cuda(99)))
                .withMessageMatching("device: cuda:99 is not there: .*");
    }

    @Test
    void aRequestIsDescribedInALine() {
        assertThat(VideoRequest.builder("a\npanda ".repeat(20), "a cat").frames(9).width(64).cache(pab()).build().toString())
                .isEqualTo("VideoRequest[\"" + "a panda ".repeat(8).substring(0, 60) + "…\" and 1 more, width 64, 9 frames, 50"
                        + " steps, guidance scale 6.0, seed 42, cache pab]");
    }
}
