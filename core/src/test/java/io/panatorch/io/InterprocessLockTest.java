package io.panatorch.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("pure")
@Timeout(60)
class InterprocessLockTest {

    private static final Path FLOCK = Path.of("/usr/bin/flock");

    @TempDir
    private Path folder;

    private InterprocessLock acquire(Path file) throws IOException, InterruptedException {
        return InterprocessLock.acquire(file, Duration.ofHours(1), () -> {});
    }

    /** {@return the exit status of a program that takes the lock, if it can at once, and then runs another} */
    private static int flock(Path file, String... command) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of(FLOCK.toString(), "--nonblock", file.toString()));
        line.addAll(List.of(command));
        return new ProcessBuilder(line).inheritIO().start().waitFor();
    }

    @Test
    void otherProgramsAreKeptOut() throws Exception {
        assumeTrue(Files.isExecutable(FLOCK), "util-linux's flock is not installed");
        Path file = folder.resolve("lock");
        InterprocessLock lock = acquire(file);
        assertThat(flock(file, "true")).isEqualTo(1);
        lock.close();
        assertThat(flock(file, "true")).isZero();
        assertThat(file).isEmptyFile();
    }

    @Test
    void whatAProgramHoldsIsWaitedForAndGoneWithIt() throws Exception {
        assumeTrue(Files.isExecutable(FLOCK), "util-linux's flock is not installed");
        Path file = folder.resolve("lock");
        Path held = folder.resolve("held");
        Process program = new ProcessBuilder(FLOCK.toString(), "--no-fork", file.toString(), "sh", "-c",
                ": > '" + held + "'; exec sleep 600").start();
        while (!Files.exists(held)) {
            assertThat(program.isAlive()).isTrue();
            Thread.sleep(5);
        }
        AtomicInteger told = new AtomicInteger();
        try (InterprocessLock _ = InterprocessLock.acquire(file, Duration.ZERO, () -> {
            told.incrementAndGet();
            program.destroyForcibly();
        })) {
            assertThat(program.waitFor(10, TimeUnit.SECONDS)).isTrue();
            assertThat(told).hasValue(1);
        }
    }

    @Test
    void otherThreadsAreKeptOut() throws Exception {
        Path file = folder.resolve("lock");
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        Runnable work = () -> {
            for (int i = 0; i < 5; i++) {
                try (InterprocessLock _ = acquire(file)) {
                    most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                    Thread.sleep(2);
                    inside.decrementAndGet();
                } catch (IOException | InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
        };
        List<Thread> threads = List.of(Thread.ofPlatform().start(work), Thread.ofPlatform().start(work), Thread.ofPlatform().start(work));
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(most).hasValue(1);
        assertThat(inside).hasValue(0);
    }

    @Test
    void waitingIsInterrupted() throws Exception {
        Path file = folder.resolve("lock");
        CountDownLatch interrupted = new CountDownLatch(1);
        try (InterprocessLock _ = acquire(file)) {
            Thread waiting = Thread.ofPlatform().start(() -> {
                try {
                    acquire(file).close();
                } catch (InterruptedException e) {
                    interrupted.countDown();
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            waiting.interrupt();
            assertThat(interrupted.await(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void whatCannotBeLockedIsNamed() {
        Path file = folder.resolve("missing/lock");
        assertThatThrownBy(() -> acquire(file)).isInstanceOf(IOException.class).hasMessage(file
                + ": a lock cannot be made there: the folder does not exist; choose a folder that you may write to");
    }
}
