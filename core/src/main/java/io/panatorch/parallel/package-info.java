/**
 * Several processes that compute one thing together, by an engine that is installed: MPI.
 *
 * <pre>{@code
 * try (Ranks ranks = Ranks.mpi(); var _ = TensorScope.open()) {        // mpirun -n 2 java …: as many processes, each runs all of it
 *     Tensor part = Tensor.full(Shape.of(1, 3), ranks.rank(), DType.FLOAT32, Device.CPU);
 *     Tensor all = ranks.allGather(part);                              // [2, 3], the same in both
 * }
 * }</pre>
 *
 * <p>All ranks exchange the same things in the same order, or they wait for one another for good. So a rank that fails has to end all of
 * them: by the end of its process, which a launcher such as {@code mpirun} takes for the end of all, or by {@link
 * io.panatorch.parallel.Ranks#abort}.
 */
package io.panatorch.parallel;
