package io.panatorch.cogvideox;

import io.panatorch.cogvideox.RunningGenerations.Ticket;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What {@link CogVideoXPipeline#start} returns. Who completes it from outside cancels the generation before anything that depends
 * on this runs, and before this is done: what waits for the generation to end does not wait for itself.
 */
final class StartedGeneration extends CompletableFuture<VideoResult> {

    /** Done before anybody outside has this. */
    private final CompletableFuture<Ticket> begun;
    /** By whoever comes first; what a cancelled generation ends with is not taken for the reason. */
    private final AtomicBoolean decided = new AtomicBoolean();

    StartedGeneration(CompletableFuture<Ticket> begun) {
        this.begun = begun;
    }

    /** The end that the generation itself has come to. A result that nobody wants any more is closed. */
    void end(VideoResult result, Throwable failure) {
        boolean first = decided.compareAndSet(false, true);
        if (failure != null) {
            if (first) {
                super.completeExceptionally(failure);
            }
        } else if (!first || !super.complete(result)) {
            result.close();
        }
    }

    private void cancelGeneration() {
        if (decided.compareAndSet(false, true)) {
            begun.join().cancel();
        }
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        cancelGeneration();
        return super.cancel(mayInterruptIfRunning);
    }

    @Override
    public boolean complete(VideoResult value) {
        cancelGeneration();
        return super.complete(value);
    }

    @Override
    public boolean completeExceptionally(Throwable e) {
        Objects.requireNonNull(e, "e");
        cancelGeneration();
        return super.completeExceptionally(e);
    }

    /** Stages that depend on this are plain ones: to cancel one of them cancels nothing else. */
    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
        return new CompletableFuture<>();
    }
}
