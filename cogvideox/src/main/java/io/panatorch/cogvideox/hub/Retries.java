package io.panatorch.cogvideox.hub;

import java.io.IOException;
import java.time.Duration;

/** Counts the failures in a row of one request, and pauses between. For one thread. */
final class Retries {

    /** What may fail. */
    @FunctionalInterface
    interface Attempt<T> {
        T run() throws IOException, InterruptedException;
    }

    private final Patience patience;
    private int failures;

    Retries(Patience patience) {
        this.patience = patience;
    }

    /** {@return what the attempt gives that does not fail, or fails for good} */
    static <T> T run(Patience patience, Attempt<T> attempt) throws IOException, InterruptedException {
        Retries retries = new Retries(patience);
        while (true) {
            try {
                return attempt.run();
            } catch (HubException e) {
                retries.failed(e);
            }
        }
    }

    /** Something has come: what failed before does not count any more. */
    void progressed() {
        failures = 0;
    }

    /**
     * Waits until it may be tried again.
     *
     * @throws HubException the given one, where that is the end
     */
    void failed(HubException e) throws HubException, InterruptedException {
        failures++;
        Duration asked = e.retryAfter().orElse(Duration.ZERO);
        if (!e.isTransient() || failures > patience.retries() || asked.compareTo(Patience.LONGEST_RETRY_AFTER) > 0) {
            throw e;
        }
        Duration pause = patience.pause(failures);
        Thread.sleep(asked.compareTo(pause) > 0 ? asked : pause);
    }
}
