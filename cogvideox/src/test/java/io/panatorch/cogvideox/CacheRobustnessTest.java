package io.panatorch.cogvideox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.MemoryBudget;
import io.panatorch.cache.SessionOptions;
import io.panatorch.cache.SiteKind;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.LiveTensors;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whatever happened on a pipeline before, or happens on it at the same time, each method gives bit by bit what a new one gives
 * on a pipeline that has just been loaded, and what does not come to its end leaves no tensor.
 */
@Tag("cpu")
class CacheRobustnessTest {

    private static final int STEPS = 6;
    private static final int ROUNDS = 3;
    private static final Path MODEL = Golden.folder("t2v-2b").resolve("pipeline");
    private static final Path OTHER_MODEL = Golden.folder("other-configuration").resolve("pipeline");
    private static final Map<CacheCase, Outcome> UNDISTURBED = new EnumMap<>(CacheCase.class);

    private static final Runnable INTERRUPT = () -> Thread.currentThread().interrupt();
    private static final Runnable EXCEPTION = () -> {
        throw new NoMoreException();
    };

    private static final class NoMoreException extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private static CogVideoXPipeline pipeline;

    @BeforeAll
    static void load() throws IOException {
        pipeline = CogVideoXPipeline.load(MODEL, DType.FLOAT32, Device.CPU);
        for (CacheCase cache : CacheCase.values()) {
            UNDISTURBED.put(cache, Outcome.fresh(MODEL, request(cache.unused()).build()));
        }
    }

    @AfterAll
    static void close() {
        pipeline.close();
    }

    private static VideoRequest.Builder request(CacheMethod method) {
        return request(method, "a panda");
    }

    private static VideoRequest.Builder request(CacheMethod method, String... prompts) {
        return VideoRequest.builder(prompts).steps(STEPS).frames(1).height(32).width(32).cache(method);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void everyMethodSkipsSomethingHere(CacheCase cache) {
        assertThat(UNDISTURBED.get(cache).decisions()).anyMatch(decisions -> decisions.matches(".*[RP].*"));
        assertThat(UNDISTURBED.get(cache).latents()).isNotEqualTo(UNDISTURBED.get(CacheCase.NONE).latents());
    }

    @ParameterizedTest
    @EnumSource
    void anInterruptAndAnExceptionAfterAnyStep(CacheCase cache) {
        for (int step = 0; step < STEPS; step++) {
            ends(request(cache.method).onStep(after(step, INTERRUPT)), CancellationException.class);
            ends(request(cache.method).onStep(after(step, EXCEPTION)), NoMoreException.class);
            assertThat(Outcome.of(pipeline, request(cache.method).build())).isEqualTo(UNDISTURBED.get(cache));
        }
    }

    private static Consumer<StepEvent> after(int step, Runnable event) {
        return done -> {
            if (done.index() == step) {
                event.run();
            }
        };
    }

    /** In the middle of a step. Of many visits every third, which comes to every step and every site. */
    @ParameterizedTest
    @EnumSource
    void anInterruptOrAnExceptionAtAnySite(CacheCase cache) {
        int visits = UNDISTURBED.get(cache).decisions().stream().mapToInt(all -> all.replace("-", "").length()).sum();
        boolean interrupted = false;
        for (int visit = 0; visit < visits; visit += visits > STEPS ? 3 : 1) {
            interrupted = !interrupted;
            ends(request(new Disturbed(cache.method, visit, interrupted ? INTERRUPT : EXCEPTION)),
                    interrupted ? CancellationException.class : NoMoreException.class);
        }
        assertThat(Outcome.of(pipeline, request(cache.method).build())).isEqualTo(UNDISTURBED.get(cache));
    }

    /** A method to which something happens when it is asked for the n-th time, from 0. */
    private record Disturbed(CacheMethod method, int visit, Runnable event) implements CacheMethod {

        @Override
        public String name() {
            return method.name();
        }

        @Override
        public Set<SiteKind> kinds() {
            return method.kinds();
        }

        @Override
        public CachePolicy policy(CacheRun run) {
            CachePolicy policy = method.policy(run);
            int[] visits = {0};
            return call -> {
                if (visits[0]++ == visit) {
                    event.run();
                }
                return policy.apply(call);
            };
        }
    }

    private static void ends(VideoRequest.Builder request, Class<? extends Exception> how) {
        long before = LiveTensors.count();
        assertThatExceptionOfType(how).isThrownBy(() -> pipeline.generate(request.build()));
        assertThat(LiveTensors.count()).isEqualTo(before);
        assertThat(Thread.interrupted()).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void computesEverythingWhereNothingMayBeHeld(CacheCase cache) {
        CacheMethod method = cache.method.with(SessionOptions.DEFAULT.withMemory(MemoryBudget.of(0)));

        assertThat(Outcome.of(pipeline, request(method).build()).latents())
                .isEqualTo(UNDISTURBED.get(CacheCase.NONE).latents());
    }

    /** What is let go first depends on times, so only the bytes are the same at each run. */
    @ParameterizedTest
    @EnumSource
    void holdsNoMoreThanItMay(CacheCase cache) {
        long whole = peak(cache.method);
        for (int quarters = 1; quarters < 4; quarters++) {
            long budget = whole * quarters / 4;
            assertThat(peak(cache.method.with(SessionOptions.DEFAULT.withMemory(MemoryBudget.of(budget)))))
                    .isLessThanOrEqualTo(budget);
        }
    }

    private static long peak(CacheMethod method) {
        try (VideoResult result = pipeline.generate(request(method).build())) {
            CacheStatistics statistics = result.cache();
            assertThat(statistics.bytes().now()).isZero();
            return statistics.bytes().peak();
        }
    }

    private record Expected(VideoRequest request, Outcome outcome) {}

    /** Each method with some of the changes, and each change with some of the methods, one after another. */
    @Test
    void changesBetweenGenerations() throws IOException {
        List<Expected> all = new ArrayList<>();
        for (CacheCase cache : CacheCase.values()) {
            List<VideoRequest> requests = requests(cache.method);
            for (int i = 0; i < 3; i++) {
                int change = (cache.ordinal() + i * i) % requests.size();
                Outcome fresh = Outcome.fresh(MODEL, requests(cache.unused()).get(change));
                all.add(new Expected(requests.get(change), fresh));
            }
        }
        assertThat(all.stream().map(expected -> expected.outcome).distinct()).as("outcomes").hasSameSizeAs(all);
        for (int order = 0; order < 2; order++) {
            Collections.shuffle(all, new Random(order));
            for (Expected expected : all) {
                assertThat(Outcome.of(pipeline, expected.request)).isEqualTo(expected.outcome);
            }
        }
    }

    private static List<VideoRequest> requests(CacheMethod method) {
        return Stream.of(request(method), request(method).height(48), request(method).width(16), request(method).frames(8),
                        request(method).steps(4), request(method).guidanceScale(1), request(method, "a panda", "a cat"))
                .map(VideoRequest.Builder::build)
                .toList();
    }

    /** Each method beside itself and the next one, on one pipeline. */
    @ParameterizedTest
    @EnumSource
    void severalAtOnce(CacheCase cache) throws Exception {
        CacheCase[] cases = CacheCase.values();
        List<CacheCase> all = List.of(cache, cache, cases[(cache.ordinal() + 1) % cases.length]);
        try (ExecutorService threads = Executors.newFixedThreadPool(all.size())) {
            for (int round = 0; round < ROUNDS; round++) {
                CyclicBarrier together = new CyclicBarrier(all.size());
                List<Future<Outcome>> outcomes = all.stream().map(each -> threads.submit(() -> with(each, together))).toList();
                for (int i = 0; i < all.size(); i++) {
                    assertThat(outcomes.get(i).get()).isEqualTo(UNDISTURBED.get(all.get(i)));
                }
            }
        }
    }

    private static Outcome with(CacheCase cache, CyclicBarrier together) throws Exception {
        together.await();
        return Outcome.of(pipeline, request(cache.method).build());
    }

    /** Another number of blocks, channels and tokens: nothing of one model is left in a method when it meets the other. */
    @Test
    void twoModelsTakeTurnsWithOneMethod() throws IOException {
        try (var other = CogVideoXPipeline.load(OTHER_MODEL, DType.FLOAT32, Device.CPU)) {
            for (CacheCase cache : CacheCase.values()) {
                VideoRequest request = request(cache.method).build();
                Outcome ofOther = Outcome.fresh(OTHER_MODEL, request(cache.unused()).build());
                assertThat(ofOther).isNotEqualTo(UNDISTURBED.get(cache));
                assertThat(Outcome.of(other, request)).isEqualTo(ofOther);
                assertThat(Outcome.of(pipeline, request)).isEqualTo(UNDISTURBED.get(cache));
                assertThat(Outcome.of(other, request)).isEqualTo(ofOther);
            }
        }
    }

    /** The command in a JVM of its own gives what this one gives after all it has done. */
    @ParameterizedTest
    @CsvSource({
        "PAB,         '--cache pab --pab-spatial-range 0,1000'",
        "TAYLOR_SEER, '--cache taylorseer --cache-option cache-interval=2 --cache-option disable-cache-before-step=2'"
    })
    void anotherProcess(CacheCase cache, String options, @TempDir Path folder) throws Exception {
        Path latents = folder.resolve("latents.safetensors");
        List<String> line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=io.panatorch.bindings",
                "--module-path", System.getProperty("jdk.module.path"),
                "--class-path", System.getProperty("java.class.path"),
                "-m", "io.panatorch.cogvideox/io.panatorch.cogvideox.cli.Main",
                "generate", "--model", MODEL.toString(), "--prompt", "a panda", "--steps", "" + STEPS,
                "--frames", "1", "--height", "32", "--width", "32", "--output-latents", latents.toString()));
        line.addAll(List.of(options.split(" ")));
        Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();

        try (Safetensors file = Safetensors.open(latents); var _ = TensorScope.open()) {
            assertThat(Outcome.floats(file.load("latents"))).isEqualTo(UNDISTURBED.get(cache).latents());
        }
    }
}
