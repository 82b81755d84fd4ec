package io.panatorch.cogvideox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.Logged;
import io.panatorch.testing.TensorTest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Generations on threads of their own, and the end of a pipeline under them. The leak check follows its close, which waits: what a
 * cancelled generation leaves is seen.
 */
@TensorTest
@Timeout(60)
class StartTest {

    private static final int STEPS = 4;

    private CogVideoXPipeline pipeline;

    @BeforeEach
    void load() throws IOException {
        pipeline = CogVideoXPipeline.load(Golden.folder("t2v-2b").resolve("pipeline"), DType.FLOAT32, Device.CPU);
    }

    @AfterEach
    void close() {
        pipeline.close();
    }

    private static VideoRequest.Builder request() {
        return VideoRequest.builder("a panda").steps(STEPS).frames(1).height(32).width(32);
    }

    /** A listener that waits at the first step for ever, or until it is interrupted. */
    private static final class Waiting implements Consumer<StepEvent> {

        final CountDownLatch reached = new CountDownLatch(1);
        final List<Integer> steps = Collections.synchronizedList(new ArrayList<>());

        @Override
        public void accept(StepEvent event) {
            steps.add(event.index());
            reached.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                // as many listeners do; the generation ends all the same
            }
        }
    }

    @Test
    void givesWhatGenerateGivesOnAPlatformThread() throws Exception {
        List<Thread> threads = new ArrayList<>();
        try (VideoResult started = pipeline.start(request().onStep(_ -> threads.add(Thread.currentThread())).build()).get();
                VideoResult generated = pipeline.generate(request().build())) {
            assertThat(started.frames().toFloatArray()).isEqualTo(generated.frames().toFloatArray());
        }
        assertThat(threads).hasSize(STEPS).doesNotContain(Thread.currentThread());
        assertThat(threads.getFirst().isVirtual()).isFalse();
    }

    @Test
    void isAwaitedForATimeAndGoesOn() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        CompletableFuture<VideoResult> future = pipeline.start(request().onStep(_ -> await(go)).build());
        assertThatExceptionOfType(TimeoutException.class).isThrownBy(() -> future.get(1, TimeUnit.MILLISECONDS));
        assertThat(future).isNotDone();
        go.countDown();
        future.get().close();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void isCancelledByItsFuture() throws Exception {
        Waiting listener = new Waiting();
        CompletableFuture<VideoResult> future = pipeline.start(request().onStep(listener).build());
        listener.reached.await();

        assertThat(future.cancel(true)).isTrue();
        pipeline.close(); // waits
        assertThat(listener.steps).containsExactly(0);
        assertThat(future).isCancelled();
    }

    /** A timeout of the future ends the work, not the waiting alone. */
    @Test
    void isCancelledByWhoeverCompletesItsFuture() throws Exception {
        Waiting listener = new Waiting();
        CompletableFuture<VideoResult> future = pipeline.start(request().onStep(listener).build());
        listener.reached.await();

        future.orTimeout(1, TimeUnit.MILLISECONDS);
        assertThatExceptionOfType(ExecutionException.class).isThrownBy(future::get).withCauseInstanceOf(TimeoutException.class);
        pipeline.close();
        assertThat(listener.steps).containsExactly(0);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void isCancelledByItsListenerAtAnyStep(int step) {
        List<Integer> steps = Collections.synchronizedList(new ArrayList<>());
        CompletableFuture<CompletableFuture<VideoResult>> itself = new CompletableFuture<>();
        itself.complete(pipeline.start(request().onStep(event -> {
            steps.add(event.index());
            if (event.index() == step) {
                itself.join().cancel(true);
            }
        }).build()));
        assertThatExceptionOfType(CancellationException.class).isThrownBy(() -> itself.join().join());
        pipeline.close(); // waits
        assertThat(steps).hasSize(step + 1);
    }

    /** What depends on the future runs in the one who cancels; a generation that is not cancelled yet would never leave. */
    @ParameterizedTest
    @ValueSource(strings = {"cancel", "complete", "completeExceptionally", "orTimeout", "completeOnTimeout"})
    void whatDependsOnAFutureMayWaitForTheEnd(String way) throws Exception {
        Waiting listener = new Waiting();
        CompletableFuture<VideoResult> future = pipeline.start(request().onStep(listener).build());
        CompletableFuture<Void> waited = new CompletableFuture<>();
        future.whenComplete((_, _) -> {
            pipeline.close();
            waited.complete(null);
        });
        listener.reached.await();
        switch (way) {
            case "cancel" -> future.cancel(true);
            case "complete" -> future.complete(null);
            case "completeExceptionally" -> future.completeExceptionally(new IOException("no more"));
            case "orTimeout" -> future.orTimeout(1, TimeUnit.MILLISECONDS);
            default -> future.completeOnTimeout(null, 1, TimeUnit.MILLISECONDS);
        }
        waited.get();
        assertThat(listener.steps).containsExactly(0);
        switch (way) {
            case "cancel" -> assertThat(future).isCancelled();
            case "completeExceptionally" -> assertThat(future.exceptionNow()).hasMessage("no more");
            case "orTimeout" -> assertThat(future.exceptionNow()).isInstanceOf(TimeoutException.class);
            default -> assertThat(future.resultNow()).isNull();
        }
    }

    /** To cancel a stage does not cancel what it depends on. */
    @Test
    void aStageIsNoGeneration() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        CompletableFuture<VideoResult> future = pipeline.start(request().onStep(_ -> await(go)).build());
        future.thenApply(result -> result).cancel(true);
        go.countDown();
        future.get().close();
    }

    /** As Kotlin's listeners do. */
    @Test
    void failsByCheckedExceptionsToo() {
        IOException failure = new IOException("disk full");
        CompletableFuture<VideoResult> future = pipeline.start(request().onStep(_ -> StartTest.<RuntimeException>sneak(failure))
                .build());
        assertThatExceptionOfType(ExecutionException.class).isThrownBy(future::get).withCause(failure);
    }

    @SuppressWarnings("unchecked")
    private static <E extends Exception> void sneak(Exception e) throws E {
        throw (E) e;
    }

    @Test
    void aRefusalTellsWhereStartWasCalled() {
        assertThatIllegalArgumentException().isThrownBy(() -> pipeline.start(request().frames(10).build()))
                .satisfies(e -> assertThat(e.getSuppressed()).singleElement().satisfies(caller -> assertThat(caller.getStackTrace())
                        .extracting(StackTraceElement::getClassName).contains(StartTest.class.getName())));
    }

    /** Whatever thread calls: the process is not to end before what was started. */
    @Test
    void itsThreadIsNoDaemonAndHasTheCallersClassLoader() throws Exception {
        ClassLoader loader = new ClassLoader() {};
        List<Thread> threads = new ArrayList<>();
        List<ClassLoader> loaders = new ArrayList<>();
        Thread daemon = Thread.ofPlatform().daemon().unstarted(() -> pipeline.start(request().steps(1).onStep(_ -> {
            threads.add(Thread.currentThread());
            loaders.add(Thread.currentThread().getContextClassLoader());
        }).build()).join().close());
        daemon.setContextClassLoader(loader);
        daemon.start();
        daemon.join();
        assertThat(threads).singleElement().matches(thread -> !thread.isDaemon());
        assertThat(loaders).containsExactly(loader);
    }

    @Test
    void failsAsGenerateDoes() {
        IllegalStateException failure = new IllegalStateException("no more");
        CompletableFuture<VideoResult> future = pipeline.start(request().onStep(_ -> {
            throw failure;
        }).build());
        assertThatExceptionOfType(ExecutionException.class).isThrownBy(future::get).withCause(failure);
    }

    @Test
    void whatDoesNotFitIsRefusedAtOnce() {
        assertThatIllegalArgumentException().isThrownBy(() -> pipeline.start(request().frames(10).build()))
                .withMessage("frames: expected a number that the model makes, the nearest are 9 and 16, found 10");
        assertThatIllegalArgumentException().isThrownBy(() -> pipeline.start(request().steps(1001).build()));
        pipeline.close();
        assertThatIllegalStateException().isThrownBy(() -> pipeline.start(request().build()))
                .withMessage("this pipeline is closed");
        assertThatIllegalStateException().isThrownBy(() -> pipeline.generate(request().build()))
                .withMessage("this pipeline is closed");
    }

    @Test
    void givenLatentsMayBeClosedWhenItHasBegun() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        CompletableFuture<VideoResult> future;
        try (var _ = TensorScope.open()) {
            Tensor noise = Tensor.of(new float[64], 1, 1, 4, 4, 4);
            future = pipeline.start(request().latents(noise).onStep(_ -> await(go)).build());
            noise.copy_(Tensor.of(new float[] {7}, 1));
        }
        go.countDown();
        try (VideoResult started = future.get();
                var _ = TensorScope.open();
                VideoResult again = pipeline.generate(request().latents(Tensor.of(new float[64], 1, 1, 4, 4, 4)).build())) {
            assertThat(started.latents().toFloatArray()).isEqualTo(again.latents().toFloatArray());
        }
    }

    /** One of each way, on threads that go on afterwards. */
    @Test
    void closeEndsAllThatRunsAndWaits() throws Exception {
        Waiting first = new Waiting();
        Waiting second = new Waiting();
        CompletableFuture<VideoResult> started = pipeline.start(request().onStep(first).build());
        CompletableFuture<String> generated = new CompletableFuture<>();
        Thread thread = Thread.ofVirtual().start(() -> {
            try {
                pipeline.generate(request().onStep(second).build()).close();
            } catch (CancellationException e) {
                generated.complete(e.getMessage() + ", interrupted " + Thread.currentThread().isInterrupted());
            }
        });
        first.reached.await();
        second.reached.await();
        Thread other = Thread.ofPlatform().start(pipeline::close);
        pipeline.close();

        assertThat(generated.get()).isEqualTo("generation cancelled before step 2 of 4, interrupted false");
        assertThatExceptionOfType(CancellationException.class).isThrownBy(started::get);
        other.join();
        thread.join();
        pipeline.close();
    }

    @Test
    void anInterruptEndsTheLoading() {
        Thread.currentThread().interrupt();
        assertThatExceptionOfType(CancellationException.class).isThrownBy(this::load).withMessage("loading cancelled");
        assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    void closeInsideOfAGenerationIsRefused() {
        List<String> messages = new ArrayList<>();
        pipeline.generate(request().steps(1).onStep(_ -> assertThatIllegalStateException().isThrownBy(pipeline::close)
                .satisfies(e -> messages.add(e.getMessage()))).build()).close();
        assertThat(messages).containsExactly("close: called inside a generation on this pipeline, by its listener, which it would wait"
                + " for; close it after generate has returned, or on another thread");
        pipeline.generate(request().steps(1).build()).close();
    }

    /** What depends on a future runs on the generation's thread, when it has left. */
    @Test
    void closeAfterTheEndOfAGenerationIsNotInsideOfIt() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        CompletableFuture<Void> closed = pipeline.start(request().onStep(_ -> await(go)).build()).thenAccept(result -> {
            result.close();
            pipeline.close();
        });
        go.countDown();
        closed.get();
    }

    /** The collector frees no tensors, but it finds out that nobody will. */
    @Test
    void aResultThatNobodyClosesIsTold() throws Exception {
        try (Logged warnings = new Logged(VideoResult.class)) {
            Tensor[] tensors = abandon();
            for (int i = 0; i < 1000 && warnings.messages().isEmpty(); i++) {
                System.gc();
                Thread.sleep(10);
            }
            assertThat(warnings.messages()).containsExactly("WARNING: a result of a generation was not closed: 2 tensors stay in"
                    + " memory; close each result, as with try (var result = pipeline.generate(request))");
            for (Tensor tensor : tensors) {
                tensor.close();
            }
        }
    }

    private Tensor[] abandon() {
        VideoResult result = pipeline.generate(request().steps(1).build());
        return new Tensor[] {result.latents(), result.frames()};
    }
}
