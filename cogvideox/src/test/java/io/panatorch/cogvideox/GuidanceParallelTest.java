package io.panatorch.cogvideox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.SessionOptions;
import io.panatorch.cache.SiteCall;
import io.panatorch.cache.SiteKind;
import io.panatorch.cache.faster.FasterCache;
import io.panatorch.cache.firstblock.FirstBlockCache;
import io.panatorch.cogvideox.MemoryEstimate.Stage;
import io.panatorch.parallel.Ranks;
import io.panatorch.parallel.Traffic;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.TensorTest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Two ranks, here threads, that share the guidance make what one process makes. */
@TensorTest
@Timeout(120)
class GuidanceParallelTest extends Generations {

    private static final Path MODEL = Golden.folder("t2v-2b").resolve("pipeline");
    private static final int STEPS = 6;

    GuidanceParallelTest() {
        super(Device.CPU);
    }

    private static CogVideoXPipeline load(Path model, Ranks ranks) throws IOException {
        return CogVideoXPipeline.loader(model).guidanceParallel(ranks).load();
    }

    private static VideoRequest.Builder request() {
        return VideoRequest.builder("a red circle moving right").negativePrompts("blue").steps(STEPS).latentsOnly();
    }

    /** {@return what each of two ranks makes of its request} */
    private static List<Outcome> made(IntFunction<VideoRequest.Builder> requests) throws Exception {
        return ThreadRanks.both(ranks -> {
            try (var pipeline = load(MODEL, ranks); var _ = TensorScope.open()) { // for tensors of a request
                return Outcome.of(pipeline, requests.apply(ranks.rank()).build());
            }
        });
    }

    @ParameterizedTest
    @CsvSource({
        "t2v-2b, none", "t2v-2b, pab_s2_100_800", "t2v-5b, none", "t2v-5b, generator_list", "t2v-1.5, dpm_pab_s3_100_900",
        "batch2, pab_s2_100_850", "i2v-5b, pab_s2_100_800", "i2v-1.5-dynamic, none", "v2v, none", "control, pab_s2_100_850"
    })
    void isWhatDiffusersGives(String name, String run) throws Exception {
        List<List<Float>> latents = ThreadRanks.both(ranks -> {
            try (Golden golden = Golden.open(name); var pipeline = load(golden.pipeline(), ranks); var _ = TensorScope.open();
                    VideoResult result = pipeline.generate(PipelineGoldens.request(golden, run)
                            .onStep(event -> PipelineGoldens.checkStep(golden, run, event, new ArrayList<>()))
                            .build())) {
                golden.assertClose(result.latents(), run + "/final_latents", Golden.LATENTS);
                if (golden.has(run + "/frames")) {
                    golden.assertClose(result.frames(), run + "/frames", Golden.FRAMES);
                }
                if (golden.has(run + "/attn_computed")) {
                    PipelineGoldens.checkDecisions(golden, run + "/attn_computed", result);
                }
                return Outcome.floats(result.latents());
            }
        });
        assertThat(latents.get(0)).as("bit by bit the same on both").isEqualTo(latents.get(1));
    }

    /** Each method decides alike on both ranks, and as one process does with the same settings. TaylorSeer's factors are in bfloat16. */
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "FASTER")
    void cachesDecideAlike(CacheCase method) throws Exception {
        float tolerance = method.name().startsWith("TAYLOR") ? 2e-2f : (float) Golden.LATENTS;
        Outcome alone = Outcome.fresh(MODEL, request().cache(method.unused()).build());
        for (Outcome rank : made(_ -> request().cache(method.unused()))) {
            assertThat(rank.decisions()).isEqualTo(alone.decisions());
            for (int i = 0; i < alone.latents().size(); i++) {
                assertThat(rank.latents().get(i)).isCloseTo(alone.latents().get(i), within(tolerance));
            }
        }
    }

    /** Decides by numbers that differ between the ranks: by each rank's own the first would reuse where the second does not. */
    private record OfRank(int rank, List<Double> agreed) implements CacheMethod {

        @Override
        public String name() {
            return "of-rank";
        }

        @Override
        public Set<SiteKind> kinds() {
            return Set.of(SiteKind.DENOISER);
        }

        @Override
        public CachePolicy policy(CacheRun run) {
            return this::apply;
        }

        private List<Tensor> apply(SiteCall call) {
            int index = call.step().index();
            agreed.add(call.agree(index == 0 && rank == 1 ? Double.NaN : index + 10 * rank));
            return call.compute();
        }

        @Override
        public String toString() {
            return "OfRank";
        }
    }

    @Test
    void numbersAreAgreedOnByTheirMean() throws Exception {
        List<List<Double>> agreed = List.of(new ArrayList<>(), new ArrayList<>());
        made(rank -> request().steps(3).cache(new OfRank(rank, agreed.get(rank))));
        assertThat(agreed).allSatisfy(numbers -> assertThat(numbers).containsExactly(Double.NaN, 6.0, 7.0));
    }

    /** A prediction and whether a listener interrupts at each step, a number for each decision, and the digest of what is made. */
    @ParameterizedTest
    @CsvSource({"FLOAT32, 4", "BFLOAT16, 2"})
    void asMuchIsSentAsTheFormulaSays(DType dtype, int size) throws Exception {
        List<Traffic> sent = ThreadRanks.both(ranks -> {
            try (var pipeline = CogVideoXPipeline.loader(MODEL).dtype(dtype).guidanceParallel(ranks).load();
                    var result = pipeline.generate(request().cache(FirstBlockCache.of(0.5)).build())) {
                long prediction = result.latents().shape().numel() * size;
                assertThat(ranks.traffic()).isEqualTo(new Traffic(3 * STEPS + 1, STEPS * (prediction + 1 + Double.BYTES) + 32));
                return ranks.traffic();
            }
        });
        assertThat(sent.get(0)).isEqualTo(sent.get(1));
    }

    @ParameterizedTest
    @CsvSource({"0", "1"})
    void oneListenerInterruptsBoth(int interrupting) throws Exception {
        List<Integer> steps = ThreadRanks.both(ranks -> {
            try (var pipeline = load(MODEL, ranks); var result = pipeline.generate(request().onStep(event -> {
                if (ranks.rank() == interrupting && event.index() == 2) {
                    event.interrupt();
                }
            }).build())) {
                return result.timesteps().size();
            }
        });
        assertThat(steps).containsExactly(3, 3);
    }

    @Test
    void theFirstAloneMayDecode() throws Exception {
        List<Boolean> frames = ThreadRanks.both(ranks -> {
            VideoRequest.Builder request = VideoRequest.builder("a").steps(2).frames(1);
            try (var pipeline = load(MODEL, ranks);
                    var result = pipeline.generate((ranks.rank() == 0 ? request : request.latentsOnly()).build())) {
                return result.hasFrames();
            }
        });
        assertThat(frames).containsExactly(true, false);
    }

    /** Embeddings of both halves, of which each rank takes its own. */
    @Test
    void givenEmbeddingsAreShared() throws Exception {
        try (var pipeline = CogVideoXPipeline.load(MODEL, DType.FLOAT32, Device.CPU); var _ = TensorScope.open()) {
            Tensor embeds = pipeline.encodePrompts(List.of("a red circle moving right"));
            Tensor negative = pipeline.encodePrompts(List.of("blue"));
            List<Outcome> expected = made(_ -> request());
            assertThat(made(_ -> VideoRequest.builder(embeds).negativePromptEmbeds(negative).steps(STEPS).latentsOnly()))
                    .isEqualTo(expected);
            pipeline.generate(VideoRequest.builder(embeds).guidanceScale(1).steps(1).latentsOnly().build()).close();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "seed | seed: expected the same on all ranks, found [0] here and [1] on rank 1",
        "steps | timesteps: expected the same on all ranks, found [999, 832, 666, 499, 332, 166] here and [999, 856, 713, ",
        "prompt | negative prompt: expected the same on all ranks, found [rank 0] here and [rank 1] on rank 1",
        "latents | latents: expected the same on all ranks, found [1, 3, 4, 6, 8] float32 ",
        "cache | cache: expected the same on all ranks, found FirstBlockCache[threshold 0.0], computing the first 0",
        "size | size of the latents: expected the same on all ranks, found [1, 3, 4, 4, 8] here and [1, 3, 4, 6, 8] on rank 1"
    })
    void otherRequestsAreRefusedBeforeTheFirstStep(String what, String message) {
        assertThatThrownBy(() -> made(rank -> {
            VideoRequest.Builder request = request().onStep(_ -> {
                throw new AssertionError("a step was taken");
            });
            return switch (what) {
                case "seed" -> request.seed(rank);
                case "steps" -> request.steps(STEPS + rank);
                case "prompt" -> request.negativePrompts("rank " + rank);
                case "latents" -> request.latents(latents(rank));
                case "cache" -> request.cache(FirstBlockCache.of(rank));
                case "size" -> request.height(32 + 16 * rank);
                default -> throw new AssertionError(what);
            };
        })).isInstanceOf(IllegalArgumentException.class).hasMessageStartingWith(message);
    }

    private static Tensor latents(int rank) {
        return Tensor.full(Shape.of(1, 3, 4, 6, 8), rank, DType.FLOAT32, Device.CPU);
    }

    @Test
    void otherAdaptersAreRefused() {
        Path adapters = Golden.folder("lora/t2v-2b");
        assertThatThrownBy(() -> ThreadRanks.both(ranks -> {
            try (var pipeline = load(MODEL, ranks)) {
                pipeline.loadLora(adapters.resolve("attention.safetensors"), "style");
                pipeline.setAdapters(Map.of("style", ranks.rank() + 0.5));
                return Outcome.of(pipeline, request().build());
            }
        })).isInstanceOf(IllegalArgumentException.class).hasMessageMatching(
                "lora: expected the same on all ranks, found sha256:\\w{64} at 0.5 here and sha256:\\w{64} at 1.5 on rank 1");
    }

    @Test
    void whatCannotBeSharedIsRefused() throws IOException {
        assertThatThrownBy(() -> CogVideoXPipeline.loader(MODEL).guidanceParallel(Ranks.alone()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("ranks: expected 2, one for each half of the guidance, found 1; start the program twice at once, as by mpirun"
                        + " -n 2");
        try (var pipeline = load(MODEL, ThreadRanks.one())) {
            assertThatThrownBy(() -> pipeline.generate(request().guidanceScale(1).build())).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("guidance scale: expected more than 1, since ranks share the work of guidance, found 1.0");
            String refused = "cache: expected a method that works on each half of the guidance apart, since each rank has one, found"
                    + " faster";
            CacheMethod faster = FasterCache.builder().build();
            assertThatThrownBy(() -> pipeline.generate(request().cache(faster.with(SessionOptions.DEFAULT)).build())).hasMessage(refused);
            assertThatThrownBy(() -> pipeline.model().check(request().cache(CacheMethod.both(FirstBlockCache.of(1), faster)).build(),
                    ThreadRanks.one())).hasMessage(refused.replace("faster", "first-block+faster"));
            pipeline.enableCache(faster);
            assertThatThrownBy(() -> pipeline.generate(request().build())).hasMessage(refused);
        }
    }

    @Test
    void generationsComeOneAtATime() throws Exception {
        AtomicReference<Throwable> refused = new AtomicReference<>();
        ThreadRanks.both(ranks -> {
            try (var pipeline = load(MODEL, ranks)) {
                pipeline.generate(request().steps(1).onStep(_ -> {
                    try {
                        pipeline.generate(request().build()).close();
                    } catch (IllegalStateException e) {
                        refused.set(e);
                    }
                }).build()).close();
                return Outcome.of(pipeline, request().build()); // and one after another
            }
        });
        assertThat(refused.get()).hasMessage("generate: expected one generation at a time where ranks share its work, found that another is"
                + " running");
    }

    @Test
    void halfABatchTakesHalfTheMemory() throws IOException {
        VideoRequest request = request().build();
        Stage alone = denoising(CogVideoXPipeline.loader(MODEL).estimate(request));
        Stage shared = denoising(CogVideoXPipeline.loader(MODEL).guidanceParallel(ThreadRanks.one()).estimate(request));
        assertThat(shared.weights()).isEqualTo(alone.weights());
        assertThat((double) shared.activations() / alone.activations()).isBetween(0.5, 0.55); // positions are one for both
    }

    private static Stage denoising(MemoryEstimate estimate) {
        return estimate.stages().stream().filter(stage -> stage.name().equals("denoise")).findFirst().orElseThrow();
    }
}
