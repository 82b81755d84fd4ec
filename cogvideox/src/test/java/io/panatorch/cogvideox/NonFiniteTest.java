package io.panatorch.cogvideox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.CacheStatistics.SiteStatistics;
import io.panatorch.cache.SiteKind;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.Logged;
import io.panatorch.testing.TensorTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** NaN and infinity on the way from the prompt to the frames. */
@TensorTest
class NonFiniteTest {

    private static final Path MODEL = Golden.folder("t2v-2b").resolve("pipeline");
    private static final int STEPS = 6;

    @TempDir
    Path folder;

    private static CogVideoXPipeline load(Path model) throws IOException {
        return CogVideoXPipeline.load(model, DType.FLOAT32, Device.CPU);
    }

    private static VideoRequest.Builder request() {
        return VideoRequest.builder("a panda").steps(STEPS).frames(1).height(32).width(32);
    }

    private static Tensor noise(float bad) {
        float[] values = new float[64];
        values[17] = bad;
        return Tensor.of(values, 1, 1, 4, 4, 4);
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
    void inGivenLatentsAreRefusedBeforeTheWork(float bad) throws IOException {
        List<StepEvent> steps = new ArrayList<>();
        try (var pipeline = load(MODEL); var _ = TensorScope.open()) {
            VideoRequest request = request().latents(noise(bad)).onStep(steps::add).build();
            assertThatExceptionOfType(NonFiniteException.class).isThrownBy(() -> pipeline.generate(request))
                    .withMessage("the given latents are not finite");
            assertThatExceptionOfType(NonFiniteException.class).isThrownBy(() -> pipeline.start(request));
        }
        assertThat(steps).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        text_encoder/model.safetensors | encoder.final_layer_norm.weight | the prompt's embeddings are not finite: look at the text encoder's weights
        transformer/diffusion_pytorch_model.safetensors | proj_out.bias | latents are not finite from step 1 of 6 on (timestep 999): try
        vae/diffusion_pytorch_model.safetensors | decoder.conv_out.conv.bias | the decoded frames are not finite, though the latents are
        """)
    void ofWeightsAreFoundWhereTheyBegin(String file, String tensor, String message) throws IOException {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            Path model = damaged(file, tensor, bad);
            try (var pipeline = load(model)) {
                assertThatExceptionOfType(NonFiniteException.class).isThrownBy(() -> pipeline.generate(request().build()))
                        .withMessageStartingWith(message);
            }
        }
    }

    /** Their sum overflows, but not one of them is infinite. */
    @ParameterizedTest
    @CsvSource({"FLOAT32, 1e36", "FLOAT32, 3.4028235e38", "FLOAT16, 65504", "BFLOAT16, 3.3895314e38"})
    void areNotWhatIsLarge(DType dtype, float large) {
        try (var _ = TensorScope.open()) {
            float[] values = new float[4096];
            Arrays.fill(values, large);
            FiniteCheck check = new FiniteCheck(request().build(), dtype);
            check.require(Tensor.of(values, values.length).to(dtype), () -> "large");
            for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
                values[17] = bad;
                Tensor tensor = Tensor.of(values, values.length).to(dtype);
                assertThatExceptionOfType(NonFiniteException.class).isThrownBy(() -> check.require(tensor, () -> "bad"))
                        .withMessage("bad");
            }
        }
    }

    /** A copy of the model in which one tensor has a bad value. */
    private Path damaged(String file, String name, float bad) throws IOException {
        Path model = Files.createTempDirectory(folder, "model");
        try (Stream<Path> files = Files.walk(MODEL)) {
            for (Path each : files.filter(Files::isRegularFile).toList()) {
                Path copy = model.resolve(MODEL.relativize(each).toString());
                Files.createDirectories(copy.getParent());
                Files.copy(each, copy);
            }
        }
        try (Safetensors weights = Safetensors.open(MODEL.resolve(file)); var _ = TensorScope.open()) {
            Map<String, Tensor> tensors = new HashMap<>();
            for (String each : weights.names()) {
                tensors.put(each, weights.load(each));
            }
            float[] values = tensors.get(name).toFloatArray();
            values[0] = bad;
            tensors.put(name, Tensor.of(values, tensors.get(name).shape().sizes()));
            Safetensors.save(model.resolve(file), tensors, Map.of());
        }
        return model;
    }

    /** Spoils the prediction of one step. */
    private record Spoiling(int step) implements CacheMethod {

        @Override
        public String name() {
            return "spoiling";
        }

        @Override
        public Set<SiteKind> kinds() {
            return Set.of(SiteKind.DENOISER);
        }

        @Override
        public CachePolicy policy(CacheRun run) {
            return call -> call.compute().stream()
                    .map(tensor -> tensor.mul(call.step().index() == step ? Double.NaN : 1)).toList();
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "2, 3", "5, 6"})
    void areFoundAtTheStepWhereTheyBegin(int index, int step) throws IOException {
        List<Integer> told = new ArrayList<>();
        try (var pipeline = load(MODEL)) {
            VideoRequest request = request().cache(new Spoiling(index)).onStep(event -> told.add(event.index())).build();
            assertThatExceptionOfType(NonFiniteException.class).isThrownBy(() -> pipeline.generate(request))
                    .withMessageMatching("latents are not finite from step " + step + " of 6 on \\(timestep \\d+\\): try a lower"
                            + " guidance scale than 6.0, or look for NaN in the transformer's weights");
        }
        assertThat(told).hasSize(index);
    }

    @Test
    void areAWarningWhereTheyAreAllowed() throws IOException {
        try (Logged warnings = new Logged(CogVideoXPipeline.class);
                var pipeline = load(MODEL);
                VideoResult result = pipeline.generate(request().cache(new Spoiling(2)).allowNonFinite().build())) {
            assertThat(warnings.messages()).singleElement().asString()
                    .startsWith("WARNING: latents are not finite from step 3 of 6 on");
            assertThat(result.frames().toFloatArray()).contains(Float.NaN);
        }
    }

    /** NaN is not below a threshold: no method takes it for "nothing has changed". */
    @ParameterizedTest
    @EnumSource(names = {"FIRST_BLOCK", "TEA_CACHE", "FASTER"})
    void areNoReasonToReuse(CacheCase cache) throws IOException {
        try (var pipeline = load(MODEL); var _ = TensorScope.open(); Logged _ = new Logged(CogVideoXPipeline.class)) {
            List<String> bad = decisions(pipeline, request().cache(cache.method).latents(noise(Float.NaN)));
            List<String> good = decisions(pipeline, request().cache(cache.method).latents(noise(0)));
            assertThat(computed(bad)).isGreaterThanOrEqualTo(computed(good));
            if (cache == CacheCase.FIRST_BLOCK) { // all that it decides depends on the latents
                assertThat(bad).containsOnly("C".repeat(STEPS));
            }
        }
    }

    private static long computed(List<String> decisions) {
        return String.join("", decisions).chars().filter(decision -> decision == 'C').count();
    }

    private static List<String> decisions(CogVideoXPipeline pipeline, VideoRequest.Builder request) {
        try (VideoResult result = pipeline.generate(request.allowNonFinite().build())) {
            return result.cache().sites().stream().map(SiteStatistics::decisions).toList();
        }
    }
}
