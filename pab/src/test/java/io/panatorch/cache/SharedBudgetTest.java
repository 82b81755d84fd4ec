package io.panatorch.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import io.panatorch.testing.TensorTest;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Sites of 36 bytes each, in a budget of whole KiB. */
@TensorTest
@Timeout(20)
class SharedBudgetTest {

    private static final int SITES = 60; // 2,160 bytes

    private static FakeModel model() {
        return new FakeModel(FakeModel.sites(SiteKind.SPATIAL_ATTENTION, SITES), 800, 700, 600, 500);
    }

    private static CacheMethod pab(SessionOptions options) {
        return PyramidAttentionBroadcast.cogVideoX().with(options);
    }

    private static SessionOptions own(long bytes) {
        return SessionOptions.DEFAULT.withMemory(MemoryBudget.of(bytes));
    }

    private static long peak(CacheMethod method) {
        FakeModel model = model();
        return model.generate(method).afterStep().getLast().bytes().peak();
    }

    @Test
    void aSessionTakesItsPartAndNoMoreThanThereIs() {
        SharedBudget all = new SharedBudget(2048 + 1023);
        assertThat(peak(pab(SessionOptions.DEFAULT))).isEqualTo(SITES * FakeModel.BYTES);
        assertThat(peak(pab(SessionOptions.DEFAULT.within(all)))).isEqualTo(2048 / FakeModel.BYTES * FakeModel.BYTES);
        assertThat(peak(pab(own(1024).within(all)))).isEqualTo(peak(pab(own(1024))));
    }

    @Test
    void oneMoreThanThereIsRoomForWaits() throws Exception {
        SharedBudget all = new SharedBudget(2048);
        CacheMethod half = pab(own(1024).within(all));
        CacheSession first = half.open(model().run());
        try (CacheSession _ = half.open(model().run())) {
            CompletableFuture<Void> third = CompletableFuture.runAsync(() -> model().generate(half));
            assertThatThrownBy(() -> third.get(200, TimeUnit.MILLISECONDS)).isInstanceOf(java.util.concurrent.TimeoutException.class);
            first.close();
            first.close(); // gives back once
            third.get();
            CompletableFuture<Void> whole = CompletableFuture.runAsync(() -> model().generate(pab(own(2048).within(all))));
            assertThatThrownBy(() -> whole.get(200, TimeUnit.MILLISECONDS)).isInstanceOf(java.util.concurrent.TimeoutException.class);
        }
        model().generate(pab(own(2048).within(all))); // all is back
    }

    @Test
    void whoWaitsCanBeCancelled() throws Exception {
        SharedBudget all = new SharedBudget(1024);
        CacheMethod method = pab(SessionOptions.DEFAULT.within(all));
        try (CacheSession _ = method.open(model().run())) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> method.open(model().run())).isInstanceOf(CancellationException.class)
                    .hasMessage("cancelled while it waited for 1024 bytes of a shared budget");
            assertThat(Thread.interrupted()).isFalse();
        }
        model().generate(method);
    }

    @Test
    void isOfWholeKibibytes() {
        for (long bytes : new long[] {-1, 0, 1023, Long.MAX_VALUE}) {
            assertThatIllegalArgumentException().isThrownBy(() -> new SharedBudget(bytes))
                    .withMessage("shared budget: expected 1024 to 2199023254528 bytes, found " + bytes);
        }
    }
}
