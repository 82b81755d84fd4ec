package io.panatorch.bench;

import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorOwner;
import io.panatorch.tensor.TensorScope;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What a scope costs. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
public class ScopeBenchmark {

    private static final int TENSORS = 10;

    private final TensorOwner owner = new TensorOwner();
    private Tensor tensor;

    /** Makes what the scope will hold aliases of: the cheapest tensors there are. */
    @Setup
    public void make() {
        try (var _ = TensorScope.open()) {
            tensor = owner.adopt(Tensor.of(new float[] {1}, 1));
        }
    }

    /** Frees it. */
    @TearDown
    public void free() {
        owner.close();
    }

    /** Opened and closed. */
    @Benchmark
    public TensorScope empty() {
        try (var scope = TensorScope.open()) {
            return scope;
        }
    }

    /** Opened, given ten tensors, and closed. */
    @Benchmark
    public TensorScope tenTensors() {
        try (var scope = TensorScope.open()) {
            for (int i = 0; i < TENSORS; i++) {
                tensor.alias();
            }
            return scope;
        }
    }
}
