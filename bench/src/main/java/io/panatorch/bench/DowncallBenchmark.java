package io.panatorch.bench;

import io.panatorch.bindings.Libtorch;
import io.panatorch.bindings.generated.Panatorch;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** What it costs to leave Java: the cheapest function of the shim returns a number. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Benchmark)
public class DowncallBenchmark {

    /** The shim must be there. */
    @Setup
    public void load() {
        Libtorch.load();
    }

    /** From Java to C and back. */
    @Benchmark
    public long bare() {
        return Panatorch.pt_libtorch_version();
    }
}
