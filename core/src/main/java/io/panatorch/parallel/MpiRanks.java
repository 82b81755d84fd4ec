package io.panatorch.parallel;

import io.panatorch.bindings.Mpi;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Those of MPI. Only what lies in the CPU's memory is given to it. */
final class MpiRanks implements Ranks {

    private static final long ALIGNMENT = 64;
    private static final long PRINTING_MILLIS = 200;

    private final Mpi mpi;
    private final int rank;
    private final int size;
    private volatile Traffic traffic = Traffic.NONE;
    private volatile boolean stopped;
    private boolean closed;

    private MpiRanks(Mpi mpi) throws Mpi.Failure {
        this.mpi = mpi;
        this.rank = mpi.rank();
        this.size = mpi.size();
    }

    static Ranks open(long communicator) {
        try {
            return new MpiRanks(Mpi.open(System.getProperty(Mpi.PROPERTY), communicator));
        } catch (Mpi.Failure e) {
            throw new RanksException(e);
        }
    }

    @Override
    public int rank() {
        return rank;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public synchronized Tensor allGather(Tensor part) {
        requireRunning();
        long[] sizes = part.shape().sizes();
        sizes[0] *= size;
        DType dtype = part.dtype();
        try (TensorScope scope = TensorScope.open(); Arena arena = Arena.ofConfined()) {
            MemorySegment all = part.readData(bytes -> gathered(bytes, arena));
            return scope.promote(Tensor.of(all, dtype, Shape.of(sizes)).to(part.device()));
        }
    }

    private MemorySegment gathered(MemorySegment part, Arena arena) {
        MemorySegment all = arena.allocate(part.byteSize() * size, ALIGNMENT);
        try {
            mpi.allGather(part, all);
        } catch (Mpi.Failure e) {
            stopped = true;
            throw new RanksException(e);
        }
        traffic = new Traffic(traffic.calls() + 1, traffic.bytes() + part.byteSize() * (size - 1));
        return all;
    }

    private void requireRunning() {
        if (closed || stopped) {
            throw new IllegalStateException("rank " + rank + " of " + size + (closed ? " is closed" : " has stopped in the middle, after a"
                    + " failure: the others do not wait for what it does next; end the process, or abort all"));
        }
    }

    @Override
    public void stop() {
        stopped = true;
    }

    /**
     * Not under the lock, which a thread has that waits for others. The launcher hears what a process prints and what MPI says by two ways,
     * and what was printed is to come first.
     */
    @Override
    public void abort(int status) {
        if (size == 1) {
            return;
        }
        try {
            Thread.sleep(PRINTING_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try {
            mpi.abort(status);
        } catch (Mpi.Failure e) {
            throw new RanksException(e);
        }
    }

    @Override
    public Traffic traffic() {
        return traffic;
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (stopped) {
            return;
        }
        try {
            mpi.close();
        } catch (Mpi.Failure e) {
            throw new RanksException(e);
        }
    }
}
