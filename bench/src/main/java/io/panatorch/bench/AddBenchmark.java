package io.panatorch.bench;

import io.panatorch.bindings.Libtorch;
import io.panatorch.bindings.NativeFrame;
import io.panatorch.bindings.generated.Panatorch;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorOwner;
import io.panatorch.tensor.TensorScope;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** The sum of two one-element tensors, made and freed: nearly all of its time is overhead, libtorch's and this library's. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class AddBenchmark {

    /** Two tensors. */
    @State(Scope.Thread)
    public static class Operands {

        private final TensorOwner owner = new TensorOwner();
        private Tensor a;
        private Tensor b;

        /** Makes them. */
        @Setup
        public void make() {
            try (var _ = TensorScope.open()) {
                a = owner.adopt(Tensor.of(new float[] {1}, 1));
                b = owner.adopt(Tensor.of(new float[] {2}, 1));
            }
        }

        /** Frees them. */
        @TearDown
        public void free() {
            owner.close();
        }
    }

    /** A scope around the whole measurement. */
    @State(Scope.Thread)
    public static class Surroundings {

        private TensorScope scope;

        /** Opens it. */
        @Setup
        public void open() {
            scope = TensorScope.open();
        }

        /** Closes it. */
        @TearDown
        public void close() {
            scope.close();
        }
    }

    /** The same two tensors as the shim knows them. */
    @State(Scope.Thread)
    public static class Handles {

        private final NativeFrame frame = new NativeFrame();
        private final MemorySegment values = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, 1, 2);
        private MemorySegment a;
        private MemorySegment b;

        /** Makes them. */
        @Setup
        public void make() {
            Libtorch.load();
            a = oneElement(0);
            b = oneElement(Float.BYTES);
        }

        private MemorySegment oneElement(long offset) {
            return Panatorch.pt_from_blob(
                    values.asSlice(offset), frame.reset().longs(1), 1, Panatorch.PT_FLOAT32(), frame.error());
        }

        /** Frees them. */
        @TearDown
        public void free() {
            Panatorch.pt_release(a);
            Panatorch.pt_release(b);
        }
    }

    /** The whole path: a scope, the sum, and the scope's end frees it. */
    @Benchmark
    public Tensor scoped(Operands operands) {
        try (var _ = TensorScope.open()) {
            return operands.a.add(operands.b);
        }
    }

    /** The sum is closed early, in a scope that stays open. */
    @Benchmark
    public void closedEarly(Operands operands, Surroundings surroundings) {
        operands.a.add(operands.b).close();
    }

    /** The two calls of the shim and nothing else: what is left when tensors and scopes are taken away. */
    @Benchmark
    public void downcalls(Handles handles) {
        Panatorch.pt_release(Panatorch.pt_add(handles.a, handles.b, handles.frame.error()));
    }
}
