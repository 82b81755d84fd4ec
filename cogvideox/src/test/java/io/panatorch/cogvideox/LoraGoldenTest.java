package io.panatorch.cogvideox;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.CacheSession;
import io.panatorch.cache.Step;
import io.panatorch.cogvideox.lora.LoraAdapter;
import io.panatorch.cogvideox.lora.LoraLayers;
import io.panatorch.cogvideox.transformer.CogVideoXTransformer;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** LoRA adapters against diffusers with peft; {@code golden/lora/README.md} says which. */
@Tag("cpu")
class LoraGoldenTest extends Generations {

    private static final String IN = "module/transformer/in/";

    /** How much farther from float32 one call in bfloat16 may be than diffusers' own: kernels alone change so much. */
    private static final double KERNELS = 1.2;

    LoraGoldenTest() {
        super(Device.CPU);
    }

    /** Beside the matrices, and fused with them. */
    @ParameterizedTest
    @CsvSource({"t2v-2b, attention", "t2v-2b, attention_half", "t2v-2b, old", "t2v-2b, all", "t2v-2b, two", "t2v-5b, rslora",
        "t2v-5b, ranks", "t2v-5b, two"})
    void oneCallIsWhatDiffusersGives(String name, String run) throws IOException {
        try (Golden golden = Golden.open("lora/" + name); var _ = TensorScope.open()) {
            golden.assertClose(sample(golden, run, false, DType.FLOAT32), run + "/sample", Golden.MODULE);
            golden.assertClose(sample(golden, run, true, DType.FLOAT32), run + "/sample", Golden.MODULE);
        }
    }

    @ParameterizedTest
    @CsvSource({"t2v-2b, attention", "t2v-2b, all", "t2v-2b, two", "t2v-5b, rslora", "t2v-5b, ranks", "t2v-5b, two"})
    void bfloat16IsAsNearToFloat32AsDiffusers(String name, String run) throws IOException {
        try (Golden golden = Golden.open("lora/" + name); var _ = TensorScope.open()) {
            Tensor exact = golden.tensor(run + "/sample");
            assertThat(distance(sample(golden, run, false, DType.BFLOAT16), exact)).isPositive()
                    .isLessThan(KERNELS * golden.run(run).get("bfloat16_distance").asDouble());
            assertThat(distance(sample(golden, run, true, DType.BFLOAT16), exact)).isPositive()
                    .isLessThan(KERNELS * golden.run(run).get("fused_bfloat16_distance").asDouble());
        }
    }

    private Tensor sample(Golden golden, String run, boolean isFused, DType dtype) throws IOException {
        Map<LoraAdapter, Double> adapters = new LinkedHashMap<>();
        for (Map.Entry<String, Double> scale : scales(golden, run).entrySet()) {
            adapters.put(LoraAdapter.read(file(golden, scale.getKey())), scale.getValue());
        }
        try (var base = CogVideoXTransformer.load(golden.pipeline().resolve("transformer"), dtype, device);
                var adapted = base.with(new LoraLayers(adapters, isFused, dtype, device));
                TensorScope scope = TensorScope.open()) {
            adapters.keySet().forEach(LoraAdapter::close); // the layers keep what they need
            int timestep = (int) golden.tensor(IN + "timestep").toLongArray()[0];
            Tensor latents = golden.tensor(IN + "hidden_states").to(dtype);
            var conditioning = adapted.prepare(golden.tensor(IN + "encoder_hidden_states").to(dtype), (int) latents.size(1),
                    (int) latents.size(3), (int) latents.size(4));
            try (CacheSession cache = CacheMethod.none().open(new CacheRun(adapted.sites(), new int[] {timestep}))) {
                cache.begin(Step.of(0, new int[] {timestep}));
                return scope.promote(adapted.forward(latents, timestep, conditioning, cache));
            }
        }
    }

    private static Map<String, Double> scales(Golden golden, String run) {
        Map<String, Double> scales = new LinkedHashMap<>();
        golden.run(run).get("adapters").properties().forEach(adapter -> scales.put(adapter.getKey(), adapter.getValue().asDouble()));
        return scales;
    }

    private static Path file(Golden golden, String adapter) {
        return golden.pipeline().resolve("../../lora").resolve(golden.pipeline().getParent().getFileName())
                .resolve(adapter + ".safetensors").normalize();
    }

    private static double distance(Tensor found, Tensor exact) {
        try (var _ = TensorScope.open()) {
            Tensor difference = found.to(DType.FLOAT64).sub(exact.to(DType.FLOAT64));
            return Math.sqrt(difference.square().sum().item() / exact.to(DType.FLOAT64).square().sum().item());
        }
    }

    /** With PAB, too: adapters change nothing of what is cached when. */
    @ParameterizedTest
    @CsvSource({"t2v-2b, two_none", "t2v-2b, two_pab", "t2v-5b, two_none"})
    void videosAreWhatDiffusersGives(String name, String run) throws IOException {
        try (Golden golden = Golden.open("lora/" + name);
                var pipeline = CogVideoXPipeline.load(golden.pipeline(), DType.FLOAT32, device)) {
            for (String adapter : scales(golden, run).keySet()) {
                pipeline.loadLora(file(golden, adapter), adapter);
            }
            pipeline.setAdapters(scales(golden, run));
            isWhatDiffusersGives(golden, run, pipeline);
            pipeline.fuseLora();
            isWhatDiffusersGives(golden, run, pipeline);
        }
    }

    private static void isWhatDiffusersGives(Golden golden, String run, CogVideoXPipeline pipeline) throws IOException {
        try (var _ = TensorScope.open();
                VideoResult result = pipeline.generate(PipelineGoldens.request(golden, run).latentsOnly().build())) {
            golden.assertClose(result.latents(), run + "/final_latents", Golden.LATENTS);
            assertThat(result.cache().reused() > 0).isEqualTo(run.endsWith("_pab"));
        }
    }
}
