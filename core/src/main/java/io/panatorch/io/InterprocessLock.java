package io.panatorch.io;

import io.panatorch.bindings.Flock;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * A lock that excludes other processes, whatever they are written in, and other threads of this one: that of {@code flock(2)}, which
 * Python's filelock takes too. The system gives it back when the process ends, however it does. On a file system without such locks it
 * keeps nobody out.
 */
public final class InterprocessLock implements AutoCloseable {

    private static final Duration PAUSE = Duration.ofMillis(50);

    private final Flock lock;

    private InterprocessLock(Flock lock) {
        this.lock = lock;
    }

    /**
     * Waits until nobody else has the lock. To be closed by the caller.
     *
     * @param file what is locked; an empty file, which is created where it is not there, and stays
     * @param patience after which {@code waiting} is run, once, to say why nothing happens
     * @throws IOException where the file can be neither opened nor created
     * @throws InterruptedException where the thread was interrupted
     */
    public static InterprocessLock acquire(Path file, Duration patience, Runnable waiting) throws IOException, InterruptedException {
        long start = System.nanoTime();
        boolean told = false;
        while (true) {
            Optional<Flock> lock = Flock.tryAcquire(file);
            if (lock.isPresent()) {
                return new InterprocessLock(lock.get());
            }
            if (!told && System.nanoTime() - start >= patience.toNanos()) {
                told = true;
                waiting.run();
            }
            Thread.sleep(PAUSE);
        }
    }

    /** Gives it back. Closing it again does nothing. */
    @Override
    public void close() {
        lock.close();
    }
}
