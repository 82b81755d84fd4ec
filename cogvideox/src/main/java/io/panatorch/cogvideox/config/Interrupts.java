package io.panatorch.cogvideox.config;

import java.util.concurrent.CancellationException;

/** Cancelling inside the models, which know no more of a generation than its thread. */
public final class Interrupts {

    private Interrupts() {}

    /**
     * Takes the thread's interrupt.
     *
     * @param where completes "generation cancelled"
     * @throws CancellationException where the thread was interrupted
     */
    public static void check(String where) {
        if (Thread.interrupted()) {
            throw new CancellationException("generation cancelled " + where);
        }
    }
}
