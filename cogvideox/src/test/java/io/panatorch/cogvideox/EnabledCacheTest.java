package io.panatorch.cogvideox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.panatorch.cache.CacheMethod;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.testing.Logged;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A cache that is enabled in the pipeline, beside those that requests name. */
@Tag("cpu")
class EnabledCacheTest {

    private static final Path MODEL = Golden.folder("t2v-2b").resolve("pipeline");
    private static final CacheMethod PAB = CacheCase.PAB.method;
    private static final CacheMethod TAYLOR_SEER = CacheCase.TAYLOR_SEER.method;
    private static final int THREADS = 4;

    private CogVideoXPipeline pipeline;

    @BeforeEach
    void load() throws IOException {
        pipeline = CogVideoXPipeline.load(MODEL, DType.FLOAT32, Device.CPU);
    }

    @AfterEach
    void close() {
        pipeline.close();
    }

    private static VideoRequest.Builder request() {
        return VideoRequest.builder("a panda").steps(6).frames(1).height(32).width(32);
    }

    private Outcome generate() {
        return Outcome.of(pipeline, request().build());
    }

    @Test
    void servesRequestsThatNameNone() throws IOException {
        Outcome without = Outcome.fresh(MODEL, request().build());
        Outcome with = Outcome.fresh(MODEL, request().cache(PAB).build());
        assertThat(with.latents()).isNotEqualTo(without.latents());

        assertThat(pipeline.isCacheEnabled()).isFalse();
        assertThat(generate()).isEqualTo(without);
        pipeline.enableCache(PAB);
        assertThat(pipeline.isCacheEnabled()).isTrue();
        assertThat(generate()).isEqualTo(with);
        assertThat(generate()).isEqualTo(with);
        pipeline.disableCache();
        assertThat(pipeline.isCacheEnabled()).isFalse();
        assertThat(generate()).isEqualTo(without);
    }

    @Test
    void aRequestsOwnMethodWins() throws IOException {
        pipeline.enableCache(PAB);

        for (CacheMethod own : new CacheMethod[] {CacheMethod.none(), TAYLOR_SEER}) {
            VideoRequest request = request().cache(own).build();
            assertThat(Outcome.of(pipeline, request)).isEqualTo(Outcome.fresh(MODEL, request));
        }
        assertThat(generate().method()).isEqualTo("pab");
    }

    @Test
    void anotherIsEnabledOnlyAfterTheFirstIsDisabled() {
        pipeline.enableCache(PAB);
        assertThatIllegalStateException()
                .isThrownBy(() -> pipeline.enableCache(TAYLOR_SEER))
                .withMessage("enableCache: expected no enabled method, found pab; call disableCache first");
        assertThat(generate().method()).isEqualTo("pab");

        pipeline.disableCache();
        pipeline.enableCache(TAYLOR_SEER);
        assertThat(generate().method()).isEqualTo("taylorseer");
        assertThatNullPointerException().isThrownBy(() -> pipeline.enableCache(null)).withMessage("method");
    }

    @Test
    void disablingWhatIsNotEnabledWarns() {
        try (Logged warnings = new Logged(CogVideoXPipeline.class)) {
            pipeline.disableCache();
            assertThat(warnings.messages()).containsExactly("WARNING: disableCache: no cache is enabled");

            pipeline.enableCache(PAB);
            pipeline.disableCache();
            assertThat(warnings.messages()).hasSize(1);
        }
    }

    @Test
    void aGenerationKeepsWhatItBeganWith() throws IOException {
        Outcome with = Outcome.fresh(MODEL, request().cache(PAB).build());
        pipeline.enableCache(PAB);
        Outcome changed = Outcome.of(pipeline, request().onStep(event -> {
            if (event.index() == 0) {
                pipeline.disableCache();
                pipeline.enableCache(TAYLOR_SEER);
            }
        }).build());

        assertThat(changed).isEqualTo(with);
        assertThat(generate().method()).isEqualTo("taylorseer");
    }

    /** Of several threads that enable at once, one does, and the others are refused. */
    @Test
    void isEnabledOnce() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
            for (int round = 0; round < 50; round++) {
                CyclicBarrier together = new CyclicBarrier(THREADS);
                Callable<Boolean> enabling = () -> enables(together);
                int enabled = 0;
                for (Future<Boolean> each : threads.invokeAll(Collections.nCopies(THREADS, enabling))) {
                    enabled += each.get() ? 1 : 0;
                }
                assertThat(enabled).isEqualTo(1);
                pipeline.disableCache();
            }
        }
    }

    private boolean enables(CyclicBarrier together) throws Exception {
        together.await();
        try {
            pipeline.enableCache(PAB);
            return true;
        } catch (IllegalStateException refused) {
            return false;
        }
    }
}
