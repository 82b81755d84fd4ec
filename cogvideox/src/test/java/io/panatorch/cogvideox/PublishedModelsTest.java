package io.panatorch.cogvideox;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.SiteCall;
import io.panatorch.cache.SiteKind;
import io.panatorch.cogvideox.input.InputImage;
import io.panatorch.cogvideox.input.InputVideo;
import io.panatorch.cogvideox.scheduler.SchedulerKind;
import io.panatorch.cogvideox.vae.CogVideoXVae;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.OperatorTrace;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.MetaKernels;
import io.panatorch.testing.TensorTest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whole pipelines of the published models at their full size, on the meta device: every name and shape of a weight, and the dtype
 * and device of every tensor, without a GPU and in seconds. There, an operator on tensors of two devices is an error, and so is one on
 * tensors of two dtypes where a GPU would refuse them, and reading an element.
 */
@TensorTest
class PublishedModelsTest {

    /** What the models' time goes to: none of it is to run in another dtype than its part's. */
    private static final String[] LAYERS = {"linear", "matmul", "conv2d", "conv3d", "layer_norm", "group_norm", "rms_norm", "embedding",
        "silu", "gelu", "scaled_dot_product_attention", "upsample_nearest3d"};

    private static final long T5_LAYERS = 24;

    @TempDir
    private static Path temp;

    @BeforeAll
    static void write() throws IOException {
        MetaKernels.register();
        for (PublishedModel model : PublishedModel.values()) {
            model.write(temp.resolve(model.name()));
        }
    }

    private static PipelineLoader loader(PublishedModel model) {
        return CogVideoXPipeline.loader(temp.resolve(model.name())).dtype(DType.BFLOAT16).device(Device.META);
    }

    /** Computes everything, and notes what goes in and out, and which operators ran inside the transformer. */
    private static final class Recorder implements CacheMethod {

        private final Map<SiteKind, Set<String>> inputs = new EnumMap<>(SiteKind.class);
        private final Map<SiteKind, Set<String>> outputs = new EnumMap<>(SiteKind.class);
        private Map<String, Long> float32InDenoiser;

        @Override
        public String name() {
            return "recorder";
        }

        @Override
        public Set<SiteKind> kinds() {
            return EnumSet.allOf(SiteKind.class);
        }

        @Override
        public CachePolicy policy(CacheRun run) {
            return this::record;
        }

        private List<Tensor> record(SiteCall call) {
            try (OperatorTrace trace = OperatorTrace.start()) {
                List<Tensor> computed = call.compute();
                note(inputs, call.site().kind(), call.inputs());
                note(outputs, call.site().kind(), computed);
                if (call.site().kind() == SiteKind.DENOISER) {
                    float32InDenoiser = trace.counts(DType.FLOAT32);
                }
                return computed;
            }
        }

        Set<String> inputs(SiteKind kind) {
            return inputs.get(kind);
        }

        Set<String> outputs(SiteKind kind) {
            return outputs.get(kind);
        }

        private static void note(Map<SiteKind, Set<String>> seen, SiteKind kind, List<Tensor> tensors) {
            tensors.forEach(tensor -> seen.computeIfAbsent(kind, _ -> new TreeSet<>()).add(tensor.describe()));
        }
    }

    private static InputImage black(int width, int height) {
        return InputImage.of(width, height, new byte[3 * width * height]);
    }

    private static String half(String shape) {
        return shape + " bfloat16 meta";
    }

    private static VideoRequest.Builder request(PublishedModel model) {
        VideoRequest.Builder request = VideoRequest.builder("a panda plays the guitar").seed(1).steps(1);
        return switch (model) {
            case COGVIDEOX_2B, COGVIDEOX_5B, COGVIDEOX_1_5_5B -> request;
            case COGVIDEOX_5B_I2V -> request.image(black(720, 480));
            case COGVIDEOX_1_5_5B_I2V -> request.image(black(1360, 768));
        };
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "COGVIDEOX_2B         | [2, 13, 16, 60, 90]  | [2, 17550, 1920] | [2, 226, 1920] | [1, 49, 3, 480, 720]",
        "COGVIDEOX_5B         | [2, 13, 16, 60, 90]  | [2, 17550, 3072] | [2, 226, 3072] | [1, 49, 3, 480, 720]",
        "COGVIDEOX_5B_I2V     | [2, 13, 32, 60, 90]  | [2, 17550, 3072] | [2, 226, 3072] | [1, 49, 3, 480, 720]",
        "COGVIDEOX_1_5_5B     | [2, 22, 16, 96, 170] | [2, 44880, 3072] | [2, 226, 3072] | [1, 81, 3, 768, 1360]",
        "COGVIDEOX_1_5_5B_I2V | [2, 22, 32, 96, 170] | [2, 44880, 3072] | [2, 226, 3072] | [1, 81, 3, 768, 1360]"
    })
    void generates(PublishedModel model, String noisy, String video, String text, String frames) throws IOException {
        String denoised = noisy.replace("32,", "16,");
        Recorder recorder = new Recorder();
        try (var pipeline = loader(model).load();
                var trace = OperatorTrace.start();
                var result = pipeline.generate(request(model).cache(recorder).build())) {
            assertThat(recorder.inputs(SiteKind.DENOISER)).containsExactlyInAnyOrder(half(noisy), half(text), half("[1, 512]"));
            assertThat(recorder.outputs(SiteKind.DENOISER)).containsExactly(half(denoised));
            for (SiteKind kind : List.of(SiteKind.BLOCK, SiteKind.SPATIAL_ATTENTION, SiteKind.FEED_FORWARD)) {
                assertThat(recorder.inputs(kind)).containsExactlyInAnyOrder(half(video), half(text));
                assertThat(recorder.outputs(kind)).containsExactlyInAnyOrder(half(video), half(text));
            }
            assertThat(result.latents()).hasToString(half(denoised.replace("[2", "[1")));
            assertThat(result.frames()).hasToString(frames + " float32 meta");
            boolean isRotary = pipeline.model().transformer().useRotaryPositionalEmbeddings();
            long turns = isRotary ? 2L * pipeline.model().transformer().numLayers() : 0; // of queries and keys
            assertThat(recorder.float32InDenoiser).isEqualTo(isRotary ? Map.of("mul", 2 * turns, "add", turns) : Map.of());
            requireFloat32OutsideTheModels(trace.counts(DType.FLOAT32), recorder.float32InDenoiser,
                    pipeline.model().transformer().ofsEmbedDim().isPresent() ? 2 : 1);
        }
    }

    /** Guidance (a difference, a product, a sum), the scheduler's step, the frames' range, and the sinusoids of numbers. */
    private static void requireFloat32OutsideTheModels(Map<String, Long> float32, Map<String, Long> inDenoiser, int numbers) {
        assertThat(float32).doesNotContainKeys(LAYERS).containsEntry("sub", 1L).containsEntry("div", 1L).containsEntry("clamp", 1L)
                .containsEntry("mul", inDenoiser.getOrDefault("mul", 0L) + 4 + numbers)
                .containsEntry("add", inDenoiser.getOrDefault("add", 0L) + 4)
                .containsEntry("sin", (long) numbers);
    }

    @ParameterizedTest
    @EnumSource
    void generatesWithTiles(PublishedModel model) throws IOException {
        Recorder recorder = new Recorder();
        try (var pipeline = loader(model).load();
                var trace = OperatorTrace.start();
                var result = pipeline.generate(request(model).vaeTiling().vaeSlicing().cache(recorder).build())) {
            assertThat(result.frames().describe()).startsWith("[1, ").endsWith(" float32 meta");
            assertThat(trace.counts(DType.FLOAT32)).doesNotContainKeys(LAYERS);
            assertThat(trace.counts(DType.FLOAT32).get("mul") - recorder.float32InDenoiser.getOrDefault("mul", 0L))
                    .as("products with ramps, two for each of the edges of 3 × 3 tiles or more").isGreaterThan(24);
        }
    }

    /** What the pipeline does not show, as it goes on in other dtypes. */
    @Test
    void theVaeKeepsItsDtype() throws IOException {
        try (var vae = CogVideoXVae.load(temp.resolve("COGVIDEOX_5B/vae"), DType.BFLOAT16, Device.META);
                var _ = TensorScope.open()) {
            Tensor latents = Tensor.empty(Shape.of(1, 16, 13, 60, 90), DType.BFLOAT16, Device.META);
            assertThat(vae.decode(latents)).hasToString(half("[1, 3, 49, 480, 720]"));
            assertThat(vae.encode(vae.decode(latents)).mean()).hasToString(half("[1, 16, 13, 60, 90]"));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"COGVIDEOX_2B", "COGVIDEOX_5B"})
    void changesAVideo(PublishedModel model) throws IOException {
        VideoRequest.Builder request = request(model).steps(5).strength(0.4).video(InputVideo.of(Collections.nCopies(49, black(720, 480))));
        try (var pipeline = loader(model).load();
                var result = pipeline.generate(request.build())) {
            assertThat(result.timesteps()).hasSize(2);
            assertThat(result.latents()).hasToString(half("[1, 13, 16, 60, 90]"));
            assertThat(result.frames()).hasToString("[1, 49, 3, 480, 720] float32 meta");
        }
    }

    /** With three steps DPM takes one that looks back. */
    @ParameterizedTest
    @CsvSource({"COGVIDEOX_2B, DDIM, 0", "COGVIDEOX_2B, DDIM, 1", "COGVIDEOX_5B, DPM, 0", "COGVIDEOX_1_5_5B_I2V, DPM, 0"})
    void stepsInFloat32(PublishedModel model, SchedulerKind kind, double eta) throws IOException {
        VideoRequest.Builder request = request(model).scheduler(kind).eta(eta).steps(3).dynamicCfg().latentsOnly();
        try (var pipeline = loader(model).load();
                var trace = OperatorTrace.start();
                var result = pipeline.generate(request.build())) {
            assertThat(result.latents().describe()).endsWith("bfloat16 meta");
            assertThat(trace.counts(DType.FLOAT32)).containsEntry("div", 3L).containsEntry("sub", 3L);
            assertThat(trace.counts(DType.BFLOAT16)).doesNotContainKeys("div", "sub");
        }
    }

    /** All but those that decide by a number that they measure, and so have to read it back. */
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = {"NONE", "FASTER", "FIRST_BLOCK", "TEA_CACHE"})
    void cachesReadNothingBack(CacheCase cache) throws IOException {
        try (var pipeline = loader(PublishedModel.COGVIDEOX_5B).load();
                var result = pipeline.generate(request(PublishedModel.COGVIDEOX_5B).steps(6).cache(cache.method).latentsOnly().build())) {
            assertThat(result.latents()).hasToString(half("[1, 13, 16, 60, 90]"));
            assertThat(result.cache().reused()).isPositive();
        }
    }

    /** What is given may be on the model's device, and what is not is put there. */
    @Test
    void goesOnFromEmbeddingsAndLatents() throws IOException {
        try (var pipeline = loader(PublishedModel.COGVIDEOX_2B).load();
                var _ = TensorScope.open()) {
            Tensor embeds = pipeline.encodePrompts(List.of("a panda", "a guitar"));
            assertThat(embeds).hasToString(half("[2, 226, 4096]"));
            Tensor latents = Tensor.zeros(Shape.of(4, 13, 16, 60, 90), DType.FLOAT32, Device.CPU);
            VideoRequest request = VideoRequest.builder(embeds).negativePrompts("dull").videosPerPrompt(2).latents(latents).steps(1)
                    .seeds(1, 2, 3, 4).scheduler(SchedulerKind.DPM).latentsOnly().build();
            try (var result = pipeline.generate(request)) {
                assertThat(result.latents()).hasToString(half("[4, 13, 16, 60, 90]"));
            }
        }
    }

    @Test
    void partsOfDifferentDtypes() throws IOException {
        PublishedModel model = PublishedModel.COGVIDEOX_5B_I2V;
        Recorder recorder = new Recorder();
        try (var pipeline = loader(model).dtype(ModelComponent.TEXT_ENCODER, DType.FLOAT16).dtype(ModelComponent.VAE, DType.FLOAT32).load();
                var trace = OperatorTrace.start();
                var result = pipeline.generate(request(model).cache(recorder).build())) {
            assertThat(recorder.outputs(SiteKind.DENOISER)).containsExactly(half("[2, 13, 16, 60, 90]"));
            assertThat(result.latents()).hasToString(half("[1, 13, 16, 60, 90]"));
            assertThat(result.frames()).hasToString("[1, 49, 3, 480, 720] float32 meta");
            assertThat(trace.counts(DType.BFLOAT16)).doesNotContainKeys("conv3d", "group_norm", "rms_norm").containsKey("layer_norm");
            assertThat(trace.counts(DType.FLOAT32)).containsKeys("conv3d", "group_norm").doesNotContainKeys("layer_norm");
        }
    }

    /** T5 keeps its second matrices and the sum that runs through its layers in float32. */
    @Test
    void float16() throws IOException {
        PublishedModel model = PublishedModel.COGVIDEOX_5B;
        try (var pipeline = loader(model).dtype(DType.FLOAT16).load();
                var trace = OperatorTrace.start();
                var result = pipeline.generate(request(model).build())) {
            assertThat(result.latents()).hasToString("[1, 13, 16, 60, 90] float16 meta");
            assertThat(result.frames()).hasToString("[1, 49, 3, 480, 720] float32 meta");
            long texts = 2;
            assertThat(trace.counts(DType.FLOAT32)).containsEntry("linear", texts * T5_LAYERS)
                    .doesNotContainKeys("conv3d", "group_norm", "layer_norm");
            assertThat(trace.counts(DType.BFLOAT16)).isEmpty();
        }
    }
}
