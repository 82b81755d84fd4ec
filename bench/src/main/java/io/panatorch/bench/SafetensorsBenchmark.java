package io.panatorch.bench;

import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** All tensors of a file of 64 MiB, which the operating system has in memory already. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Benchmark)
public class SafetensorsBenchmark {

    private static final int TENSORS = 64;
    private static final long TENSOR_BYTES = 1 << 20;

    private Path folder;
    private Path float32;
    private Path float16;

    /** Writes one file of each type. */
    @Setup
    public void write() throws IOException {
        folder = Files.createTempDirectory("panatorch-bench");
        float32 = write(DType.FLOAT32);
        float16 = write(DType.FLOAT16);
    }

    private Path write(DType dtype) throws IOException {
        Path file = folder.resolve(dtype.torchName() + ".safetensors");
        try (var _ = TensorScope.open()) {
            Shape shape = Shape.of(TENSOR_BYTES / dtype.byteSize());
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (int i = 0; i < TENSORS; i++) {
                tensors.put("blocks." + i + ".weight", Tensor.zeros(shape, dtype, Device.CPU));
            }
            Safetensors.save(file, tensors, Map.of());
        }
        return file;
    }

    /** Deletes the files. */
    @TearDown
    public void delete() throws IOException {
        Files.deleteIfExists(float32);
        Files.deleteIfExists(float16);
        Files.deleteIfExists(folder);
    }

    /** As they are stored: mapped, so no element is read. */
    @Benchmark
    public long zeroCopy() throws IOException {
        return load(float32);
    }

    /** Stored as float16, wanted as float32: every element is read, converted and written. */
    @Benchmark
    @OutputTimeUnit(TimeUnit.MILLISECONDS)
    public long converted() throws IOException {
        return load(float16);
    }

    private static long load(Path file) throws IOException {
        long bytes = 0;
        try (Safetensors weights = Safetensors.open(file); var _ = TensorScope.open()) {
            for (String name : weights.names()) {
                bytes += weights.load(name).to(DType.FLOAT32).byteSize();
            }
        }
        return bytes;
    }
}
