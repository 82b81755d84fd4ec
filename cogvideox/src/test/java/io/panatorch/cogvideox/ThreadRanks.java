package io.panatorch.cogvideox;

import io.panatorch.parallel.Ranks;
import io.panatorch.parallel.Traffic;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Two ranks that are threads of this JVM. Where one stops, the other fails; processes would wait. */
final class ThreadRanks implements Ranks {

    private static final int SIZE = 2;
    private static final int SECONDS = 60;

    /** What a rank does. */
    @FunctionalInterface
    interface Work<T> {
        T run(Ranks ranks) throws Exception;
    }

    /** Where they meet. */
    private static final class Meeting {
        private static final String STOPPED = "the other rank has stopped";

        private final CyclicBarrier barrier = new CyclicBarrier(SIZE);
        private final byte[][] parts = new byte[SIZE][];

        void await() {
            try {
                barrier.await(SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
                throw new IllegalStateException(STOPPED, e);
            }
        }
    }

    private final Meeting meeting;
    private final int rank;
    private Traffic traffic = Traffic.NONE;

    private ThreadRanks(Meeting meeting, int rank) {
        this.meeting = meeting;
        this.rank = rank;
    }

    /** {@return one of two, for what exchanges nothing} */
    static Ranks one() {
        return new ThreadRanks(new Meeting(), 1);
    }

    /** {@return what both have made, each on a thread of its own; where one fails, its exception, which is the reason of the other's} */
    static <T> List<T> both(Work<T> work) throws Exception {
        Meeting meeting = new Meeting();
        List<CompletableFuture<T>> running = new ArrayList<>();
        for (int rank = 0; rank < SIZE; rank++) {
            Ranks ranks = new ThreadRanks(meeting, rank);
            CompletableFuture<T> made = new CompletableFuture<>();
            running.add(made);
            Thread.ofPlatform().name("rank-" + rank).start(() -> {
                try {
                    made.complete(work.run(ranks));
                } catch (Throwable e) {
                    ranks.stop();
                    made.completeExceptionally(e);
                }
            });
        }
        Throwable first = null;
        for (CompletableFuture<T> made : running) { // until both have ended
            Throwable failure = made.handle((_, e) -> e).join();
            first = first == null || first.getMessage().startsWith(Meeting.STOPPED) ? failure : first;
        }
        if (first != null) {
            if (first instanceof Exception exception) {
                throw exception;
            }
            throw new AssertionError(first.getMessage(), first);
        }
        return running.stream().map(CompletableFuture::join).toList();
    }

    @Override
    public int rank() {
        return rank;
    }

    @Override
    public int size() {
        return SIZE;
    }

    @Override
    public Tensor allGather(Tensor part) {
        byte[] own = part.readData(bytes -> bytes.toArray(ValueLayout.JAVA_BYTE));
        meeting.parts[rank] = own;
        meeting.await();
        byte[] all = new byte[SIZE * own.length];
        for (int i = 0; i < SIZE; i++) {
            System.arraycopy(meeting.parts[i], 0, all, i * own.length, own.length);
        }
        meeting.await();
        traffic = new Traffic(traffic.calls() + 1, traffic.bytes() + own.length);
        long[] sizes = part.shape().sizes();
        sizes[0] *= SIZE;
        return Tensor.of(MemorySegment.ofArray(all), part.dtype(), Shape.of(sizes));
    }

    @Override
    public void stop() {
        meeting.barrier.reset();
    }

    @Override
    public void abort(int status) {
        throw new AssertionError("nobody aborts here");
    }

    @Override
    public Traffic traffic() {
        return traffic;
    }

    @Override
    public void close() {}
}
