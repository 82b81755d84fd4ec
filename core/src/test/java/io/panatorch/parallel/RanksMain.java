package io.panatorch.parallel;

import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.util.Arrays;

/** One of the ranks of {@link MpiRanksTest}. The first tells what all have found. */
final class RanksMain {

    private RanksMain() {}

    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "gather" -> gather();
            case "world" -> world();
            case "throw" -> throwing();
            case "abort" -> abort();
            default -> throw new IllegalArgumentException(args[0]);
        }
    }

    private static void gather() {
        try (Ranks ranks = Ranks.mpi(); var _ = TensorScope.open()) {
            int rank = ranks.rank();
            tell(ranks, "rank 0 of " + ranks.size());
            tell(ranks, Arrays.toString(ranks.allGather(Tensor.of(new double[] {rank, Double.NaN}, 1, 2)).toDoubleArray()));
            tell(ranks, ranks.allGather(Tensor.of(new boolean[] {rank == 1}, 1)));
            tell(ranks, ranks.allGather(Tensor.arange(6).add(10 * rank).reshape(2, 3).permute(1, 0))); // not contiguous
            tell(ranks, ranks.allGather(Tensor.full(Shape.of(1, 2), 1.5 * rank, DType.BFLOAT16, Device.CPU)).dtype());
            tell(ranks, ranks.allGather(Tensor.zeros(Shape.of(0, 4), DType.FLOAT32, Device.CPU)).shape());
            Tensor large = ranks.allGather(Tensor.full(Shape.of(1, 1 << 22), rank, DType.FLOAT32, Device.CPU)); // 16 MiB
            tell(ranks, large.shape() + " " + Arrays.toString(large.mean(1).toFloatArray()));
            tell(ranks, ranks.traffic());
        }
        try {
            Ranks.mpi();
        } catch (RanksException e) {
            System.out.println(e.getMessage());
        }
    }

    /** A program that has MPI already, and gives its communicator. */
    @SuppressWarnings("restricted")
    private static void world() throws Exception {
        Ranks program = Ranks.mpi();
        long world = SymbolLookup.libraryLookup("libmpi.so.40", Arena.global()).find("ompi_mpi_comm_world").orElseThrow().address();
        try (Ranks ranks = Ranks.mpi(world)) {
            sum(ranks);
        }
        sum(program); // goes on
        program.close();
        program.close();
    }

    private static void sum(Ranks ranks) {
        try (var _ = TensorScope.open()) {
            tell(ranks, ranks.allGather(Tensor.of(new long[] {ranks.rank() + 1}, 1)).sum().itemLong());
        }
    }

    /** On the second rank, in the middle: the first waits for it. */
    private static void throwing() {
        try (Ranks ranks = Ranks.mpi(); var _ = TensorScope.open()) {
            sum(ranks);
            if (ranks.rank() == 1) {
                ranks.stop();
                try {
                    sum(ranks);
                } catch (IllegalStateException e) {
                    System.out.println(e.getMessage());
                }
                throw new IllegalStateException("the reason");
            }
            sum(ranks);
        }
    }

    private static void abort() {
        Ranks ranks = Ranks.mpi();
        if (ranks.rank() == 1) {
            System.err.println("the reason");
            ranks.abort(7);
        }
        sum(ranks);
    }

    private static void tell(Ranks ranks, Object what) {
        if (ranks.rank() == 0) {
            System.out.println(what);
        }
    }
}
