/**
 * Benchmarks: what a call into libtorch costs from Java, and what a cache saves in a whole generation.
 *
 * <p>The classes named {@code …Benchmark} are JMH's. {@link io.panatorch.bench.Report} runs them, the same add in a loop of C
 * and the generations, and prints one table.
 */
package io.panatorch.bench;
