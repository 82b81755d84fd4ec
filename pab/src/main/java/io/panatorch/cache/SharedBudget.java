package io.panatorch.cache;

import java.util.concurrent.CancellationException;
import java.util.concurrent.Semaphore;

/**
 * Memory that several generations share, such as all of one pipeline. A session takes what its {@link MemoryBudget} allows it when it is
 * opened, waits until others have given back so much, and gives it back when it closes. So what one generation may hold, and with it what
 * is computed, does not depend on the others. A session without a budget of its own takes all, so that such generations come one after
 * the other; a thread that has a session open and waits for another one waits for ever. What is offloaded to the CPU is not shared.
 *
 * <pre>{@code
 * SharedBudget all = new SharedBudget(8L << 30);
 * SessionOptions two = SessionOptions.DEFAULT.withMemory(MemoryBudget.of(4L << 30)).within(all); // at once; a third one waits
 * pipeline.enableCache(method.with(two));
 * }</pre>
 */
public final class SharedBudget {

    private static final long UNIT = 1 << 10;
    private static final long MOST = UNIT * Integer.MAX_VALUE;

    private final long bytes;
    private final Semaphore units;

    /**
     * A budget to be shared.
     *
     * @param bytes on the device that computes, in whole KiB; up to 2 TiB
     */
    public SharedBudget(long bytes) {
        if (bytes < UNIT || bytes > MOST) {
            throw new IllegalArgumentException("shared budget: expected " + UNIT + " to " + MOST + " bytes, found " + bytes);
        }
        this.bytes = bytes / UNIT * UNIT;
        this.units = new Semaphore(units(this.bytes), true);
    }

    private static int units(long bytes) {
        return (int) Math.ceilDiv(bytes, UNIT);
    }

    /** {@return a session's budget with the bytes that it gets: no more than there are} */
    MemoryBudget partOf(MemoryBudget own) {
        return new MemoryBudget(Math.min(own.bytes(), bytes), own.overflow(), own.hostBytes());
    }

    /**
     * Waits for a part, in the order of those who wait.
     *
     * @throws CancellationException where the thread is interrupted
     */
    void take(MemoryBudget part) {
        try {
            units.acquire(units(part.bytes()));
        } catch (InterruptedException e) {
            CancellationException cancelled =
                    new CancellationException("cancelled while it waited for " + part.bytes() + " bytes of a shared budget");
            cancelled.initCause(e);
            throw cancelled;
        }
    }

    void giveBack(MemoryBudget part) {
        units.release(units(part.bytes()));
    }
}
