package io.panatorch.cogvideox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.io.InvalidFileException;
import io.panatorch.nn.Offload;
import io.panatorch.nn.Quantization;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.LiveTensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Adapters of a pipeline that come, go and are fused, between generations and while they run. */
@Tag("cpu")
class LoraPipelineTest {

    private static final Path MODEL = Golden.folder("t2v-2b").resolve("pipeline");
    private static final Path ATTENTION = Golden.folder("lora/t2v-2b").resolve("attention.safetensors");
    private static final Path ALL = Golden.folder("lora/t2v-2b").resolve("all.safetensors");
    private static final int THREADS = 3;

    private CogVideoXPipeline pipeline;
    private long tensors;

    @BeforeEach
    void load() throws IOException {
        pipeline = CogVideoXPipeline.load(MODEL, DType.FLOAT32, Device.CPU);
        tensors = LiveTensors.count();
    }

    @AfterEach
    void close() {
        pipeline.close();
    }

    private static VideoRequest.Builder request() {
        return VideoRequest.builder("a panda").steps(4).frames(1).height(32).width(32).latentsOnly();
    }

    private Outcome generate() {
        return Outcome.of(pipeline, request().build());
    }

    @Test
    void theLastOneLoadedIsActiveUntilOthersAreSet() throws IOException {
        Outcome without = generate();
        assertThat(pipeline.activeAdapters()).isEmpty();

        pipeline.loadLora(ATTENTION, "a");
        assertThat(pipeline.activeAdapters()).containsExactly(Map.entry("a", 1.0));
        Outcome attention = generate();
        assertThat(attention).isNotEqualTo(without);

        pipeline.loadLora(ALL, "b");
        assertThat(pipeline.activeAdapters()).containsExactly(Map.entry("b", 1.0));
        Outcome all = generate();
        assertThat(all).isNotEqualTo(attention);

        pipeline.setAdapters(Map.of("b", 0.5, "a", -1.0));
        assertThat(pipeline.activeAdapters()).containsExactly(Map.entry("a", -1.0), Map.entry("b", 0.5));
        assertThat(generate()).isNotEqualTo(attention).isNotEqualTo(all).isNotEqualTo(without);

        pipeline.setAdapters(Map.of("a", 1.0));
        assertThat(generate()).isEqualTo(attention);
        pipeline.setAdapters(Map.of());
        assertThat(generate()).isEqualTo(without);
        pipeline.setAdapters(Map.of("b", 1.0));
        assertThat(generate()).isEqualTo(all);

        pipeline.unloadLora();
        assertThat(pipeline.activeAdapters()).isEmpty();
        assertThat(generate()).isEqualTo(without);
        assertThat(LiveTensors.count()).isEqualTo(tensors);
    }

    /** The model's own matrices are never written to: without adapters every bit is as it was. */
    @Test
    void unfusingGivesTheBitsBack() throws IOException {
        Outcome without = generate();
        pipeline.loadLora(ALL, "a");
        Outcome beside = generate();
        long loaded = LiveTensors.count();
        pipeline.fuseLora();
        assertThat(pipeline.activeAdapters()).containsExactly(Map.entry("a", 1.0));
        Outcome fused = generate();
        assertThat(fused).as("other sums").isNotEqualTo(beside).isNotEqualTo(without);
        pipeline.unfuseLora();
        assertThat(generate()).isEqualTo(beside);
        assertThat(LiveTensors.count()).isEqualTo(loaded);
        pipeline.fuseLora();
        assertThat(generate()).isEqualTo(fused);
        pipeline.unfuseLora();
        pipeline.unloadLora();
        assertThat(generate()).isEqualTo(without);
        assertThat(LiveTensors.count()).isEqualTo(tensors);
    }

    @Test
    void aGenerationKeepsTheAdaptersThatItBeganWith() throws IOException {
        pipeline.loadLora(ATTENTION, "a");
        Outcome with = generate();
        List<Runnable> changes = List.of(() -> pipeline.setAdapters(Map.of()), () -> pipeline.setAdapters(Map.of("a", 1.0)),
                pipeline::fuseLora, pipeline::unfuseLora, pipeline::unloadLora);
        Outcome changed = Outcome.of(pipeline, request().onStep(event -> {
            if (event.index() == 1) {
                changes.forEach(Runnable::run);
            }
        }).build());
        assertThat(changed).isEqualTo(with);
        assertThat(LiveTensors.count()).as("freed with the end of the generation").isEqualTo(tensors);
        assertThat(pipeline.activeAdapters()).isEmpty();
    }

    /** Weights come when they are needed, and so do layers: after the adapter has been unloaded. */
    @ParameterizedTest
    @CsvSource({"model, NONE", "blocks, NONE", "blocks=1, INT8", "none, INT8"})
    void soDoesOneWhoseWeightsComeLater(String offload, Quantization quantization) throws IOException {
        Outcome with;
        try (var staying = CogVideoXPipeline.loader(MODEL).quantize(quantization).load()) {
            staying.loadLora(ATTENTION, "a");
            with = Outcome.of(staying, request().build());
        }
        long before = LiveTensors.count();
        try (var leaving = CogVideoXPipeline.loader(MODEL).quantize(quantization).offload(Offload.parse(offload)).load()) {
            leaving.loadLora(ATTENTION, "a");
            var future = leaving.start(request().build());
            leaving.unloadLora();
            try (VideoResult result = future.join()) {
                assertThat(Outcome.floats(result.latents())).isEqualTo(with.latents());
            }
            leaving.loadLora(ATTENTION, "a");
            assertThat(Outcome.of(leaving, request().build())).isEqualTo(with);
            if (!offload.equals("none")) {
                assertThatThrownBy(leaving::fuseLora).isInstanceOf(IllegalStateException.class)
                        .hasMessageStartingWith("fuse: expected weights that stay where they are computed with");
            }
        }
        assertThat(LiveTensors.count()).isEqualTo(before);
    }

    @Test
    void aGenerationThatFailsLetsGoOfItsAdapters() throws IOException {
        pipeline.loadLora(ATTENTION, "a");
        assertThatThrownBy(() -> pipeline.generate(request().onStep(_ -> {
            pipeline.unloadLora();
            throw new IllegalStateException("a listener's");
        }).build())).hasMessage("a listener's");
        assertThat(LiveTensors.count()).isEqualTo(tensors);
    }

    /** Each generation gives what one of the sets of adapters gives, whatever happens beside it. */
    @Test
    void manyGenerateWhileAdaptersChange() throws Exception {
        List<Outcome> possible = new ArrayList<>(List.of(generate()));
        pipeline.loadLora(ATTENTION, "a");
        possible.add(generate());
        pipeline.fuseLora();
        possible.add(generate());
        try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
            List<Future<Outcome>> generations = new ArrayList<>();
            for (Callable<Outcome> generation : Collections.nCopies(4 * THREADS, (Callable<Outcome>) this::generate)) {
                generations.add(threads.submit(generation));
            }
            while (!generations.stream().allMatch(Future::isDone)) {
                pipeline.unfuseLora();
                pipeline.setAdapters(Map.of());
                pipeline.unloadLora();
                pipeline.loadLora(ATTENTION, "a");
                pipeline.fuseLora();
            }
            for (Future<Outcome> generation : generations) {
                assertThat(generation.get()).isIn(possible);
            }
        }
        pipeline.unfuseLora();
        pipeline.unloadLora();
        assertThat(LiveTensors.count()).isEqualTo(tensors);
    }

    @Test
    void whatCannotBeIsRefusedAndChangesNothing() throws IOException {
        pipeline.loadLora(ATTENTION, "a");
        Outcome with = generate();
        assertThatIllegalArgumentException().isThrownBy(() -> pipeline.loadLora(ALL, "a"))
                .withMessage("name: expected one that no loaded adapter has, found 'a'");
        assertThatIllegalArgumentException().isThrownBy(() -> pipeline.setAdapters(Map.of("c", 1.0)))
                .withMessage("adapters: expected names of loaded ones, [a], found 'c'");
        assertThatIllegalArgumentException().isThrownBy(() -> pipeline.setAdapters(Map.of("a", Double.NaN)))
                .withMessage("adapters: expected a finite scale of 'a', found NaN");
        Path other = Golden.folder("lora/t2v-5b").resolve("ranks.safetensors");
        assertThatThrownBy(() -> pipeline.loadLora(other, "b")).isInstanceOf(InvalidFileException.class)
                .hasMessageStartingWith(other + ": tensor 'transformer.").hasMessageContaining("for another model")
                .message().hasLineCount(1);
        assertThatIllegalStateException().isThrownBy(() -> pipeline.unfuseLora())
                .withMessage("unfuseLora: expected fused adapters, found none");
        assertThat(pipeline.activeAdapters()).containsExactly(Map.entry("a", 1.0));
        assertThat(generate()).isEqualTo(with);

        pipeline.setAdapters(Map.of());
        assertThatIllegalStateException().isThrownBy(() -> pipeline.fuseLora())
                .withMessage("fuseLora: expected an active adapter, found none; call loadLora or setAdapters first");
        pipeline.setAdapters(Map.of("a", 1.0));
        pipeline.fuseLora();
        Outcome fused = generate();
        assertFusedRefuses("loadLora", () -> pipeline.loadLora(ALL, "b"));
        assertFusedRefuses("setAdapters", () -> pipeline.setAdapters(Map.of()));
        assertFusedRefuses("fuseLora", () -> pipeline.fuseLora());
        assertFusedRefuses("unloadLora", () -> pipeline.unloadLora());
        assertThat(generate()).isEqualTo(fused);
    }

    private static void assertFusedRefuses(String method, ThrowingCallable call) {
        assertThatIllegalStateException().isThrownBy(call)
                .withMessage(method + ": expected no fused adapters, found [a]; call unfuseLora first");
    }

    @Test
    void aClosedPipelineTakesNone() throws IOException {
        pipeline.loadLora(ATTENTION, "a");
        pipeline.fuseLora();
        pipeline.close();
        assertThatIllegalStateException().isThrownBy(() -> pipeline.loadLora(ATTENTION, "b")).withMessage("this pipeline is closed");
        assertThatIllegalStateException().isThrownBy(() -> pipeline.unfuseLora()).withMessage("this pipeline is closed");
        pipeline.close();
    }

    @Test
    void anInterruptedLoadIsCancelled() {
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> pipeline.loadLora(ATTENTION, "a")).isInstanceOf(CancellationException.class)
                .hasMessage("loading cancelled");
        assertThat(Thread.interrupted()).isFalse();
        assertThat(pipeline.activeAdapters()).isEmpty();
    }
}
