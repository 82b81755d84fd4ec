package io.panatorch.parallel;

import io.panatorch.tensor.Tensor;

/**
 * The processes that compute together, as one of them sees it. Each has a number, its rank.
 *
 * <p>What is exchanged is exchanged by all ranks, in the same order: {@link #allGather} waits for the others. It may be called on any
 * thread, on one at a time.
 */
public interface Ranks extends AutoCloseable {

    /** {@return this process alone, which exchanges nothing} */
    static Ranks alone() {
        return Alone.INSTANCE;
    }

    /**
     * Starts MPI in this process, or takes part where it runs already, together with all processes that a launcher has started with it,
     * as by {@code mpirun -n 2}. To be closed by the caller. A process starts MPI once: what was closed cannot be started again.
     *
     * <p>The library is Open MPI's, or one of MPI's standard ABI; the system property {@code panatorch.mpi} names another one.
     *
     * @throws RanksException where there is no such library, or it fails
     */
    static Ranks mpi() {
        return MpiRanks.open(0);
    }

    /**
     * Takes part in the MPI of a program, as {@link #mpi()}, with the processes of one of its communicators: each of these calls this,
     * and it is copied, so that messages of the program are not met. The program had MPI started for serialized threads at least.
     *
     * @param communicator its {@code MPI_Comm} in C, as a number: an address in Open MPI
     * @throws RanksException as {@link #mpi()}
     */
    static Ranks mpi(long communicator) {
        return MpiRanks.open(communicator);
    }

    /** {@return which of the ranks this is, from 0} */
    int rank();

    /** {@return how many there are} */
    int size();

    /**
     * Gives a tensor to all ranks and gets those of all.
     *
     * @param part {@code [n, …]} of any dtype, on any device; of the same shape and dtype on all ranks
     * @return {@code [size · n, …]}, those of all ranks one after another; contiguous, on the part's device, of the innermost open scope
     * @throws RanksException where the exchange fails
     * @throws IllegalStateException after {@link #stop} or {@link #close}
     */
    Tensor allGather(Tensor part);

    /**
     * Says that this rank has stopped in the middle of what the others go on with: it exchanges nothing more. {@link #close} does not
     * wait for the others then, so that the process can come to its end, by which its launcher ends them.
     */
    void stop();

    /**
     * Ends the processes of all ranks, this one too, at once: no shutdown hook of it runs. To be called when the reason was told and
     * nothing is left to be cleared up. Alone it does nothing.
     *
     * @param status the exit status of this process
     */
    void abort(int status);

    /** {@return what this rank has exchanged so far} */
    Traffic traffic();

    /**
     * Leaves. MPI is ended where {@link #mpi()} has started it, which waits until all ranks come to it. Closing it again does nothing.
     *
     * @throws RanksException where that fails
     */
    @Override
    void close();
}
